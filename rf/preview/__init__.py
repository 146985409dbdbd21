"""The command `rf preview`."""
