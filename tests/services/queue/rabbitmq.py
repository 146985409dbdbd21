"""A RabbitMQ of a test, in the folder of servers, whose Erlang runs only inside that folder."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pika
import pika.exceptions

from rf.shared.servers.processes import Process, free_port
from rf.shared.servers.programs import MissingServersError

ADDRESS = "127.0.0.1"
USER = "guest"
"""RabbitMQ's own first user, who may log in from this machine alone."""

RELEASE = "trixie"
"""The Debian of `.ci/services` that has it."""

STARTER = "usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server"
NOBODY = "65534:65534"


@dataclass(frozen=True, kw_only=True)
class RabbitMq:
    """A running broker."""

    port: int

    def connect(self) -> pika.BlockingConnection:
        credentials = pika.PlainCredentials(USER, USER)
        parameters = pika.ConnectionParameters(ADDRESS, self.port, credentials=credentials)
        return pika.BlockingConnection(parameters)

    def accepts(self) -> bool:
        try:
            self.connect().close()
        except pika.exceptions.AMQPError:
            return False
        return True


def installed_version(folder: Path) -> str | None:
    """Of the broker in `.ci/services`' folder; None where it isn't there."""
    starters = " ".join(map(str, (folder / RELEASE).glob(STARTER)))
    match = re.search(r"rabbitmq_server-([\d.]+)", starters)
    return match[1] if match else None


def start_rabbitmq(stack: ExitStack, folder: Path, scratch: Path) -> RabbitMq:
    """Start it; leaving `stack` stops it.

    Raises MissingServersError where it isn't there, or where we may not change into its folder.
    """
    root = folder / RELEASE
    starter = next(iter(root.glob(STARTER)), None)
    if starter is None:
        raise MissingServersError("no RabbitMQ: run .ci/services")
    if os.geteuid() != 0:
        raise MissingServersError("RabbitMQ's Erlang needs its own folder as root: run as root")
    broker = RabbitMq(port=free_port(ADDRESS))
    # Inside the folder, because the broker sees nothing outside of it.
    own = Path("tmp") / f"rabbitmq-{secrets.token_hex(4)}"
    (root / own).mkdir()
    (root / own).chmod(0o777)
    stack.callback(shutil.rmtree, root / own, ignore_errors=True)
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": f"/{own}",
        "RABBITMQ_NODENAME": f"{own.name}@localhost",
        "RABBITMQ_MNESIA_BASE": f"/{own}/data",
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_PID_FILE": f"/{own}/pid",
        "RABBITMQ_ENABLED_PLUGINS_FILE": f"/{own}/plugins",
        "RABBITMQ_NODE_IP_ADDRESS": ADDRESS,
        "RABBITMQ_NODE_PORT": str(broker.port),
        "RABBITMQ_DIST_PORT": str(free_port(ADDRESS)),
        "ERL_EPMD_PORT": str(free_port(ADDRESS)),
        "ERL_EPMD_ADDRESS": ADDRESS,
        # Without a shell on its input, which would end with ours.
        "RUNNING_UNDER_SYSTEMD": "1",
    }
    inside = ["chroot", f"--userspec={NOBODY}", str(root), "env", "-i"]
    inside += [f"{key}={value}" for key, value in environment.items()]
    # Erlang leaves its register of names running.
    stack.callback(subprocess.run, [*inside, "epmd", "-kill"], capture_output=True, check=False)
    command = [*inside, f"/{starter.relative_to(root)}"]
    process = Process(command, scratch / "rabbitmq.log", signal.SIGTERM, as_nobody=False)
    stack.callback(process.stop)
    process.wait_ready(broker.accepts)
    return broker
