"""URNs as the engine makes them: the parent's whole chain of types, not only its last one."""

from __future__ import annotations

import hashlib

ROOT_TYPE = "pulumi:pulumi:Stack"


def urn_of(stack: str, project: str, parent: str, token: str, name: str) -> str:
    """URN of a resource. Children of the stack itself carry their own type only."""
    chain = qualified_type(parent) if parent else ROOT_TYPE
    full = token if chain == ROOT_TYPE else f"{chain}${token}"
    return f"urn:pulumi:{stack}::{project}::{full}::{name}"


def qualified_type(urn: str) -> str:
    """`a:b:C$d:e:F` of a URN."""
    return urn.split("::")[2]


def name_of(urn: str) -> str:
    """The logical name, which ends a URN and may itself hold `::`."""
    return urn.split("::", 3)[3]


def digest(urn: str, purpose: str = "") -> str:
    """64 hex digits that depend on nothing but the URN and the purpose."""
    return hashlib.sha256(f"{urn}|{purpose}".encode()).hexdigest()
