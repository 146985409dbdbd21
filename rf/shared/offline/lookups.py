"""Lookups that an offline plan answers. Every other one is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

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
