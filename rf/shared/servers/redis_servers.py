"""A Redis server on this machine, with a parameter group and users as the program exports them."""

from __future__ import annotations

import itertools
import secrets
import signal
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from rf.aws.elasticache.groups import PARAMETER_GROUP, USER
from rf.shared.servers.certificates import LocalAuthority
from rf.shared.servers.processes import Process, free_port, give_away, wait_until, write_private
from rf.shared.servers.programs import Programs

ADDRESS = "127.0.0.1"
TESTER = "tester"
"""A user of the drill and the tests alone, who may do everything."""

SLOTS = 16384


@dataclass(frozen=True, kw_only=True)
class RedisLayer:
    """What the program asks of ElastiCache for one Redis: parameters, and access by user."""

    parameters: Mapping[str, str]
    access: Mapping[str, str]


def layer_of(name: str, resources: list[dict[str, Any]]) -> RedisLayer:
    """The layer `cache` or `queue` of a plan's resources, as its JSON has them."""
    own = [resource for resource in resources if resource["name"].startswith(f"{name}-")]
    (group,) = [resource["inputs"] for resource in own if resource["type"] == PARAMETER_GROUP]
    users = [resource["inputs"] for resource in own if resource["type"] == USER]
    return RedisLayer(
        parameters={entry["name"]: entry["value"] for entry in group["parameters"]},
        access={user["userName"]: user["accessString"] for user in users},
    )


@dataclass(frozen=True, kw_only=True)
class RedisServer:
    """A running server; `password` opens every user that is on."""

    process: Process
    port: int
    password: str
    bus_port: int
    """Where the other nodes of a cluster speak to it."""
    authority: Path | None = None
    """What signed its certificate; None without TLS."""

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{ADDRESS}:{self.port}"

    def url(self, user: str) -> str:
        """How that user reaches it."""
        scheme = "rediss" if self.authority else "redis"
        return f"{scheme}://{user}:{self.password}@{self.address}"

    def connect(self, user: str = TESTER) -> redis.Redis:
        """A client of it."""
        trusted = {"ssl_ca_certs": str(self.authority)} if self.authority else {}
        return redis.Redis.from_url(self.url(user), **trusted)

    def answers(self) -> bool:
        """Whether it takes commands."""
        try:
            return bool(self.connect().ping())
        except redis.ConnectionError:
            return False


def start_redis(
    stack: ExitStack,
    programs: Programs,
    directory: Path,
    layer: RedisLayer,
    extra: Mapping[str, str],
    *,
    authority: LocalAuthority | None = None,
    joins: RedisServer | None = None,
) -> RedisServer:
    """Start it; leaving `stack` stops it. With an authority it speaks TLS, and nothing else.

    A node of a cluster serves all slots, unless it joins another one's: then it serves none, until
    it is given some.
    """
    directory.mkdir()
    give_away(directory)
    port, bus_port = free_port(ADDRESS), free_port(ADDRESS)
    password = joins.password if joins else secrets.token_hex(16)
    users = {**layer.access, TESTER: "on ~* &* +@all"}
    lines = [f"user {user} {_with_password(access, password)}" for user, access in users.items()]
    acl = write_private(directory / "users.acl", ("\n".join(lines) + "\n").encode())
    options: dict[str, Any] = {
        "bind": ADDRESS,
        "port": port,
        "dir": directory,
        "aclfile": acl,
        "save": "",
        "appendonly": "no",
        # Redis 7 and ElastiCache agree: a user hears the channels named, and no others.
        "acl-pubsub-default": "resetchannels",
        "cluster-announce-ip": ADDRESS,
        # Unless told, the port and ten thousand, which may be more than there are.
        "cluster-port": bus_port,
        **(_tls(directory, port, authority) if authority else {}),
        **layer.parameters,
        **{key.replace("_", "-"): value for key, value in extra.items()},
    }
    command = [str(programs.redis_server.path)]
    for key, value in options.items():
        command += [f"--{key}", str(value)]
    process = Process(command, directory / "redis.log", signal.SIGTERM)
    stack.callback(process.stop)
    server = RedisServer(
        process=process,
        port=port,
        password=password,
        bus_port=bus_port,
        authority=authority.file if authority else None,
    )
    process.wait_ready(server.answers)
    if joins:
        with server.connect() as tester:
            tester.execute_command("CLUSTER", "MEET", ADDRESS, joins.port, joins.bus_port)
    elif layer.parameters.get("cluster-enabled") == "yes":
        serve_slots(server)
    return server


def _tls(directory: Path, port: int, authority: LocalAuthority) -> dict[str, Any]:
    """As ElastiCache's encryption in transit: clients show no certificate."""
    pair = authority.issue(ADDRESS)
    return {
        "port": 0,
        "tls-port": port,
        "tls-cert-file": write_private(directory / "server.crt", pair.certificate),
        "tls-key-file": write_private(directory / "server.key", pair.key),
        "tls-ca-cert-file": authority.file,
        "tls-auth-clients": "no",
    }


def _with_password(access: str, password: str) -> str:
    state, _, rest = access.partition(" ")
    return f"reset {state} >{password} {rest}"


def serve_slots(server: RedisServer, first: int = 0) -> None:
    """Give a node all slots from this one on, which nobody has, and wait until it serves them."""
    with server.connect() as tester:
        tester.execute_command("CLUSTER", "ADDSLOTSRANGE", first, SLOTS - 1)
    await_whole(server)


def await_whole(node: RedisServer) -> None:
    """Wait until, as this node of a cluster sees it, all slots are served."""
    with node.connect() as tester:

        def whole() -> bool:
            state: Any = tester.execute_command("CLUSTER INFO")
            return state["cluster_state"] == "ok"

        wait_until(whole, "the cluster serves its slots")


def give_slots(slots: Iterable[int], taker: RedisServer, giver: RedisServer) -> None:
    """Move slots without keys between nodes of a cluster."""
    with taker.connect() as taking, giver.connect() as giving:
        identifier = taking.execute_command("CLUSTER MYID")
        # Whose epoch is higher is believed.
        taking.execute_command("CLUSTER BUMPEPOCH")
        for slot, node in itertools.product(slots, (taking, giving)):
            node.execute_command("CLUSTER SETSLOT", slot, "NODE", identifier)
