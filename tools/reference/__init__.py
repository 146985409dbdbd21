"""Generators of the tables in `docs/`."""
