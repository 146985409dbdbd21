"""What zones, records and health checks have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rf.shared.cards.calls import differing
from rf.shared.cards.control_plane import ControlPlane
from rf.shared.cards.lifecycle import Task

CONTROL_PLANE = ControlPlane(
    name="Route 53, records and health checks",
    service="route53",
    goes_on="names are answered, health is checked, and failover records switch by it",
)


def retag(
    task: Task,
    kind: str,
    identifier: str,
    old: Mapping[str, str] | None,
    wanted: Mapping[str, str] | None,
) -> None:
    """Make the tags those that are wanted."""
    before, after = old or {}, wanted or {}
    added = sorted(differing(before, after).items())
    removed = sorted(before.keys() - after.keys())
    changed: dict[str, Any] = {"RemoveTagKeys": removed} if removed else {}
    if added:
        changed["AddTags"] = [{"Key": key, "Value": value} for key, value in added]
    if changed:
        task.call(
            "route53",
            "ChangeTagsForResource",
            ResourceType=kind,
            ResourceId=identifier,
            **changed,
        )


def send_changes(task: Task, zone_id: str, *changes: tuple[str, Mapping[str, Any]]) -> None:
    """All or none of these actions and records."""
    task.call(
        "route53",
        "ChangeResourceRecordSets",
        HostedZoneId=zone_id,
        ChangeBatch={
            "Changes": [
                {"Action": action, "ResourceRecordSet": record} for action, record in changes
            ]
        },
    )


def absolute(name: str) -> str:
    """A name as Route 53 answers it, with its last dot."""
    return f"{name.rstrip('.')}."


def as_planned(name: str, planned: str) -> str:
    """A name of the API's, without its last dot where the plan has none."""
    return planned if absolute(name) == absolute(planned) else name
