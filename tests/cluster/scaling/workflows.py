"""Temporal's task queue as the exported workers reach it, with workflows of Temporal's own SDK."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from temporalio import activity, workflow
from temporalio.api.enums.v1 import TaskQueueKind, TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue as TaskQueueName
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from rf.shared.servers.processes import wait_until
from rf.shared.servers.temporal_client import EventLoop, connected_client, patiently

ACTIVITY = "analyse"

_LONG = timedelta(minutes=10)
"""Longer than any test."""


@workflow.defn(sandboxed=False)
class Analysis:
    """So many activities at once."""

    @workflow.run
    async def run(self, activities: int) -> None:
        started = [
            workflow.start_activity(ACTIVITY, start_to_close_timeout=_LONG)
            for _ in range(activities)
        ]
        await asyncio.gather(*started)


@activity.defn(name=ACTIVITY)
async def at_once() -> None:
    """An activity that is done."""


class Hold:
    """Activities that last until they are let go; `held` is how many do."""

    def __init__(self) -> None:
        self.held = 0
        self._released = asyncio.Event()

    @activity.defn(name=ACTIVITY)
    async def hold(self) -> None:
        self.held += 1
        await self._released.wait()

    def release(self) -> None:
        self._released.set()


UNSURE = 8
"""So many tasks more may be counted than there are: one that was added a second time, because the
first answer came late, counts twice until a worker has had both."""


def _counted(counted: int, tasks: int) -> bool:
    return tasks <= counted <= tasks + UNSURE if tasks else counted == 0


@dataclass(frozen=True, kw_only=True)
class TaskQueue:
    """The workers' task queue."""

    name: str
    client: Client
    loop: EventLoop
    _started: list[WorkflowHandle[Any, Any]] = field(default_factory=list)

    def start(self, workflows: int, *, activities: int = 0) -> None:
        """So many workflows, each with so many activities."""

        async def start() -> None:
            started = [
                self.client.start_workflow(
                    Analysis.run, activities, id=str(uuid4()), task_queue=self.name
                )
                for _ in range(workflows)
            ]
            self._started.extend(await asyncio.gather(*started))

        self.loop.call(start())

    def waiting(self) -> dict[str, int]:
        """Tasks that no worker has taken, by their type, as KEDA asks for them."""
        types = {
            "workflow": TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
            "activity": TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
        }
        return {name: self.loop.call(self._waiting(each)) for name, each in types.items()}

    def wait_until(self, *, workflow: int = 0, activity: int = 0) -> None:
        """Temporal says so; it looks at its tasks anew every five seconds."""
        wanted = {"workflow": workflow, "activity": activity}
        seen: dict[str, int] = {}

        def so() -> bool:
            seen.update(self.waiting())
            return all(_counted(seen[name], tasks) for name, tasks in wanted.items())

        try:
            wait_until(so, f"{wanted} wait", interval_seconds=0.2)
        except TimeoutError as error:
            raise TimeoutError(f"{error}, but {seen}") from None

    @contextmanager
    def taken(self, *activities: Any, workflows: bool = True) -> Iterator[None]:
        """By a worker that knows these activities, and does a hundred at once."""
        running = AsyncExitStack()

        async def begin() -> None:
            worker = Worker(
                self.client,
                task_queue=self.name,
                workflows=[Analysis] if workflows else [],
                activities=activities,
                max_concurrent_activities=100,
            )
            await running.enter_async_context(worker)

        self.loop.call(begin())
        try:
            yield
        finally:
            self.loop.call(running.aclose())

    def finish(self) -> None:
        """Let a worker do all that was started."""

        async def finished() -> None:
            while self._started:
                await self._started.pop().result()

        with self.taken(at_once):
            self.loop.call(finished())

    async def _waiting(self, kind: TaskQueueType.ValueType) -> int:
        request = DescribeTaskQueueRequest(
            namespace=self.client.namespace,
            task_queue=TaskQueueName(name=self.name, kind=TaskQueueKind.TASK_QUEUE_KIND_NORMAL),
            task_queue_type=kind,
            report_stats=True,
        )
        answer = await self.client.workflow_service.describe_task_queue(request, retry=True)
        return answer.stats.approximate_backlog_count


@contextmanager
def connected(variables: Mapping[str, str], namespace: Mapping[str, str]) -> Iterator[TaskQueue]:
    """The task queue that the variables name; `namespace` is a row of the chart's values, which
    the chart's Job makes."""
    with ExitStack() as stack:
        loop = EventLoop(stack)
        client = connected_client(loop, variables, namespace)
        queue = TaskQueue(name=variables["TEMPORAL_TASK_QUEUE"], client=client, loop=loop)
        patiently(queue.waiting, "all of Temporal knows its namespace")
        yield queue
