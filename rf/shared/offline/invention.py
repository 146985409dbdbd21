"""What an invented answer is made of: a registration, and the id and outputs a service decides;
and the lookups that an offline plan answers: every other one is refused by name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rf.shared.plan import Secret

ACCOUNT_ID = "123456789012"
"""The account of an offline plan: the one AWS uses in its own examples."""


class LookupRefusedError(Exception):
    """The program asked a cloud for something that only a cloud can answer."""


def _caller_identity() -> dict[str, Any]:
    return {
        "accountId": ACCOUNT_ID,
        "arn": f"arn:aws:iam::{ACCOUNT_ID}:user/offline-plan",
        "id": ACCOUNT_ID,
        "userId": "AIDAOFFLINEPLAN000000",
    }


LOOKUPS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity
}


GLOBAL_REGION = "us-east-1"
"""Where AWS keeps its global services; also the answer when a provider names no region."""


def _digest(urn: str, purpose: str = "") -> str:
    """64 hex digits that depend on nothing but the URN and the purpose."""
    return hashlib.sha256(f"{urn}|{purpose}".encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Registration:
    """What a computed output may depend on: the resource's address and its inputs, nothing else.

    `origin` is the address that it was made at, which differs from `urn` where it moved since.
    """

    urn: str
    origin: str
    token: str
    name: str
    inputs: Mapping[str, Any]
    region: str | None

    def hex(self, length: int, purpose: str = "") -> str:
        """Hex digits of this resource, different for each purpose."""
        return _digest(self.origin, purpose)[:length]

    def letters(self, length: int, purpose: str = "") -> str:
        """Upper-case letters and digits of this resource, as AWS's opaque ids have them."""
        number = int(_digest(self.origin, purpose), 16)
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
        return "".join(alphabet[(number >> (5 * place)) % 32] for place in range(length))

    def uuid(self, purpose: str = "") -> str:
        """A well-formed version 4 UUID."""
        text = self.hex(32, purpose)
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"

    def text(self, key: str, default: str = "") -> str:
        """A text input, its secret revealed; `default` when it isn't given."""
        value = self.inputs.get(key)
        value = value.value if isinstance(value, Secret) else value
        return default if value is None else str(value)

    @property
    def where(self) -> str:
        """The resource's region: its own `region` input, else its provider's."""
        return self.text("region") or self.region or GLOBAL_REGION

    @property
    def auto_name(self) -> str:
        """The physical name that the provider makes when none is given: name, dash, 7 digits."""
        return f"{self.name}-{self.hex(7, 'name')}"

    def named(self, key: str = "name") -> str:
        """The physical name: as given, or made by the provider."""
        return self.text(key) or self.auto_name

    def arn(self, service: str, resource: str, *, region: str | None = None) -> str:
        """An ARN in the plan's account; `region=""` for global services."""
        region = self.where if region is None else region
        return f"arn:aws:{service}:{region}:{ACCOUNT_ID}:{resource}"


@dataclass(frozen=True)
class Computed:
    """An id and the outputs that a service decides, laid over the inputs."""

    id: str
    outputs: Mapping[str, Any]


Invent = Callable[[Registration], Computed]


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid on `base`, objects key by key."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            result[key] = merged(below, value)
        else:
            result[key] = value
    return result
