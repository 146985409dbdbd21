"""How many workers of workflows KEDA asks for, by the backlog of a real Temporal.

The server has the values that the stack gives its chart, and a PostgreSQL that the bootstrap's SQL
has made ready.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from rendering.database.roles import WORKFLOW_ROLE
from rf.export.writer import files_of
from rf.shared.cluster.objects import Document
from rf.shared.servers.postgres import PRIMARY_ADDRESS, start_database_servers
from rf.shared.servers.processes import wait_until
from rf.shared.servers.programs import MissingServersError, Programs
from rf.shared.servers.temporal_client import TemporalLogin, connect
from rf.shared.servers.temporal_server import (
    TemporalDatabase,
    TemporalServer,
    find_temporal_binaries,
    set_up_temporal,
)
from scaleplan.applications.workloads import WORKFLOW_WORKER
from tests.apiserver.objects.exports import Export, read_export
from tests.cluster.scaling.agreement import at_rest, scaling_by_tasks
from tests.cluster.scaling.conftest import STACK
from tests.cluster.scaling.played import (
    INTERVALS,
    Autoscaled,
    Played,
    authentication_of,
    leaves,
    object_of,
)
from tests.cluster.scaling.workflows import Hold, TaskQueue, connected
from tests.conftest import Planned
from tests.services.database.bootstrapped import fresh_database
from tests.unavailable import unavailable

pytestmark = pytest.mark.cluster

LEAST, MOST = 2, 10
"""Of prod's workers of workflows."""

TARGET_CPU = 70
"""Percent of what one requests."""


@dataclass(kw_only=True)
class Temporal:
    """A running server, which a test may take away and bring back."""

    server: TemporalServer
    login: TemporalLogin
    queue: TaskQueue
    _stack: ExitStack

    @contextmanager
    def lost(self) -> Iterator[None]:
        self._stack.close()
        try:
            yield
        finally:
            self.server.run(self._stack)


@pytest.fixture(scope="module")
def export(planned: Planned) -> Export:
    return read_export(planned(STACK))


@pytest.fixture(scope="module")
def temporal(
    planned: Planned, export: Export, programs: Programs, server_folder: Path
) -> Iterator[Temporal]:
    values = yaml.safe_load(files_of(planned(STACK))["helm/temporal.yaml"])["values"]
    deployment = object_of(export, "Deployment", WORKFLOW_WORKER)
    (namespace,) = values["server"]["config"]["namespaces"]["namespace"]
    with ExitStack() as stack:
        try:
            binaries = find_temporal_binaries()
        except MissingServersError as error:
            unavailable(str(error))
        databases = start_database_servers(stack, programs, server_folder, replicas=1)
        database = stack.enter_context(fresh_database(programs, databases))
        made = database.run(workflows=True)
        assert made.returncode == 0, made.stderr
        server = set_up_temporal(
            binaries,
            server_folder / "temporal",
            values,
            TemporalDatabase(
                host=PRIMARY_ADDRESS,
                port=databases.primary.port,
                password=database.passwords[WORKFLOW_ROLE.name],
                authority=databases.primary.authority.file,
            ),
        )
        running = stack.enter_context(ExitStack())
        server.run(running)
        login = TemporalLogin.of(server)
        variables = login.variables(given(deployment))
        queue = stack.enter_context(connected(variables, namespace))
        yield Temporal(server=server, login=login, queue=queue, _stack=running)


def given(deployment: Document) -> dict[str, str]:
    """What its pods are told; nothing in the place of what comes from a Secret."""
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return {each["name"]: each.get("value", "") for each in container["env"]}


@dataclass(frozen=True, kw_only=True)
class Workers:
    """The workers, as many as the least, and the queue that KEDA follows."""

    played: Played
    scaled: Document
    """The ScaledObject as exported, but for where the server is."""

    autoscaled: Autoscaled
    queue: TaskQueue

    def condition(self, name: str) -> str:
        """What KEDA says of the ScaledObject."""
        found = self.played.cluster.find(self.scaled) or {}
        conditions = found.get("status", {}).get("conditions") or ()
        return next((each["status"] for each in conditions if each["type"] == name), "Unknown")


@pytest.fixture
def workers(played: Played, export: Export, temporal: Temporal) -> Iterator[Workers]:
    scaled = moved(object_of(export, "ScaledObject", WORKFLOW_WORKER), temporal.server.address)
    authentication = authentication_of(export, scaled)
    login = {
        each["parameter"]: temporal.login.secret[each["key"]]
        for each in authentication["spec"]["secretTargetRef"]
    }
    workers = played.put_scaled(export, scaled, login)
    yield Workers(played=played, scaled=scaled, autoscaled=workers, queue=temporal.queue)
    played.take_away(scaled, workers.reference_of_autoscaler())
    temporal.queue.finish()


def moved(scaled: Document, address: str) -> Document:
    """The ScaledObject with the server's address here; its name in the certificate stays."""
    triggers = [
        {**each, "metadata": {**each["metadata"], "endpoint": address}}
        if each["type"] == "temporal"
        else each
        for each in scaled["spec"]["triggers"]
    ]
    return {**scaled, "spec": {**scaled["spec"], "triggers": triggers}}


def test_what_kedas_operator_is_given_differs_from_the_export_in_intervals_and_address(
    workers: Workers, export: Export
):
    exported = dict(leaves(object_of(export, "ScaledObject", WORKFLOW_WORKER)["spec"]))
    found = workers.played.cluster.find(workers.scaled)
    assert found is not None
    given = dict(leaves(found["spec"]))
    assert given.keys() == exported.keys()
    differing = {path[-1] for path, value in given.items() if value != exported[path]}
    assert differing == {*INTERVALS, "endpoint"}


def test_tasks_that_wait_ask_for_workers_and_those_in_hand_do_not(workers: Workers):
    queue, autoscaled = workers.queue, workers.autoscaled
    assert autoscaled.settle() == LEAST
    # Nobody has ever taken a task from this queue.
    queue.start(42)
    queue.wait_until(workflow=42)
    assert autoscaled.settle() == 5 == agreed(workers, 42)
    queue.start(9, activities=9)
    with queue.taken():
        queue.wait_until(activity=81)
    assert autoscaled.settle() == 9 == agreed(workers, 81)
    # At their target CPU keeps workers whose tasks are all in hand; nothing else does.
    autoscaled.use_cpu(TARGET_CPU)
    hold = Hold()
    with queue.taken(hold.hold, workflows=False):
        queue.wait_until()
        assert hold.held == 81
        assert autoscaled.settle() == 9
        autoscaled.use_cpu(0)
        assert autoscaled.settle() == LEAST
        hold.release()


def agreed(workers: Workers, tasks: int) -> int:
    """What `rf simulate` would decide by so many tasks that wait."""
    return at_rest(
        scaling_by_tasks(workers.scaled),
        waiting={workers.queue.name: tasks},
        running={},
        cpu_percent=0,
        replicas=LEAST,
    )


def test_without_temporal_workers_stay_and_its_tasks_are_there_when_it_is_back(
    workers: Workers, temporal: Temporal
):
    queue, autoscaled = workers.queue, workers.autoscaled
    queue.wait_until()
    queue.start(52)
    queue.wait_until(workflow=52)
    assert autoscaled.settle() == 6
    before = workers.played.scaled_errors(WORKFLOW_WORKER)
    with temporal.lost():
        wait_until(
            lambda: workers.played.scaled_errors(WORKFLOW_WORKER) > before, "KEDA misses Temporal"
        )
        assert autoscaled.settle() == 6
        assert autoscaled.condition("ScalingActive")["status"] == "False"
        # As of the job queue: KEDA can't connect, and so never gets to its fallback.
        assert workers.condition("Fallback") == "False"
        autoscaled.use_cpu(100)
        assert autoscaled.settle() == MOST
    autoscaled.use_cpu(0)
    # What it was at when it went is added again and counted twice: too many, never too few.
    wait_until(lambda: queue.waiting()["workflow"] >= 52, "Temporal counts its tasks again")
    assert autoscaled.settle() >= 6


def test_temporal_lets_in_by_its_own_certificates_alone(temporal: Temporal, export: Export):
    deployment = object_of(export, "Deployment", WORKFLOW_WORKER)
    variables = temporal.login.variables(given(deployment))
    asyncio.run(connect(variables))
    without = {
        key: value for key, value in variables.items() if not key.startswith("TEMPORAL_TLS_CLIENT")
    }
    with pytest.raises(RuntimeError, match="connect"):
        asyncio.run(connect(without))
