"""The command `rf size`."""
