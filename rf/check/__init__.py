"""The commands `rf check`."""
