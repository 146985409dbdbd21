"""The command line around the program: offline preview, sandbox, export, checks and reports."""
