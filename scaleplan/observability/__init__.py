"""What watches it all and tells people."""
