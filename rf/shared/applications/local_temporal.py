"""Temporal on the stand: its server as the stack's values make it, and what is seen in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from temporalio.api.enums.v1 import PendingActivityState
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError

from rendering.workflows import temporal_names as names
from rf.kubernetes.helm import RELEASE
from rf.shared.applications.gate import Gate
from rf.shared.plan import RecordedPlan, reveal
from rf.shared.servers.programs import MissingServersError
from rf.shared.servers.temporal_client import (
    EventLoop,
    TemporalLogin,
    connected_client,
    patiently,
)
from rf.shared.servers.temporal_server import (
    TemporalDatabase,
    find_temporal_binaries,
    set_up_temporal,
)

_STARTED = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED


@dataclass(frozen=True, kw_only=True)
class SeenActivity:
    """An activity as its workflow's history tells of it: what limits it was given, and which
    attempt ended it well, 0 where none has."""

    type: str
    timeout_seconds: float
    maximum_attempts: int
    completed_by: int


@dataclass(frozen=True, kw_only=True)
class SeenWorkflow:
    """A workflow as its history tells of it. `taken`: a worker has had a task of it; `completed`
    is None while it runs."""

    taken: bool
    completed: bool | None
    activities: tuple[SeenActivity, ...]


@dataclass(frozen=True, kw_only=True)
class LocalTemporal:
    """A running server, the way of the applications to it, and our own client."""

    login: TemporalLogin
    gate: Gate
    client: Client
    loop: EventLoop

    @property
    def authority(self) -> Path:
        """Who signed its certificate."""
        return self.login.server.authority.file

    def known(self) -> dict[str, str]:
        """The task queue of each workflow, by its id. It takes Temporal a moment to list one."""

        async def listed() -> dict[str, str]:
            return {each.id: each.task_queue async for each in self.client.list_workflows()}

        return self.loop.call(listed())

    def start(self, kind: str, arguments: Sequence[Any], queue: str) -> str:
        """Start a workflow; returns its id."""
        identifier = f"conform-{uuid4()}"
        start = self.client.start_workflow(kind, args=arguments, id=identifier, task_queue=queue)
        self.loop.call(start)
        return identifier

    def seen(self, identifier: str) -> SeenWorkflow:
        """What its history tells of it by now."""
        handle = self._handle(identifier)
        events = self.loop.call(handle.fetch_history()).events
        status = self.loop.call(handle.describe()).status
        began = {
            each.event_id: each.activity_task_started_event_attributes
            for each in events
            if each.HasField("activity_task_started_event_attributes")
        }
        ended = {
            done.scheduled_event_id: began[done.started_event_id].attempt
            for each in events
            if each.HasField("activity_task_completed_event_attributes")
            for done in [each.activity_task_completed_event_attributes]
        }
        return SeenWorkflow(
            taken=any(each.HasField("workflow_task_started_event_attributes") for each in events),
            completed=(
                None
                if status is WorkflowExecutionStatus.RUNNING
                else status is WorkflowExecutionStatus.COMPLETED
            ),
            activities=tuple(
                SeenActivity(
                    type=given.activity_type.name,
                    timeout_seconds=given.start_to_close_timeout.ToTimedelta().total_seconds(),
                    maximum_attempts=given.retry_policy.maximum_attempts,
                    completed_by=ended.get(each.event_id, 0),
                )
                for each in events
                if each.HasField("activity_task_scheduled_event_attributes")
                for given in [each.activity_task_scheduled_event_attributes]
            ),
        )

    def in_hand(self, identifier: str) -> list[str]:
        """The types of those of its activities that a worker holds."""
        described = self.loop.call(self._handle(identifier).describe())
        pending = described.raw_description.pending_activities
        return [each.activity_type.name for each in pending if each.state == _STARTED]

    def end(self, *identifiers: str) -> None:
        """Let no worker have a task of them any more; some may have ended."""
        for each in identifiers:
            with suppress(RPCError):
                self.loop.call(self._handle(each).terminate())

    def _handle(self, identifier: str) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(identifier)


def why_no_temporal(plan: RecordedPlan) -> str:
    """Why it can't be started for this stack on this machine; empty where it can."""
    if _values(plan) is None:
        return f"{plan.stack} runs no workflows: try it with --set workflows.enabled=true"
    try:
        find_temporal_binaries()
    except MissingServersError as error:
        return str(error)
    return ""


def start_temporal(
    stack: ExitStack,
    plan: RecordedPlan,
    directory: Path,
    *,
    database: TemporalDatabase,
    told: Mapping[str, str],
    gate: Gate,
) -> LocalTemporal:
    """Start it with its schema and the stack's namespace; leaving `stack` stops it.

    `told` is what the plan tells a pod of it. The gate is opened. Raises RuntimeError, TimeoutError
    or MissingServersError.
    """
    values = _values(plan)
    if values is None:
        raise ValueError(why_no_temporal(plan))
    server = set_up_temporal(find_temporal_binaries(), directory, values, database)
    server.run(stack)
    gate.lead_to(server.port)
    login, loop = TemporalLogin.of(server), EventLoop(stack)
    (namespace,) = values["server"]["config"]["namespaces"]["namespace"]
    client = connected_client(loop, login.variables(told), namespace)
    temporal = LocalTemporal(login=login, gate=gate, client=client, loop=loop)
    patiently(temporal.known, "all of Temporal knows its namespace")
    return temporal


def _values(plan: RecordedPlan) -> Mapping[str, Any] | None:
    """What the stack gives the chart; None where it has no workflows."""
    for release in plan.of_type(RELEASE):
        if reveal(release.outputs).get("name") == names.RELEASE:
            return reveal(release.inputs)["values"]
    return None
