"""EC2's tags: given at creation as a specification, or laid on what something else made."""

from __future__ import annotations

from typing import Any

from rf.shared.sandbox.registry import Created, Inputs, Task, handles


def tag_specifications(kind: str, inputs: Inputs) -> dict[str, Any]:
    """The `TagSpecifications` parameter from the plan's tags; empty when it has none."""
    tags = inputs.take("tags")
    if not tags:
        return {}
    pairs = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": pairs}]}


@handles("aws:ec2/tag:Tag")
def tag(task: Task, inputs: Inputs) -> Created:
    """One tag of a resource that another service made, such as the cluster's security group."""
    owner, key, value = inputs.take("resourceId"), inputs.take("key"), inputs.take("value")
    task.call("ec2", "CreateTags", Resources=[owner], Tags=[{"Key": key, "Value": value}])
    return Created(f"{owner},{key}")
