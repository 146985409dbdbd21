"""RabbitMQ as the exported triggers read it: over AMQP, by the names of the plan's queues."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from rf.shared.project import PROJECT_ROOT
from rf.shared.servers.programs import MissingServersError, services_folder
from scaleplan.model import load_plan
from tests.services.queue.rabbitmq import RabbitMq, start_rabbitmq

pytestmark = pytest.mark.services

PLAN = load_plan()
FIRST = PLAN.queue.names[0]


@pytest.fixture(scope="module")
def broker(run_directory: Path) -> Iterator[RabbitMq]:
    with ExitStack() as stack:
        try:
            running = start_rabbitmq(stack, services_folder(), run_directory)
        except MissingServersError as error:
            if os.environ.get("CI") == "true":
                pytest.fail(str(error), pytrace=False)
            pytest.skip(str(error))
        yield running


@pytest.fixture(scope="module")
def triggers(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    out = tmp_path_factory.mktemp("broker") / "out"
    command = [sys.executable, "-m", "rf", "export", "--stack", "prod", "--out", str(out)]
    subprocess.run([*command, "--set", "queue.engine=rabbitmq"], cwd=PROJECT_ROOT, check=True)
    text = (out / "kubernetes" / "scaledobject" / "worker.yaml").read_text("utf-8")
    found = yaml.safe_load(text)["spec"]["triggers"]
    return [trigger["metadata"] for trigger in found if trigger["type"] == "rabbitmq"]


def ready(broker: RabbitMq, triggers: list[dict[str, str]]) -> dict[str, int]:
    """What KEDA reads over AMQP: a queue's message count from declaring it passively."""
    with broker.connect() as connection:
        channel = connection.channel()
        return {
            trigger["queueName"]: channel.queue_declare(
                trigger["queueName"], passive=True
            ).method.message_count
            for trigger in triggers
        }


def test_ready_jobs_are_counted_and_those_that_a_worker_holds_are_not(
    broker: RabbitMq, triggers: list[dict[str, str]]
):
    assert {trigger["protocol"] for trigger in triggers} == {"amqp"}
    with broker.connect() as application:
        channel = application.channel()
        channel.confirm_delivery()
        for queue in PLAN.queue.names:
            channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
        for _ in range(4):
            channel.basic_publish("", FIRST, b"{}")
        assert ready(broker, triggers) == dict.fromkeys(PLAN.queue.names, 0) | {FIRST: 4}
        held, _, _ = channel.basic_get(FIRST)
        assert held
        assert ready(broker, triggers)[FIRST] == 3
    # A worker that dies gives its job back.
    assert ready(broker, triggers)[FIRST] == 4


def test_a_queue_that_no_application_declared_can_not_be_read(broker: RabbitMq):
    with broker.connect() as connection, pytest.raises(Exception, match="NOT_FOUND"):
        connection.channel().queue_declare("nobody-made-this", passive=True)
