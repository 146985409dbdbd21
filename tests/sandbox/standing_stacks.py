"""A stack in the emulated account that is deployed over again and taken away, card by card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rf.shared.cards.diff import diff
from rf.shared.cards.lifecycle import Created, Inputs, Lifecycle, Reading, Standing
from rf.shared.plan import RecordedPlan
from rf.shared.project import PROGRAM
from rf.shared.sandbox.deployment import Deployment, deployed
from rf.shared.sandbox.registry import (
    PROVIDER_INPUTS,
    Request,
    SandboxRegistry,
    lifecycle_of,
    task_of,
    used_up,
)
from rf.shared.stacks import project_name, stack_config


@dataclass
class StandingStack:
    """What stands of a stack, by URN, and what the last deployment did with it."""

    world: SandboxRegistry
    requests: dict[str, Request] = field(default_factory=dict)
    standing: dict[str, Standing] = field(default_factory=dict)
    updated: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)

    def deploy(self, stack: str, *, size: str | None = None, overrides=()) -> RecordedPlan:
        """The stack's plan, made over what stands: created, updated in place, replaced, deleted."""
        self.updated, self.replaced = [], []
        deployment = _Over(self)
        config = stack_config(stack, size=size, overrides=overrides)
        plan = deployed(deployment, PROGRAM, project_name(), stack, config=config)
        for urn in reversed([urn for urn in self.standing if urn not in deployment.planned]):
            self.delete(urn)
        order = {resource.urn: place for place, resource in enumerate(plan.resources)}
        self.standing = dict(sorted(self.standing.items(), key=lambda item: order[item[0]]))
        return plan

    def read(self, urn: str) -> Reading | None:
        """What the API says of a resource."""
        return self._lifecycle(urn).read(self._task(urn), self.standing[urn])

    def delete(self, urn: str) -> None:
        """Take a resource away."""
        self._lifecycle(urn).delete(self._task(urn), self.standing[urn])
        del self.standing[urn]

    def remember(self, request: Request, created: Created, outputs: Mapping[str, Any]) -> Created:
        """Note what stands from now on."""
        self.requests[request.urn] = request
        inputs = {k: v for k, v in request.inputs.items() if k not in PROVIDER_INPUTS}
        self.standing[request.urn] = Standing(
            id=created.id, inputs=inputs, outputs={**outputs, **created.outputs}
        )
        return created

    def _task(self, urn: str):
        return task_of(self.requests[urn], self.world.api, self.world.account_id)

    def _lifecycle(self, urn: str) -> Lifecycle:
        return lifecycle_of(self.requests[urn].token)


class _Over(Deployment):
    """A deployment over what stands, as the engine makes one: by the cards' differences."""

    def __init__(self, stack: StandingStack) -> None:
        super().__init__(stack.world, lambda _: None)
        self.stack = stack
        self.planned: set[str] = set()

    def _make(self, request: Request) -> Created:
        self.planned.add(request.urn)
        there = self.stack.standing.get(request.urn)
        if there is None:
            created = super()._make(request)
            return self.stack.remember(request, created, request.invented)
        new = {k: v for k, v in request.inputs.items() if k not in PROVIDER_INPUTS}
        difference = diff(request.token, there.inputs, new)
        if not difference.changed:
            return Created(there.id, there.outputs)
        if difference.replaces:
            self.stack.replaced.append(request.urn)
            self.stack._lifecycle(request.urn).delete(self.stack._task(request.urn), there)
            created = super()._make(request)
            return self.stack.remember(request, created, request.invented)
        self.stack.updated.append(request.urn)
        inputs = Inputs(new)
        lifecycle = lifecycle_of(request.token)
        task = task_of(request, self.world.api, self.world.account_id)
        created = lifecycle.update(task, there, inputs)
        used_up(request.token, inputs)
        return self.stack.remember(request, created, there.outputs)
