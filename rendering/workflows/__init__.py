"""Temporal and its workers."""
