"""Deploys a plan of a stack into the sandbox, over what is deployed of that stack already."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rf.drill.fence import FencedApi
from rf.drill.steps import Tell
from rf.shared.cards.lifecycle import Created
from rf.shared.files import replaced
from rf.shared.offline.invention import ACCOUNT_ID
from rf.shared.plan import RecordedPlan, References, redact
from rf.shared.project import PROGRAM
from rf.shared.sandbox.deployment import Deployment, deployed, region_of
from rf.shared.sandbox.registry import CreationError, Request, SandboxRegistry
from rf.shared.stacks import project_name


@dataclass(frozen=True, kw_only=True)
class DeployedResource:
    """A resource that was made: its id, its outputs, the inputs that it was made from with their
    secrets taken out, and a digest of them all.

    One that the emulator lacks was checked and not made: there is nothing of it to read back.
    """

    id: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    digest: str
    emulated: bool = True


@dataclass
class DeployedStack:
    """All of a stack's, by URN. Holds no secret."""

    resources: dict[str, DeployedResource] = field(default_factory=dict)

    def note(self, request: Request, created: Created, *, emulated: bool = True) -> None:
        """Remember what was made, or made anew."""
        self.resources[request.urn] = DeployedResource(
            id=created.id,
            inputs=redact(request.planned),
            outputs=dict(created.outputs),
            digest=digest_of(request.inputs),
            emulated=emulated,
        )

    def not_emulated(self) -> tuple[str, ...]:
        """URNs of what was only checked."""
        return tuple(urn for urn, each in self.resources.items() if not each.emulated)

    def save(self, path: Path) -> None:
        """Write it where its owner alone reads it."""
        path.touch(mode=0o600)
        document = {urn: vars(resource) for urn, resource in self.resources.items()}
        with replaced(path) as file:
            file.write_text(json.dumps(redact(document), default=str), encoding="utf-8")


def load_deployed(path: Path) -> DeployedStack:
    """What `DeployedStack.save` wrote."""
    document = json.loads(path.read_text(encoding="utf-8"))
    return DeployedStack({urn: DeployedResource(**resource) for urn, resource in document.items()})


def digest_of(inputs: Mapping[str, Any]) -> str:
    """A digest of inputs; equal ones have equal digests, and a secret can't be read from it."""
    text = json.dumps(inputs, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


Update = Callable[[Request, DeployedResource], Created]
"""Changes a resource in place to its new inputs. Raises CreationError."""

Delete = Callable[[str, DeployedResource, str], None]
"""Deletes what a plan no longer has, by URN, in a region. Raises CreationError."""


@dataclass(frozen=True, kw_only=True)
class WaysToChange:
    """How what stands is changed and deleted."""

    update: Update
    delete: Delete


class UpdatingDeployment(Deployment):
    """A deployment over what stands: what is as planned is left alone, the rest made or changed.

    `changes` are made to what stands and was planned otherwise.
    """

    def __init__(
        self,
        world: SandboxRegistry,
        tell: Tell,
        deployed_stack: DeployedStack,
        changes: WaysToChange,
    ) -> None:
        super().__init__(world, tell)
        self._deployed = deployed_stack
        self._changes = changes
        self.changed: list[str] = []
        self.made: list[str] = []
        self._planned: set[str] = set()

    def _make(self, request: Request) -> Created:
        self._planned.add(request.urn)
        there = self._deployed.resources.get(request.urn)
        if there is not None and there.digest == digest_of(request.inputs):
            return Created(there.id, there.outputs)
        gaps = dict(self.world.api.missing)
        if there is not None:
            created = self._changes.update(request, there)
            self.changed.append(request.urn)
        else:
            created = super()._make(request)
            self.made.append(request.urn)
        emulated = gaps == self.world.api.missing
        self._deployed.note(request, created, emulated=emulated)
        return created

    def delete_rest(self, region: str) -> tuple[str, ...]:
        """Delete what stands and is planned no more; its URNs. To be called after the run."""
        rest = tuple(urn for urn in self._deployed.resources if urn not in self._planned)
        for urn in rest:
            self._changes.delete(urn, self._deployed.resources[urn], region)
            del self._deployed.resources[urn]
        return rest


@dataclass(frozen=True, kw_only=True)
class Applied:
    """A plan that was made real: what was made, changed, deleted, or only checked, by URN."""

    plan: RecordedPlan
    made: tuple[str, ...]
    changed: tuple[str, ...]
    deleted: tuple[str, ...]
    not_emulated: tuple[str, ...]


def _refuse_update(request: Request, there: DeployedResource) -> Created:
    raise CreationError(
        f"{request.urn}: planned otherwise than when the drill began, as {there.id}; "
        "start anew, without --resume"
    )


def _refuse_deletion(urn: str, there: DeployedResource, region: str) -> None:
    raise CreationError(
        f"{urn}: planned no more, and it stands in {region} as {there.id}; "
        "start anew, without --resume"
    )


NO_CHANGES = WaysToChange(update=_refuse_update, delete=_refuse_deletion)
"""For a stack that must be as it was when the drill began."""


def deploy_over(
    hands: FencedApi,
    file: Path,
    stack: str,
    *,
    config: dict[str, object],
    references: References,
    changes: WaysToChange,
    tell: Tell,
    program: Path = PROGRAM,
) -> Applied:
    """A plan of the stack made real over what stands of it, and what stands then written down."""
    deployed_stack = load_deployed(file) if file.exists() else DeployedStack()
    world = SandboxRegistry(hands, ACCOUNT_ID)
    deployment = UpdatingDeployment(world, tell, deployed_stack, changes)
    try:
        plan = deployed(
            deployment, program, project_name(), stack, config=config, references=references
        )
        deleted = deployment.delete_rest(region_of(plan.resources))
    finally:
        file.parent.mkdir(parents=True, exist_ok=True)
        deployed_stack.save(file)
    return Applied(
        plan=plan,
        made=tuple(deployment.made),
        changed=tuple(deployment.changed),
        deleted=deleted,
        not_emulated=deployed_stack.not_emulated(),
    )
