"""`build`, which records a single component."""

from researchflow_testing import build

__all__ = ["build"]
