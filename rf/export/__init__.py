"""The command `rf export`."""
