"""The trail: who did what in the account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.account.names import of_stack
from rf.shared.cards.answers import DescribedBy
from rf.shared.cards.calls import Calls, Name, Tagging, change, differing, look_up, make
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.inventing import named
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.naming import AccountSetting, Answer
from rf.shared.cards.prices import Priced
from rf.shared.cards.residency import IN_REGION
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Verification, always
from rf.shared.cards.without import NO_QUOTA, USAGE

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner

_EVENT_SELECTORS = ("eventSelectors", "advancedEventSelectors")
"""Inputs that say what is recorded, in its two forms."""


_TAGGING = Tagging(
    add="AddTags",
    remove="RemoveTags",
    by="ResourceId",
    tags="TagsList",
    keys="TagsList",
    read="ListTags",
    found="ResourceTagList.0.TagsList",
)


_TRAIL = Calls(
    service="cloudtrail",
    create="CreateTrail",
    read="GetTrail",
    update="UpdateTrail",
    delete="DeleteTrail",
    name=Name(parameter="Name", limit=128),
    renames={
        "tags": "TagsList",
        "enableLogFileValidation": "LogFileValidationEnabled",
        "cloudWatchLogsGroupArn": "CloudWatchLogsLogGroupArn",
    },
    provider_only=("enableLogging", "eventSelectors", "advancedEventSelectors", "insightSelectors"),
    outputs={"arn": "TrailARN"},
    tagging=_TAGGING,
)


def _create_trail(task: Task, inputs: Inputs) -> Created:
    """What the provider calls one resource is several calls: a new trail records nothing yet."""
    wanted = dict(inputs)
    created = make(_TRAIL, task, inputs)
    _select(task, created.id, {}, wanted)
    if _logs(wanted):
        task.call("cloudtrail", "StartLogging", Name=created.id)
    return created


def _read_trail(task: Task, standing: Standing) -> Reading | None:
    """With whether it records, and which events."""
    reading = look_up(_TRAIL, task, standing)
    if reading is None:
        return None
    inputs, shown = standing.inputs, dict(reading.shown)
    status = task.call("cloudtrail", "GetTrailStatus", Name=standing.id)
    selected = task.call("cloudtrail", "GetEventSelectors", TrailName=standing.id)
    shown["enableLogging"] = status["IsLogging"]
    part = DescribedBy("cloudtrail", "GetEventSelectors", "")
    planned = {key: inputs[key] for key in _EVENT_SELECTORS if key in inputs}
    shown |= task.api.shown(part, selected.data, planned)
    return Reading(thing={**selected.data, **status.data, **reading.thing}, shown=shown)


def _update_trail(task: Task, standing: Standing, inputs: Inputs) -> Created:
    wanted = dict(inputs)
    change(_TRAIL, task, standing, inputs)
    if _logs(wanted) != _logs(standing.inputs):
        operation = "StartLogging" if _logs(wanted) else "StopLogging"
        task.call("cloudtrail", operation, Name=standing.id)
    _select(task, standing.id, standing.inputs, wanted)
    return Created(standing.id, standing.outputs)


def _logs(inputs: Mapping[str, Any]) -> bool:
    return bool(inputs.get("enableLogging", True))


def _select(task: Task, trail: str, old: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Which events it records. The one kind of selectors takes the place of the other."""
    changed = differing(old, {key: wanted[key] for key in _EVENT_SELECTORS if key in wanted})
    if changed:
        task.send("cloudtrail", "PutEventSelectors", changed, TrailName=trail)
    elif not any(wanted.get(key) for key in _EVENT_SELECTORS) and any(
        old.get(key) for key in _EVENT_SELECTORS
    ):
        # What a trail records that nobody told anything.
        every = [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}]
        task.call("cloudtrail", "PutEventSelectors", TrailName=trail, EventSelectors=every)
    insights = wanted.get("insightSelectors") or []
    if insights != (old.get("insightSelectors") or []):
        selectors = {"insightSelectors": insights}
        task.send("cloudtrail", "PutInsightSelectors", selectors, TrailName=trail)


def _logging(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return _logs(inputs), reading.thing["IsLogging"]


def _selectors(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    names = [entry["Name"] for entry in reading.thing.get("AdvancedEventSelectors") or []]
    return [entry["name"] for entry in inputs.get("advancedEventSelectors") or []], names


MOST_TRAILS = 5
"""In a region, those of all regions among them; AWS raises it for nobody (CloudTrail guide, "Quotas
in AWS CloudTrail")."""


def _trail_state(account: Account, owner: Owner, inputs: Mapping[str, Any]) -> Answer:
    """Whether the name is free or ours, and a trail more fits in."""
    listed = account.listed("cloudtrail", "DescribeTrails", "trailList", includeShadowTrails=True)
    same = [each for each in listed if each["Name"] == inputs["name"]]
    if same:
        return of_stack(owner, same, lambda each: _tags_of(account, each))
    return len(listed) < MOST_TRAILS, f"{len(listed)} of {MOST_TRAILS} in the region are others'"


def _tags_of(account: Account, trail: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """Told in its home region alone."""
    tagged = account.listed(
        "cloudtrail",
        "ListTags",
        "ResourceTagList",
        region=trail["HomeRegion"],
        ResourceIdList=[trail["TrailARN"]],
    )
    return [tag for each in tagged for tag in each.get("TagsList") or ()]


_RECORDS_ALL = PropertyRule(
    to={"true": IN_PLACE}, effect=DANGEROUS, why="part of what is done would no longer be recorded"
)


CARDS = (
    Card(
        type="aws:cloudtrail/trail:Trail",
        computed=named("cloudtrail", "trail/{}"),
        values=by_model("cloudtrail:CreateTrail", "cloudtrail:UpdateTrail"),
        lifecycle=_TRAIL.lifecycle(create=_create_trail, read=_read_trail, update=_update_trail),
        creation=SECONDS,
        verification=Verification(
            kind="trail",
            rows={
                "bucket": "s3BucketName",
                "key": "kmsKeyId",
                "log validation": always(True, "LogFileValidationEnabled"),
                "all regions": "isMultiRegionTrail",
                "logging": _logging,
                "selectors": _selectors,
            },
        ),
        changes=Changes(
            holds="the record of who did what",
            source=(provider("cloudtrail/trail.go"),),
            properties={
                "name": REPLACE,
                "enableLogging": PropertyRule(
                    to={"true": IN_PLACE},
                    effect=DANGEROUS,
                    why="what is done from then on is not recorded",
                ),
                "enableLogFileValidation": PropertyRule(
                    to={"true": IN_PLACE},
                    effect=DANGEROUS,
                    why="nobody can tell whether the record was changed",
                ),
                "includeGlobalServiceEvents": _RECORDS_ALL,
                "isMultiRegionTrail": _RECORDS_ALL,
                "advancedEventSelectors": PropertyRule(
                    widened=IN_PLACE,
                    effect=DANGEROUS,
                    why="part of what is done would no longer be recorded",
                ),
                "kmsKeyId": PropertyRule(
                    to={"(not set)": DANGEROUS},
                    effect=IN_PLACE,
                    why="the record would lie there under a key of S3 alone",
                ),
                "s3BucketName": PropertyRule(
                    effect=DANGEROUS,
                    why="the record goes on elsewhere, and the old part must be kept by hand",
                ),
                "s3KeyPrefix": IN_PLACE,
                "cloudWatchLogsGroupArn": PropertyRule(
                    to={"(not set)": DANGEROUS},
                    effect=IN_PLACE,
                    why="no alarm would see what is done",
                ),
                "cloudWatchLogsRoleArn": IN_PLACE,
                "tags": IN_PLACE,
            },
        ),
        price=Priced(keys=("cloudtrail:",), count=USAGE),
        quotas=NO_QUOTA,
        naming=AccountSetting(
            title="trail",
            needed="its name free or this stack's own, and one of the five that a region takes",
            fix="remove a trail that nobody needs, or give stacks accounts of their own: each has a"
            " trail of all regions",
            state=_trail_state,
        ),
        permissions=(
            "cloudtrail:CreateTrail",
            "cloudtrail:StartLogging",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
)
