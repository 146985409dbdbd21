"""Both Redis of a stand: as the stack exports them, with the applications' way to each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from rf.shared.applications.gate import Gate
from rf.shared.servers.certificates import LocalAuthority
from rf.shared.servers.programs import Programs
from rf.shared.servers.redis_servers import (
    ADDRESS,
    RedisServer,
    await_whole,
    give_slots,
    layer_of,
    start_redis,
)


@dataclass(frozen=True, kw_only=True)
class LocalRedis:
    """One Redis, and the way of the applications to it."""

    server: RedisServer
    gate: Gate

    def clients(self, user: str) -> int:
        """Connections of that login."""
        with self.server.connect() as tester:
            listed = cast("list[Mapping[str, str]]", tester.client_list())
        return sum(each["user"] == user for each in listed)


@dataclass(frozen=True, kw_only=True)
class LocalCache(LocalRedis):
    """The cache, with another node of its cluster, which serves no slot."""

    other: RedisServer

    @contextmanager
    def moved(self) -> Iterator[None]:
        """The other node has all entries and their slots in here; they are gone afterwards."""
        await_whole(self.other)
        with self.server.connect() as here, self.other.connect() as there:
            keys = list(cast("Iterator[bytes]", here.scan_iter(count=1000)))
            slots = {cast("int", here.cluster("KEYSLOT", key)) for key in keys}
            entries = [(key, cast("int", here.pttl(key)), here.dump(key)) for key in keys]
            here.flushall()
            give_slots(slots, self.other, self.server)
            try:
                for key, left, entry in entries:
                    there.restore(key, max(left, 0), cast("bytes", entry))
                there.config_resetstat()
                yield
            finally:
                there.flushall()
                give_slots(slots, self.server, self.other)

    def other_asked(self) -> int:
        """How often a client has looked for an entry at the other node since they are there."""
        with self.other.connect() as there:
            stats = cast("Mapping[str, int]", there.info("stats"))
        return stats["keyspace_hits"] + stats["keyspace_misses"]


def start_local_redis(
    stack: ExitStack,
    programs: Programs,
    directory: Path,
    resources: list[dict[str, Any]],
    authority: LocalAuthority,
) -> LocalRedis:
    """Start the one that the folder is named after; leaving `stack` stops it."""
    gate = Gate(stack, (ADDRESS,))
    # What a client of the cluster is told of its nodes leads through the gate too.
    announced = {"cluster-announce-tls-port": str(gate.port)}
    server = start_redis(
        stack,
        programs,
        directory,
        layer_of(directory.name, resources),
        announced,
        authority=authority,
    )
    gate.lead_to(server.port)
    return LocalRedis(server=server, gate=gate)


def start_local_cache(
    stack: ExitStack,
    programs: Programs,
    directory: Path,
    resources: list[dict[str, Any]],
    authority: LocalAuthority,
) -> LocalCache:
    """Start the cache and another node of its cluster, in folders of this one."""
    cache = start_local_redis(stack, programs, directory / "cache", resources, authority)
    other = start_redis(
        stack,
        programs,
        directory / "cache-other",
        layer_of("cache", resources),
        # Or it would become a replica when it gives its last slot away.
        {"cluster-allow-replica-migration": "no"},
        authority=authority,
        joins=cache.server,
    )
    return LocalCache(server=cache.server, gate=cache.gate, other=other)
