"""SCRAM-SHA-256 verifiers: what PostgreSQL stores of a password, made where the password is.

A password in an ALTER ROLE would reach the server's log when the statement is slow, fails or is
audited, and those logs are kept. A verifier logs nobody in, so only that is sent.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import string

ITERATIONS = 4096
"""PostgreSQL's own default (`scram_iterations`), and RFC 7677's least."""

SALT_BYTES = 16

_PLAIN = frozenset(string.ascii_letters + string.digits + string.punctuation + " ")
"""Printable ASCII, which SASLprep leaves as it is (RFC 4013)."""


def scram_verifier(password: str, salt: bytes) -> str:
    """`SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`, as PostgreSQL takes for a password.

    Raises ValueError on characters outside printable ASCII, which SASLprep might change, and on a
    salt that is too short.
    """
    if not password or not set(password) <= _PLAIN:
        raise ValueError("the password is empty, or holds characters outside printable ASCII")
    if len(salt) < SALT_BYTES:
        raise ValueError(f"a salt of {len(salt)} bytes: give {SALT_BYTES} or more")
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    stored_key = hashlib.sha256(_hmac(salted, b"Client Key")).digest()
    server_key = _hmac(salted, b"Server Key")
    return f"SCRAM-SHA-256${ITERATIONS}:{_text(salt)}${_text(stored_key)}:{_text(server_key)}"


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
