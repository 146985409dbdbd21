"""Citus' primaries while the API server answers nobody, for longer than Patroni's lock lasts."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from rendering.citus.names import NAMESPACE, SERVER_PORT
from rendering.citus.sharded_cluster import PATRONI_CONFIG
from rf.shared.cluster.binaries import find_binaries
from rf.shared.cluster.control_plane import RunningControlPlane, start_control_plane
from rf.shared.cluster.objects import ClusterClient
from rf.shared.servers.processes import wait_until
from rf.shared.servers.programs import MissingServersError
from tests.cluster.patroni.members import (
    Member,
    PatroniGroup,
    conninfo,
    find_patroni,
    frozen,
    prepare_namespace,
    start_group,
)
from tests.services.shared.starting import own_directory
from tests.unavailable import unavailable

pytestmark = pytest.mark.cluster

WITHOUT = {key: value for key, value in PATRONI_CONFIG.items() if key != "failsafe_mode"}


@dataclass
class Writer:
    """A client that writes a row after the other to whoever takes it, and knows which were
    confirmed."""

    group: PatroniGroup
    confirmed: list[int] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._write, daemon=True)

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Waits for the row that is being written."""
        self._stopped.set()
        self._thread.join()

    def confirms(self) -> None:
        """Wait for one more row. Raises TimeoutError."""
        before = len(self.confirmed)
        wait_until(lambda: len(self.confirmed) > before, f"{self.group.name} takes writes")

    def _write(self) -> None:
        row = 0
        while not self._stopped.is_set():
            try:
                with self._connect() as client:
                    client.execute("create table if not exists rows (id bigint primary key)")
                    while not self._stopped.wait(0.05):
                        row += 1
                        client.execute("insert into rows values (%s)", [row])
                        self.confirmed.append(row)
            except psycopg.Error:
                self._stopped.wait(0.2)

    def _connect(self) -> psycopg.Connection:
        options = {"target_session_attrs": "read-write", "connect_timeout": "2"}
        return psycopg.connect(conninfo(self.group.members, **options), autocommit=True)


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Two groups of a primary and its copy each, on one API server."""

    plane: RunningControlPlane
    cluster: ClusterClient
    guarded: PatroniGroup
    """As the program configures Citus."""

    unguarded: PatroniGroup


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    with ExitStack() as stack:
        directory = own_directory(None, "researchflow-patroni-")
        stack.callback(shutil.rmtree, directory)
        try:
            programs, binaries = find_patroni(directory), find_binaries()
        except MissingServersError as error:
            unavailable(str(error))
        plane = start_control_plane(stack, binaries, directory)
        cluster = ClusterClient(plane.kubeconfig, tmp_path / "discovery", alone=False)
        prepare_namespace(cluster)
        guarded, unguarded = (
            start_group(stack, plane, programs, directory, cluster, number=number, config=config)
            for number, config in enumerate((PATRONI_CONFIG, WITHOUT))
        )
        stack.callback(guarded.end)
        stack.callback(unguarded.end)
        for group in (guarded, unguarded):
            wait_until(group.whole, f"{group.name} is a primary and a copy", interval_seconds=0.5)
        yield Ground(plane=plane, cluster=cluster, guarded=guarded, unguarded=unguarded)


def test_primaries_outlive_the_api_server_with_failsafe_mode_while_their_copies_answer(
    ground: Ground,
) -> None:
    guarded, unguarded = ground.guarded, ground.unguarded
    (primary,) = guarded.primaries()
    (copy,) = (member for member in guarded.members if member is not primary)
    with Writer(guarded) as goes_on, Writer(unguarded) as is_stopped:
        goes_on.confirms()
        is_stopped.confirms()

        with frozen(ground.plane.server):
            wait_until(unguarded.read_only, "without failsafe mode the primary steps down")
            wait_until(
                lambda: lock_has_ended(unguarded), "the lock's time is over", interval_seconds=0.5
            )
            # Nobody is promoted meanwhile.
            assert unguarded.read_only()
            assert guarded.primaries() == [primary]
            goes_on.confirms()
            assert metric(primary, "patroni_failsafe_mode_is_active") == 1
            assert metric(primary, "patroni_primary") == 1
            # A copy that doesn't answer might have been promoted.
            with frozen(copy.process):
                wait_until(guarded.read_only, "without its copy's word the primary steps down")
                wait_until(lambda: metric(primary, "patroni_primary") == 0, "Prometheus is told so")

        for group, writer in ((guarded, goes_on), (unguarded, is_stopped)):
            wait_until(group.whole, f"{group.name} is as before", interval_seconds=0.5)
            writer.confirms()
            writer.stop()
            (leader,) = group.primaries()
            confirmed = set(writer.confirmed)
            for member in group.members:
                # The copy has each, and may show the last a moment later.
                wait_until(lambda m=member, c=confirmed: c <= rows(m), f"{member.name} has all")
            assert addresses(ground.cluster, group) == [(leader.pod_address, SERVER_PORT)]


def lock_has_ended(group: PatroniGroup) -> bool:
    """Whether the group's lock was renewed so long ago that each Patroni holds it for nobody's."""
    return all(member.status().json().get("cluster_unlocked") for member in group.members)


def rows(member: Member) -> set[int]:
    """What a client reads there."""
    with member.connect() as reader:
        return {row for (row,) in reader.execute("select id from rows")}


def metric(member: Member, name: str) -> float:
    """What Prometheus would read of the member."""
    lines = member.status("metrics").text.splitlines()
    (value,) = (line.split()[-1] for line in lines if line.startswith(f"{name}{{"))
    return float(value)


def addresses(cluster: ClusterClient, group: PatroniGroup) -> list[tuple[str, int]]:
    """Where the group's Service leads."""
    metadata = {"name": group.name, "namespace": NAMESPACE}
    found = cluster.find({"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata})
    assert found is not None
    return [
        (address["ip"], port["port"])
        for subset in found["subsets"]
        for address in subset["addresses"]
        for port in subset["ports"]
    ]
