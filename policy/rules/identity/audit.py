"""Rules of what watches the account."""

from __future__ import annotations

from collections.abc import Iterator

from ..shared.rule import Level, Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import DETECTOR, TRAIL
from ..shared.values import at, is_true


def _trail(resource: Resource, stack: StackResources) -> Iterator[str]:
    for key in ("enableLogFileValidation", "isMultiRegionTrail", "enableLogging"):
        if not is_true(resource.inputs, key):
            yield f"{key} is off"
    if not at(resource.inputs, "kmsKeyId"):
        yield "is not encrypted with a key of the stack"


def _detector(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not is_true(resource.inputs, "enable"):
        yield "is switched off"


RULES = (
    Rule(
        id="trail-trusted",
        layer=RuleLayer.AUDIT,
        demand="The account's trail is on, of all regions, validated and encrypted.",
        reason="Whoever breaks in changes regions first, and then the trail.",
        source="AWS Security Hub, CloudTrail.1, CloudTrail.2, CloudTrail.4",
        remedy="set isMultiRegionTrail, enableLogFileValidation and kmsKeyId",
        types=(TRAIL,),
        check=_trail,
    ),
    Rule(
        id="detector-on",
        layer=RuleLayer.AUDIT,
        demand="A GuardDuty detector that the program declares is enabled.",
        reason="A disabled one costs nothing and finds nothing, and looks as if it watched.",
        source="AWS Security Hub, GuardDuty.1",
        remedy="set enable, or leave it out by audit.guardDuty",
        types=(DETECTOR,),
        level=Level.ADVISORY,
        check=_detector,
    ),
)
