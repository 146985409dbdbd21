"""A text that changes with secrets and tells nothing of them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping

_SHOWN_DIGITS = 16


def keyed_hash(key: str, values: Mapping[str, str]) -> str:
    """HMAC-SHA-256 of the values under a random key, 16 hex digits of it.

    A plain hash of a secret lets whoever reads it test guesses, and shows where two places share
    one. Without the key neither is possible (RFC 2104), so the result is no secret itself.
    """
    message = json.dumps(values, sort_keys=True).encode()
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()[:_SHOWN_DIGITS]
