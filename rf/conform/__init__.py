"""The command `rf conform`: the application contract, tried on an application."""
