"""GuardDuty: the detector and what it looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any

from rf.shared.account.names import owned, pairs
from rf.shared.cards.answers import DescribedBy
from rf.shared.cards.calls import Calls, Tagging, look_up
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.inventing import of_inputs
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.naming import AccountSetting, Answer
from rf.shared.cards.permissions import ServiceLinkedRole
from rf.shared.cards.prices import Unpriced
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, NOT_ENUMERATED, OWN_NAME
from rf.shared.offline.invention import ACCOUNT_ID, Computed, Registration

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner

_NOT_OURS = "input detectorId is not owned by the current account"
"""How GuardDuty refuses a detector that is gone."""


def _invented_detector(registration: Registration) -> Computed:
    detector = registration.hex(32)
    arn = registration.arn("guardduty", f"detector/{detector}")
    return Computed(detector, {"arn": arn, "accountId": ACCOUNT_ID})


_DETECTOR = Calls(
    service="guardduty",
    create="CreateDetector",
    read="GetDetector",
    update="UpdateDetector",
    delete="DeleteDetector",
    identifier="DetectorId",
    by={"DetectorId": "{id}"},
    described="",
    found="",
    absent=(_NOT_OURS,),
    outputs={"arn": "arn:aws:guardduty:{region}:{account}:detector/{id}", "accountId": "{account}"},
    tagging=Tagging(add="TagResource", remove="UntagResource", by="ResourceArn"),
)


def _read_detector(task: Task, standing: Standing) -> Reading | None:
    """The API has a word for whether it watches."""
    reading = look_up(_DETECTOR, task, standing)
    if reading is None or "Status" not in reading.thing:
        return reading
    enabled = reading.thing["Status"] == "ENABLED"
    return replace(reading, shown={**reading.shown, "enable": enabled})


def _status(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return "ENABLED" if inputs["enable"] else "DISABLED", reading.thing["Status"]


_FEATURE = Calls(
    service="guardduty",
    create="UpdateDetector",
    read="GetDetector",
    identifier="{detectorId}/{name}",
    by={"DetectorId": "{detectorId}"},
    found="",
    absent=(_NOT_OURS,),
)
"""A feature is never deleted: without its resource it stays as it is, until its detector goes."""


_one_feature_at_a_time = Lock()
"""What was read of a detector must still be so when it is written: the engine makes features at
once."""


def _create_detector_feature(task: Task, inputs: Inputs) -> Created:
    """One of its detector's features; the emulator forgets those that aren't named."""
    detector, name = inputs.take("detectorId"), inputs["name"]
    fitted = task.api.fitted("guardduty", "UpdateDetector", {"features": [inputs.rest()]})
    with _one_feature_at_a_time:
        there = task.call("guardduty", "GetDetector", DetectorId=detector)
        others = [
            {key: each[key] for key in ("Name", "Status", "AdditionalConfiguration") if key in each}
            for each in there.data.get("Features") or []
            if each["Name"] != name
        ]
        features = [*others, *fitted["Features"]]
        task.call("guardduty", "UpdateDetector", DetectorId=detector, Features=features)
    return Created(f"{detector}/{name}")


def _read_detector_feature(task: Task, standing: Standing) -> Reading | None:
    """One of those that its detector lists."""
    detector = look_up(_FEATURE, task, standing)
    if detector is None or not detector.thing:
        return detector
    part = DescribedBy("guardduty", "GetDetector", "Features.0")
    for feature in detector.thing.get("Features") or []:
        if feature["Name"] == standing.inputs["name"]:
            shown = task.api.shown(part, feature, standing.inputs)
            detector_id = standing.inputs["detectorId"]
            return Reading(thing=feature, shown={"detectorId": detector_id, **shown})
    return None


def _update_detector_feature(task: Task, _standing: Standing, inputs: Inputs) -> Created:
    return _create_detector_feature(task, inputs)


def standing_detector(account: Account) -> Mapping[str, Any] | None:
    """The one detector of the account's region, with its features; None where there is none.

    Raises UnreadableError.
    """
    detectors = account.listed("guardduty", "ListDetectors", "DetectorIds")
    if not detectors:
        return None
    return account.read("guardduty", "GetDetector", DetectorId=detectors[0])


def _detector_state(account: Account, owner: Owner, _inputs: Mapping[str, Any]) -> Answer:
    """GuardDuty refuses a second one."""
    detector = standing_detector(account)
    if detector is None:
        return True, "none yet"
    return owned(fine=owner.tagged(pairs(detector.get("Tags"))))


CARDS = (
    Card(
        type="aws:guardduty/detector:Detector",
        computed=_invented_detector,
        values=by_model("guardduty:CreateDetector", "guardduty:UpdateDetector"),
        lifecycle=_DETECTOR.lifecycle(read=_read_detector),
        creation=SECONDS,
        verification=Verification(kind="GuardDuty", rows={"status": _status}),
        changes=Changes(
            source=(provider("guardduty/detector.go"),),
            properties={
                "datasources": IN_PLACE,
                "findingPublishingFrequency": IN_PLACE,
                "enable": PropertyRule(
                    to={"true": IN_PLACE}, effect=DANGEROUS, why="nobody looks for an intruder"
                ),
            },
        ),
        price=Unpriced("paid by the events it analyses, which no load tells"),
        quotas=NO_QUOTA,
        naming=AccountSetting(
            title="GuardDuty detector",
            needed="none, or this stack's own: an account and region has one",
            fix="set audit.guardDutyAdopted: true: the stack then makes none, and preflight asks"
            " the one that is there for what this stack wants watched",
            state=_detector_state,
        ),
        permissions=(
            "guardduty:CreateDetector",
            ServiceLinkedRole(
                principal="guardduty.amazonaws.com", name="AWSServiceRoleForAmazonGuardDuty"
            ),
            "guardduty:TagResource",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:guardduty/detectorFeature:DetectorFeature",
        computed=of_inputs("detectorId", "name", separator="/"),
        values=NOT_ENUMERATED,
        lifecycle=_FEATURE.lifecycle(
            create=_create_detector_feature,
            read=_read_detector_feature,
            update=_update_detector_feature,
        ),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("guardduty/detector_feature.go"),),
            properties={
                "detectorId": REPLACE,
                "name": REPLACE,
                "additionalConfigurations": IN_PLACE,
                "status": PropertyRule(
                    to={"ENABLED": IN_PLACE},
                    effect=DANGEROUS,
                    why="nobody looks for an intruder there",
                ),
            },
        ),
        price=Unpriced("paid by the events it analyses, which no load tells"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("guardduty:UpdateDetector",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
