"""Fixtures of the autoscalers' decisions: one cluster with KEDA, and a Redis for each export."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redis

from rendering.queue.keys import queue_keys
from rf.shared.cluster.binaries import find_keda_binaries
from rf.shared.cluster.objects import Document
from rf.shared.plan import RecordedPlan, reveal
from rf.shared.servers.certificates import LocalAuthority
from rf.shared.servers.programs import MissingServersError, Programs, runnable_programs
from rf.shared.servers.redis_servers import RedisServer, layer_of, start_redis
from rf.shared.stacks import settings_of
from scaleplan.applications.workloads import WORKER
from scaleplan.model import load_plan
from tests.apiserver.objects.exports import Export, read_export
from tests.cluster.scaling.played import Autoscaled, Played, login_of, object_of, play
from tests.configurations import BEFORE_CITUS
from tests.conftest import Planned
from tests.services.queue.node_clients import NodeClients, find_node_clients
from tests.services.shared.starting import own_directory
from tests.unavailable import unavailable

STACK = "prod"
EVERY_LIBRARY = BEFORE_CITUS
"""Overrides with which jobs of all libraries scale the workers."""


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A folder that the servers' user can enter, unlike pytest's own."""
    directory = own_directory(None, "researchflow-scaling-")
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def programs(server_folder: Path) -> Programs:
    try:
        return runnable_programs(server_folder)
    except MissingServersError as error:
        unavailable(str(error))


@pytest.fixture(scope="session")
def node_clients() -> NodeClients:
    try:
        return find_node_clients()
    except MissingServersError as error:
        unavailable(str(error))


@pytest.fixture(scope="session")
def queue_authority(server_folder: Path) -> LocalAuthority:
    """Who signs the queue's certificate, in the place of the public root of ElastiCache's."""
    folder = server_folder / "trusted"
    folder.mkdir(mode=0o755)
    return LocalAuthority(folder, "queue-ca")


@pytest.fixture(scope="session")
def played(
    planned: Planned, queue_authority: LocalAuthority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Played]:
    """A cluster on which prod's workloads may run, and KEDA."""
    with ExitStack() as stack:
        try:
            find_keda_binaries()
            yield play(
                stack,
                tmp_path_factory.mktemp("scaling"),
                read_export(planned(STACK)),
                settings_of(STACK),
                queue_authority,
            )
        except MissingServersError as error:
            unavailable(str(error))


@dataclass(frozen=True, kw_only=True)
class Queued:
    """The workers of an export, and the queue that they follow. `overrides` are the stack's."""

    played: Played
    plan: RecordedPlan
    export: Export
    overrides: tuple[str, ...]
    server: RedisServer
    autoscaled: Autoscaled
    tester: redis.Redis = field(repr=False)

    def put(self, queue: str, **counts: int) -> None:
        """So many jobs into parts of the first library's queue; 0 empties one."""
        jobs = settings_of(STACK, overrides=self.overrides).queue
        keys = {key.part: key for key in queue_keys([queue], jobs) if key.client is jobs.clients[0]}
        for part, count in counts.items():
            key = keys[part.replace("_", "-")]
            self.tester.delete(key.key)
            ids = [str(number) for number in range(count)]
            if not ids:
                continue
            match key.kind:
                case "list":
                    self.tester.rpush(key.key, *ids)
                case "zset":
                    self.tester.zadd(key.key, dict.fromkeys(ids, 1))
                case _:
                    self.tester.sadd(key.key, *ids)

    @property
    def scaled_object(self) -> Document:
        """As it is on the cluster."""
        found = self.played.cluster.find(object_of(self.export, "ScaledObject", WORKER))
        assert found is not None
        return found

    def condition(self, name: str) -> str:
        """What KEDA says of the ScaledObject: True, False, or Unknown where it says nothing."""
        found = self.scaled_object.get("status", {}).get("conditions") or ()
        return next((each["status"] for each in found if each["type"] == name), "Unknown")

    def cut_off(self) -> None:
        """Let nobody reach the queue any more but us, who are connected."""
        self.tester.config_set("tls-port", 0)
        self.tester.client_kill_filter(_type="normal", skipme=True)

    def reconnect(self) -> None:
        """Let it be reached again."""
        self.tester.config_set("tls-port", self.server.port)


PutWorkers = Callable[..., Queued]
"""With `pods` to begin with, at so many jobs of the first queue, and `overrides` of the stack."""


@pytest.fixture(scope="session")
def _servers(
    programs: Programs, server_folder: Path, queue_authority: LocalAuthority, planned: Planned
) -> Iterator[Callable[[tuple[str, ...]], RedisServer]]:
    """The queue's Redis with the parameters and logins of an export, over TLS."""
    known: dict[tuple[str, ...], RedisServer] = {}
    with ExitStack() as stack:

        def of(overrides: tuple[str, ...]) -> RedisServer:
            if overrides not in known:
                resources = [
                    {"name": each.name, "type": each.type, "inputs": reveal(each.inputs)}
                    for each in planned(STACK, overrides=overrides).resources
                ]
                known[overrides] = start_redis(
                    stack,
                    programs,
                    server_folder / f"queue-{len(known)}",
                    layer_of("queue", resources),
                    {},
                    authority=queue_authority,
                )
            return known[overrides]

        yield of


@pytest.fixture
def put_workers(
    played: Played, planned: Planned, _servers: Callable[[tuple[str, ...]], RedisServer]
) -> Iterator[PutWorkers]:
    """Let an export's workers follow an empty queue; the test's end takes KEDA off them."""
    with ExitStack() as stack:

        def put(pods: int | None = None, overrides: tuple[str, ...] = ()) -> Queued:
            plan, server = planned(STACK, overrides=overrides), _servers(overrides)
            export = read_export(plan)
            tester = stack.enter_context(server.connect())
            tester.flushall()
            stack.callback(tester.flushall)
            scaled = object_of(export, "ScaledObject", WORKER)
            queued = Queued(
                played=played,
                plan=plan,
                export=export,
                overrides=overrides,
                server=server,
                tester=tester,
                autoscaled=played.autoscaled(WORKER, f"keda-hpa-{WORKER}"),
            )
            if pods:
                # Before the autoscaler, or it sends away those that are over the least.
                queued.put(load_plan().queue.names[0], active=pods)
            played.put_scaled(export, scaled, login_of(server), pods)
            autoscaler = queued.autoscaled.reference_of_autoscaler()
            stack.callback(played.take_away, scaled, autoscaler)
            return queued

        yield put
