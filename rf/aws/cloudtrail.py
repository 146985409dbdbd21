"""The trail: who did what in the account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.inventing import named
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Task
from rf.shared.cards.prices import Priced
from rf.shared.cards.residency import IN_REGION
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, OWN_NAME, USAGE

if TYPE_CHECKING:
    from rf.shared.sandbox.reader import Reader

TRAIL_NAMES = {"tags": "TagsList", "enableLogFileValidation": "EnableLogFileValidation"}
"""Inputs of a trail that its API calls otherwise."""


def _create_trail(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 128)
    selectors = inputs.take("advancedEventSelectors")
    logging = inputs.take("enableLogging", True)
    answer = task.send("cloudtrail", "CreateTrail", inputs.rest(), TRAIL_NAMES, Name=name)
    arn = answer["TrailARN"]
    # What the provider calls one resource is three calls: a new trail records nothing yet.
    if selectors:
        task.send(
            "cloudtrail",
            "PutEventSelectors",
            {"advancedEventSelectors": selectors},
            {"starts_withs": "StartsWith", "startsWiths": "StartsWith"},
            TrailName=name,
        )
    if logging:
        task.call("cloudtrail", "StartLogging", Name=name)
    return Created(name, {"name": name, "arn": arn})


def _verify_trail(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Where it delivers, that it is encrypted, validated and running, and which data it sees."""
    actual = reader.read("cloudtrail", "GetTrail", Name=identifier)["Trail"]
    yield "bucket", inputs["s3BucketName"], actual["S3BucketName"]
    yield "key", inputs["kmsKeyId"], actual.get("KmsKeyId")
    yield "log validation", True, actual.get("LogFileValidationEnabled")
    yield "all regions", inputs["isMultiRegionTrail"], actual["IsMultiRegionTrail"]
    status = reader.read("cloudtrail", "GetTrailStatus", Name=identifier)
    yield "logging", inputs.get("enableLogging", True), status["IsLogging"]
    selected = reader.read("cloudtrail", "GetEventSelectors", TrailName=identifier)
    names = [entry["Name"] for entry in selected.get("AdvancedEventSelectors") or []]
    wanted = [entry["name"] for entry in inputs.get("advancedEventSelectors") or []]
    yield "selectors", wanted, names


CARDS = (
    Card(
        type="aws:cloudtrail/trail:Trail",
        computed=named("cloudtrail", "trail/{}"),
        values=by_model("cloudtrail:CreateTrail", "cloudtrail:UpdateTrail"),
        lifecycle=Calls(service="cloudtrail", create="CreateTrail").lifecycle(create=_create_trail),
        verification=Verification(kind="trail", more=_verify_trail),
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
                "includeGlobalServiceEvents": IN_PLACE,
                "isMultiRegionTrail": IN_PLACE,
                "advancedEventSelectors": IN_PLACE,
                "kmsKeyId": IN_PLACE,
                "s3BucketName": PropertyRule(
                    effect=DANGEROUS,
                    why="the record goes on elsewhere, and the old part must be kept by hand",
                ),
                "s3KeyPrefix": IN_PLACE,
                "cloudWatchLogsGroupArn": IN_PLACE,
                "cloudWatchLogsRoleArn": IN_PLACE,
                "tags": IN_PLACE,
            },
        ),
        price=Priced(keys=("cloudtrail:",), count=USAGE),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "cloudtrail:CreateTrail",
            "cloudtrail:StartLogging",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
)
