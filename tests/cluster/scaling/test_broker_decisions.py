"""Workers that follow a real RabbitMQ: without TLS, which Amazon MQ's listener alone has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from rf.shared.servers.processes import wait_until
from rf.shared.servers.programs import MissingServersError, services_folder
from scaleplan.applications.workloads import WORKER
from scaleplan.model import load_plan
from tests.apiserver.objects.exports import read_export
from tests.cluster.scaling.conftest import STACK
from tests.cluster.scaling.played import Autoscaled, Played, object_of
from tests.configurations import RABBITMQ
from tests.conftest import Planned
from tests.services.queue.rabbitmq import ADDRESS, USER, RabbitMq, start_rabbitmq
from tests.unavailable import unavailable

pytestmark = pytest.mark.cluster

QUEUES = load_plan().queue.names
LEAST = 10
"""Of prod's workers."""


@pytest.fixture
def broker(server_folder: Path) -> Iterator[RabbitMq]:
    with ExitStack() as stack:
        try:
            yield start_rabbitmq(stack, services_folder(), server_folder)
        except MissingServersError as error:
            unavailable(str(error))


@pytest.fixture
def workers(played: Played, planned: Planned, broker: RabbitMq) -> Iterator[Autoscaled]:
    """Of an export with RabbitMQ, twelve to begin with."""
    export = read_export(planned(STACK, overrides=RABBITMQ))
    login = {"host": f"amqp://{ADDRESS}:{broker.port}", "username": USER, "password": USER}
    scaled = object_of(export, "ScaledObject", WORKER)
    workers = played.put_scaled(export, scaled, login, 12)
    yield workers
    played.take_away(scaled, workers.reference_of_autoscaler())


def test_ready_jobs_ask_for_workers_once_applications_have_declared_the_queues(
    workers: Autoscaled, broker: RabbitMq
):
    def blind() -> bool:
        return workers.condition("ScalingActive").get("status") == "False"

    wait_until(blind, "KEDA can't read queues that nobody declared")
    assert workers.settle() == 12
    with broker.connect() as application:
        channel = application.channel()
        channel.confirm_delivery()
        for queue in QUEUES:
            channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
        assert workers.settle() == LEAST
        for _ in range(140):
            channel.basic_publish("", QUEUES[0], b"{}")
        assert workers.settle() == 14
        # Workers hold forty of them: those don't count.
        for _ in range(40):
            assert channel.basic_get(QUEUES[0])[0]
        assert workers.settle() == LEAST
