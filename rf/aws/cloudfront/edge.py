"""What the parts of the edge have in common."""

from __future__ import annotations

from typing import Any

from rf.shared.cards.calls import Tagging
from rf.shared.cards.control_plane import ControlPlane
from rf.shared.cards.lifecycle import Inputs, Task
from rf.shared.offline.invention import Computed, Invent, Registration

CONTROL_PLANE = ControlPlane(
    name="CloudFront",
    service="cloudfront",
    goes_on="distributions, functions and key value stores serve as they are",
)

TAGGING = Tagging(add="TagResource", remove="UntagResource", by="Resource")

LOCK = {"IfMatch": "ETag"}


def invented_edge(kind: str, make_id: str = "letters") -> Invent:
    """CloudFront's smaller resources: opaque ids and ARNs without a region."""

    def invent(registration: Registration) -> Computed:
        opaque = f"E{registration.letters(13)}"
        resource_id = registration.uuid() if make_id == "uuid" else opaque
        resource_id = registration.named() if make_id == "name" else resource_id
        arn = registration.arn("cloudfront", f"{kind}/{resource_id}", region="")
        return Computed(resource_id, {"arn": arn, "etag": f"E{registration.letters(12, 'etag')}"})

    return invent


def as_configuration(task: Task, inputs: Inputs) -> None:
    """The inputs as a configuration, which has the name in it and lists that are counted."""
    inputs["name"] = inputs.get("name") or task.auto_name("name", 64)
    for key, value in list(inputs.items()):
        inputs[key] = _counted(value)


def _counted(value: Any) -> Any:
    """`{headers: {items: [...]}}` of the provider as the list that is counted when it is sent."""
    match value:
        case {"items": list(items), **rest} if not rest:
            return items
        case dict():
            return {key: _counted(each) for key, each in value.items()}
        case _:
            return value
