"""What AWS did not answer, and where its global services do."""

from __future__ import annotations

GLOBAL_REGION = "us-east-1"
"""Where the global services answer, and where CloudFront's quotas and certificates are."""


class UnreadableError(Exception):
    """AWS didn't answer a read. `code` is its own word for why, or the library's."""

    def __init__(self, service: str, operation: str, code: str) -> None:
        self.code = code
        super().__init__(f"{service}:{operation}: {code}")
