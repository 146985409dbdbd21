"""Checks a PostgreSQL schema against the rules that Citus sets for distributed tables."""
