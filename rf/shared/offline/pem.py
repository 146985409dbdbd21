"""PEM text of an offline plan: well-formed for any parser, and of no use as a credential.

Keys are seeded by the URN, so they are public knowledge; certificates carry a signature that no key
made and say so in their issuer's name.
"""

from __future__ import annotations

import base64
import hashlib
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rf.shared.offline.invention import Registration

ISSUER = "made offline, not a credential"

_ED25519 = bytes.fromhex("300506032b6570")
_COMMON_NAME = bytes.fromhex("0603550403")
_ALTERNATIVE_NAMES = bytes.fromhex("0603551d11")
"""Object identifiers in DER: id-Ed25519 (RFC 8410), commonName and subjectAltName (RFC 5280)."""


def private_key_text(registration: Registration) -> str:
    """An Ed25519 private key in PKCS#8 (RFC 8410), whatever algorithm the program asked for."""
    seed = bytes.fromhex(registration.hex(64, "private"))
    inner = _tagged(0x04, _tagged(0x04, seed))
    return _pem("PRIVATE KEY", _sequence(_integer(0), _ED25519, inner))


def public_key_text(registration: Registration) -> str:
    """An Ed25519 public key's form; not the private key's counterpart."""
    return _pem("PUBLIC KEY", _public_key(registration))


def certificate_text(
    registration: Registration, common_name: str, dns_names: Sequence[str] = ()
) -> str:
    """An X.509 version 3 certificate, valid through 2049, with the names it was asked for."""
    serial = _integer(int(registration.hex(15, "serial"), 16))
    validity = _sequence(_tagged(0x17, b"260101000000Z"), _tagged(0x17, b"491231235959Z"))
    parts = [
        _tagged(0xA0, _integer(2)),
        serial,
        _ED25519,
        _name(ISSUER),
        validity,
        _name(common_name),
        _public_key(registration),
    ]
    if dns_names:
        names = _sequence(*(_tagged(0x82, name.encode()) for name in dns_names))
        extension = _sequence(_ALTERNATIVE_NAMES, _tagged(0x04, names))
        parts.append(_tagged(0xA3, _sequence(extension)))
    signature = _bits(hashlib.sha512(registration.origin.encode()).digest())
    return _pem("CERTIFICATE", _sequence(_sequence(*parts), _ED25519, signature))


def request_text(registration: Registration, common_name: str) -> str:
    """A certificate request (PKCS#10) with a subject and no attributes."""
    body = _sequence(_integer(0), _name(common_name), _public_key(registration), _tagged(0xA0, b""))
    signature = _bits(hashlib.sha512(registration.origin.encode()).digest())
    return _pem("CERTIFICATE REQUEST", _sequence(body, _ED25519, signature))


def _public_key(registration: Registration) -> bytes:
    return _sequence(_ED25519, _bits(bytes.fromhex(registration.hex(64, "public"))))


def _name(common_name: str) -> bytes:
    attribute = _sequence(_COMMON_NAME, _tagged(0x0C, common_name.encode()))
    return _sequence(_tagged(0x31, attribute))


def _sequence(*parts: bytes) -> bytes:
    return _tagged(0x30, b"".join(parts))


def _integer(value: int) -> bytes:
    return _tagged(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _bits(content: bytes) -> bytes:
    return _tagged(0x03, b"\0" + content)


def _tagged(tag: int, content: bytes) -> bytes:
    """Tag, length and content (DER, X.690)."""
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _pem(label: str, der: bytes) -> str:
    body = "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"
