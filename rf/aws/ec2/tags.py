"""A tag of a thing that another service made, such as the cluster's security group."""

from __future__ import annotations

from rf.shared.cards.answers import RequestError
from rf.shared.cards.calls import AS_CREATED, Calls, shown
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, Changes
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.inventing import physical_name
from rf.shared.cards.lifecycle import Inputs, Reading, Standing, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, NOT_ENUMERATED, OWN_NAME


def _as_pair(_task: Task, inputs: Inputs) -> None:
    inputs["resources"] = [inputs.take("resourceId")]
    inputs["tags"] = {inputs.take("key"): inputs.take("value")}


_TAG = Calls(
    service="ec2",
    create="CreateTags",
    read="DescribeTags",
    update=AS_CREATED,
    delete="DeleteTags",
    identifier="{resourceId},{key}",
    prepare=_as_pair,
)


def _read_tag(task: Task, standing: Standing) -> Reading | None:
    """By filters: a tag has no id."""
    filters = {"resource-id": standing.inputs["resourceId"], "key": standing.inputs["key"]}
    answer = task.call(
        "ec2",
        "DescribeTags",
        Filters=[{"Name": name, "Values": [value]} for name, value in filters.items()],
    )
    for tag in answer["Tags"]:
        return Reading(thing=tag, shown=shown(_TAG, task, "Tags.0", tag, standing))
    return None


def _delete_tag(task: Task, standing: Standing) -> None:
    tag = {standing.inputs["key"]: standing.inputs["value"]}
    try:
        task.send("ec2", "DeleteTags", {"resources": [standing.inputs["resourceId"]], "tags": tag})
    except RequestError as error:
        if not error.says_gone:
            raise


CARDS = (
    Card(
        type="aws:ec2/tag:Tag",
        computed=physical_name,
        values=NOT_ENUMERATED,
        lifecycle=_TAG.lifecycle(read=_read_tag, delete=_delete_tag),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("ec2/tag.go"),),
            properties={"key": REPLACE, "resourceId": REPLACE, "value": IN_PLACE},
        ),
        price=Free(reason="costs nothing"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("ec2:CreateTags",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
