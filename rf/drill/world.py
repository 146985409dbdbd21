"""What the steps of a runbook act on: stacks in the sandbox, one of which has lost something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rf.aws.elasticache.replication_group import REPLICATION_GROUP
from rf.aws.rds.instance import INSTANCE
from rf.drill.deployment import NO_CHANGES, deploy_over
from rf.drill.fence import FencedApi, WatchingApi
from rf.drill.progress import Progress
from rf.drill.site import RecoverySite
from rf.drill.steps import StepFailedError, Tell
from rf.shared.cards.answers import ApiAnswer, RequestError
from rf.shared.plan import RecordedPlan, RecordedResource, References, reveal
from rf.shared.sandbox.emulator import Server
from rf.shared.sandbox.neighbours import with_zones
from rf.shared.stacks import references_of, settings_of, stack_config
from scaleplan.settings import Settings


@dataclass(frozen=True, kw_only=True)
class DrilledStack:
    """A stack that was brought up: its settings, and the plan that it was made from."""

    settings: Settings
    plan: RecordedPlan

    @property
    def primary(self) -> str:
        """The identifier of the database's primary, or of what a site has for one."""
        return f"{self.settings.prefix}-database"

    def groups(self) -> dict[str, Mapping[str, Any]]:
        """Inputs of each Redis by its replication group's id."""
        inputs = [reveal(group.inputs) for group in self.plan.of_type(REPLICATION_GROUP)]
        return {str(each["replicationGroupId"]): each for each in inputs}

    def objects(self, kind: str) -> list[Mapping[str, Any]]:
        """Kubernetes objects of that kind, as planned."""
        return [
            reveal(resource.inputs)
            for resource in self.plan.resources
            if resource.inputs.get("kind") == kind
        ]

    def instances(self) -> list[RecordedResource]:
        """Its database instances."""
        return self.plan.of_type(INSTANCE)


@dataclass(kw_only=True)
class DrillWorld:
    """`hands` do what people and stacks would do, fenced off from what is lost; `eyes` only look.

    `place` is the stack that loses something, brought up with `size` and `overrides`; `site` is its
    recovery site, where one is needed, `serving` what became of it by the last deployment, with its
    `changes` and the URNs that are `not_emulated`. `notes` says what the emulator does not show.
    """

    hands: FencedApi
    eyes: WatchingApi
    place: DrilledStack
    site: RecoverySite | None = None
    serving: DrilledStack | None = None
    changes: str = ""
    not_emulated: tuple[str, ...] = ()
    size: str | None = None
    overrides: Sequence[str] = ()
    notes: list[str] = field(default_factory=list)

    def act(self, service: str, operation: str, region: str, **parameters: Any) -> ApiAnswer:
        """A change by the hands. Raises StepFailedError for one that fails."""
        try:
            return self.hands.call(service, operation, region, **parameters)
        except RequestError as error:
            raise StepFailedError(str(error)) from error

    def see(self, service: str, operation: str, region: str, **parameters: Any) -> ApiAnswer:
        """A look by the eyes. Raises StepFailedError for what isn't there."""
        try:
            return self.eyes.call(service, operation, region, **parameters)
        except RequestError as error:
            raise StepFailedError(str(error)) from error

    def instance(self, identifier: str, region: str) -> Mapping[str, Any]:
        """A database instance as it stands now."""
        answer = self.see("rds", "DescribeDBInstances", region, DBInstanceIdentifier=identifier)
        return answer["DBInstances"][0]

    def group(self, identifier: str, region: str) -> Mapping[str, Any]:
        """A Redis as it stands now."""
        answer = self.see(
            "elasticache", "DescribeReplicationGroups", region, ReplicationGroupId=identifier
        )
        return answer["ReplicationGroups"][0]


def bring_up(
    server: Server,
    progress: Progress,
    folder: Path,
    *,
    size: str | None,
    overrides: Sequence[str],
    tell: Tell,
) -> DrillWorld:
    """The world of a drill, with the stack deployed as far as it isn't already.

    Raises InvalidSettings and pulumi.RunError for wrong settings, CreationError for a resource that
    can't be created, or whose stack was changed since the drill began.
    """
    settings = settings_of(progress.stack, size=size, overrides=overrides)
    hands = FencedApi(server, settings.region)
    eyes = WatchingApi(server, settings.region)
    config = stack_config(progress.stack, size=size, overrides=overrides)
    references = _known_zones(hands, progress, references_of(progress.stack, config))
    plan = deploy_over(
        hands,
        folder / f"{progress.stack}.json",
        progress.stack,
        config=config,
        references=references,
        changes=NO_CHANGES,
        tell=tell,
    ).plan
    place = DrilledStack(settings=settings, plan=plan)
    return DrillWorld(hands=hands, eyes=eyes, place=place, size=size, overrides=overrides)


def _known_zones(hands: FencedApi, progress: Progress, references: References) -> References:
    """The references with zones that exist here, made when the drill begins."""
    if not progress.zones:
        zoned = with_zones(hands, references)
        progress.zones = {
            stack: str(outputs["zoneId"]) for stack, outputs in zoned.items() if "zoneId" in outputs
        }
    return {
        stack: {**outputs, "zoneId": progress.zones[stack]} if stack in progress.zones else outputs
        for stack, outputs in references.items()
    }
