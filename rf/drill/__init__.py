"""`rf drill`: a region, a primary or a zone is lost, and the way back is played in the sandbox."""
