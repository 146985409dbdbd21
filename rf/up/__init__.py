"""The command `rf up`."""
