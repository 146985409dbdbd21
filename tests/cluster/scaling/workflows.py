"""Temporal's task queue as the exported workers reach it, with workflows of Temporal's own SDK."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar
from uuid import uuid4

from google.protobuf.duration_pb2 import Duration
from temporalio import activity, workflow
from temporalio.api.enums.v1 import TaskQueueKind, TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue as TaskQueueName
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    RegisterNamespaceRequest,
)
from temporalio.client import Client, WorkflowHandle
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError
from temporalio.worker import Worker

from rf.shared.cluster.objects import Document
from rf.shared.servers.certificates import KeyPair
from rf.shared.servers.processes import wait_until
from rf.shared.servers.temporal_server import TemporalServer

T = TypeVar("T")

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


class _Loop:
    """An event loop in a thread of its own, so that workers go on while a test looks elsewhere."""

    def __init__(self, stack: ExitStack) -> None:
        self._loop = asyncio.new_event_loop()
        stack.callback(self._loop.close)
        thread = threading.Thread(target=self._loop.run_forever)
        thread.start()
        stack.callback(thread.join)
        stack.callback(self._loop.call_soon_threadsafe, self._loop.stop)

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


@dataclass(frozen=True, kw_only=True)
class TaskQueue:
    """The workers' task queue."""

    name: str
    client: Client
    loop: _Loop
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


@dataclass(frozen=True, kw_only=True)
class Login:
    """By which a server lets in: a client's certificate, and whom the server is known by."""

    server: TemporalServer
    pair: KeyPair

    @classmethod
    def of(cls, server: TemporalServer) -> Login:
        return cls(server=server, pair=server.authority.issue("temporal-client", client=True))

    @property
    def secret(self) -> dict[str, str]:
        """The keys of the Secret that an application and KEDA read."""
        return {
            "ca.crt": self.server.authority.file.read_text(),
            "tls.crt": self.pair.certificate.decode(),
            "tls.key": self.pair.key.decode(),
        }

    def variables(self, deployment: Document) -> dict[str, str]:
        """What the exported pods are told of Temporal, with this machine's server and files."""
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        variables: dict[str, str] = {}
        for each in container["env"]:
            if each["name"].startswith("TEMPORAL_"):
                reference = each.get("valueFrom", {}).get("secretKeyRef")
                value = self.secret[reference["key"]] if reference else each["value"]
                variables[each["name"]] = value
        return {
            **variables,
            "TEMPORAL_ADDRESS": self.server.address,
            "TEMPORAL_TLS_SERVER_CA_CERT_PATH": str(self.server.authority.file),
        }


async def connect(variables: Mapping[str, str]) -> Client:
    """As the SDK reads the variables by itself. Raises RuntimeError where nobody lets it in."""
    config = ClientConfig.load_client_connect_config(disable_file=True, override_env_vars=variables)
    return await Client.connect(**config)


@contextmanager
def connected(variables: Mapping[str, str], namespace: Mapping[str, str]) -> Iterator[TaskQueue]:
    """The task queue that the variables name; `namespace` is a row of the chart's values, which
    the chart's Job makes."""
    days = int(namespace["retention"].removesuffix("d"))
    made = RegisterNamespaceRequest(
        namespace=namespace["name"],
        workflow_execution_retention_period=Duration(seconds=days * 24 * 3600),
    )
    with ExitStack() as stack:
        loop = _Loop(stack)
        client = _patiently(lambda: loop.call(connect(variables)), "Temporal answers")
        service = client.workflow_service
        _patiently(lambda: loop.call(service.register_namespace(made)), "its namespace is made")
        queue = TaskQueue(name=variables["TEMPORAL_TASK_QUEUE"], client=client, loop=loop)
        _patiently(queue.waiting, "all of Temporal knows its namespace")
        yield queue


def _patiently(call: Callable[[], T], what: str) -> T:
    """What it returns once it doesn't fail, with what it failed with in the end."""
    failures: list[Exception] = []

    def tried() -> list[T]:
        try:
            return [call()]
        except (RPCError, RuntimeError) as error:
            failures.append(error)
            return []

    try:
        return wait_until(tried, what, interval_seconds=0.2)[0]
    except TimeoutError as error:
        raise TimeoutError(f"{error}: {failures[-1]}") from None
