"""`rf advise`: what a running stack's metrics call for by the plan's tables."""
