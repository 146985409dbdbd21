"""Resources as the recorder notes them, without running a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rf.shared.plan import RecordedResource


def recorded_resource(
    token: str,
    name: str,
    inputs: Mapping[str, Any],
    *,
    resource_id: str = "",
    outputs: Mapping[str, Any] | None = None,
    stack: str = "test",
) -> RecordedResource:
    """A resource of no component that depends on nothing; its URN is the stack's, type and name."""
    return RecordedResource(
        urn=f"urn:pulumi:{stack}::researchflow::{token}::{name}",
        type=token,
        name=name,
        parent="",
        custom=True,
        provider="",
        inputs=inputs,
        dependencies=(),
        property_dependencies={},
        protect=False,
        retain_on_delete=False,
        ignore_changes=(),
        aliases=(),
        resource_id=resource_id,
        outputs=outputs or {},
    )
