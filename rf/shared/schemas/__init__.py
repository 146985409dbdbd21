"""Strict schemas of the custom resources in use, a file a kind."""
