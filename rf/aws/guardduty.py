"""GuardDuty: the detector and what it looks at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import Unruled
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.inventing import of_inputs
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Task
from rf.shared.cards.prices import Unpriced
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME, Without
from rf.shared.offline.invention import ACCOUNT_ID, Computed, Registration

if TYPE_CHECKING:
    from rf.shared.sandbox.reader import Reader


def _invented_detector(registration: Registration) -> Computed:
    detector = registration.hex(32)
    arn = registration.arn("guardduty", f"detector/{detector}")
    return Computed(detector, {"arn": arn, "accountId": ACCOUNT_ID})


def _create_detector(task: Task, inputs: Inputs) -> Created:
    answer = task.send("guardduty", "CreateDetector", inputs.rest())
    identifier = answer["DetectorId"]
    arn = f"arn:aws:guardduty:{task.region}:{task.account_id}:detector/{identifier}"
    return Created(identifier, {"arn": arn})


def _verify_detector(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """That it watches."""
    actual = reader.read("guardduty", "GetDetector", DetectorId=identifier)
    yield "status", "ENABLED" if inputs["enable"] else "DISABLED", actual["Status"]


def _create_detector_feature(task: Task, inputs: Inputs) -> Created:
    detector_id = inputs.take("detectorId")
    name = inputs["name"]
    task.send("guardduty", "UpdateDetector", {"features": [inputs.rest()]}, DetectorId=detector_id)
    return Created(f"{detector_id}/{name}")


CARDS = (
    Card(
        type="aws:guardduty/detector:Detector",
        computed=_invented_detector,
        values=by_model("guardduty:CreateDetector", "guardduty:UpdateDetector"),
        lifecycle=Calls(service="guardduty", create="CreateDetector").lifecycle(
            create=_create_detector
        ),
        verification=Verification(kind="GuardDuty", more=_verify_detector),
        changes=Unruled(),
        price=Unpriced("paid by the events it analyses, which no load tells"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "guardduty:CreateDetector",
            "guardduty:TagResource",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:guardduty/detectorFeature:DetectorFeature",
        computed=of_inputs("detectorId", "name", separator="/"),
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="guardduty", create="?").lifecycle(create=_create_detector_feature),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Unpriced("paid by the events it analyses, which no load tells"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("guardduty:UpdateDetector",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
