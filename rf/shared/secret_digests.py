"""Whether a secret differs between two plans, without a word of the secret itself.

A digest is an HMAC-SHA-256 under a random key (RFC 2104): without the key nobody can test a guess
by it, nor see where two places share a secret. The key is made anew for each run of a command; it
lives in its memory, and in that of the other revisions' programs that it starts. No digest is shown
or kept.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from rf.shared.plan import SECRET, Secret, map_secrets, reveal

KEY_VARIABLE = "RESEARCHFLOW_SECRET_DIGEST_KEY"
"""Hands the run's key to a program that it starts: anyone may read a process' arguments."""

KEY_BYTES = 32
"""As long as the digest: a longer key adds nothing (RFC 2104, section 3)."""

_PREFIX = f"{SECRET}:"
_DIGESTED = re.compile(rf"{re.escape(_PREFIX)}([0-9a-f]{{64}})")


class MaskedSecret(str):
    """A secret of a printed plan. It reads `[secret]`, and equals only a secret of the same digest.

    A secret of a plan without digests is the plain text, which equals each: nobody knows.
    """

    __slots__ = ("digest",)

    digest: str

    def __new__(cls, digest: str) -> MaskedSecret:
        """The text is always the same."""
        masked = super().__new__(cls, SECRET)
        masked.digest = digest
        return masked

    def __eq__(self, other: object) -> bool:
        """Compare digests where both have one."""
        if isinstance(other, MaskedSecret):
            return hmac.compare_digest(self.digest, other.digest)
        return str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        """The opposite; `str` has one of its own."""
        return not self == other

    __hash__ = str.__hash__


@cache
def run_key() -> bytes:
    """The key of this run."""
    return secrets.token_bytes(KEY_BYTES)


def handed_key() -> bytes | None:
    """The key of the run that started this program to compare its plan; None where none did."""
    text = os.environ.get(KEY_VARIABLE, "")
    return bytes.fromhex(text) if re.fullmatch(r"([0-9a-f]{2})+", text) else None


def digesting(key: bytes) -> Callable[[Any], Any]:
    """A mask for `RecordedPlan.to_json` that leaves each secret's digest under the key."""

    def digested(secret: Secret) -> str:
        text = json.dumps(reveal(secret.value), sort_keys=True, default=str)
        return _PREFIX + hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    return lambda value: map_secrets(value, digested)


def read_masked(value: Any) -> Any:
    """A printed value with each digested secret as a `MaskedSecret`."""
    match value:
        case str():
            match = _DIGESTED.fullmatch(value)
            return MaskedSecret(match.group(1)) if match else value
        case Mapping():
            return {key: read_masked(item) for key, item in value.items()}
        case list() | tuple():
            return [read_masked(item) for item in value]
        case _:
            return value


def is_comparable(value: Any) -> bool:
    """Whether every secret of a value that was read has a digest; so also where it holds none."""
    match value:
        case str():
            return isinstance(value, MaskedSecret) or value != SECRET
        case Mapping():
            return all(is_comparable(item) for item in value.values())
        case list() | tuple():
            return all(is_comparable(item) for item in value)
        case _:
            return True
