"""`rf doctor`: what is missing on this machine, use by use, and what brings it."""
