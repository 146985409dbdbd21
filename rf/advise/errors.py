"""What keeps `rf advise` from advising; free of slow imports, so the command line can tell."""

from __future__ import annotations


class MetricsError(Exception):
    """Metrics that can't be read or asked for, or that say nothing of the stack."""
