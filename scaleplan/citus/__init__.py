"""Tenants' data on Citus."""
