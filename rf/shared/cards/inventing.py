"""Ways to invent what a service computes that many types have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rf.shared.offline.invention import ACCOUNT_ID, Computed, Invent, Registration, merged


def named(service: str, resource: str, key: str = "name", *, regional: bool = True) -> Invent:
    """Resources known by their name; `{}` in `resource` is where it stands in the ARN."""

    def invent(registration: Registration) -> Computed:
        name = registration.named(key)
        region = None if regional else ""
        arn = registration.arn(service, resource.format(name), region=region)
        return Computed(name, {key: name, "arn": arn})

    return invent


def of_inputs(*keys: str, separator: str = ":") -> Invent:
    """Resources whose id is made of their inputs: a bucket's settings, a role's attachments."""
    return lambda registration: Computed(separator.join(registration.text(key) for key in keys), {})


def of_ec2(prefix: str, arn_type: str) -> Invent:
    """Resources whose id is `prefix-` and 17 hex digits (EC2's long ids)."""

    def invent(registration: Registration) -> Computed:
        resource_id = f"{prefix}-{registration.hex(17)}"
        arn = registration.arn("ec2", f"{arn_type}/{resource_id}")
        return Computed(resource_id, {"arn": arn, "ownerId": ACCOUNT_ID})

    return invent


def physical_name(registration: Registration) -> Computed:
    """What computes nothing but its id, which is its physical name."""
    return Computed(registration.named(), {})


def kubernetes_object(registration: Registration) -> Computed:
    """An API server's answer: the object itself, with the metadata that it adds."""
    stated = registration.inputs.get("metadata")
    metadata: Mapping[str, Any] = stated if isinstance(stated, Mapping) else {}
    name = str(metadata.get("name") or f"{registration.name}-{registration.hex(8, 'name')}")
    added: dict[str, Any] = {"name": name, "uid": registration.uuid(), "resourceVersion": "1"}
    namespace = metadata.get("namespace")
    if namespace is not None:
        added["namespace"] = namespace
    object_id = f"{namespace}/{name}" if namespace else name
    return Computed(object_id, {"metadata": merged(metadata, added)})
