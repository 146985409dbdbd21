"""What carries jobs, which libraries use it, what scales the workers: what may stand together."""

from __future__ import annotations

from typing import Any

import pytest

from scaleplan.applications.workload_settings import WorkerScaler
from scaleplan.sizes import QueueClient, QueueEngine, Size
from tests.stack_config import accepted, the_mistake

LARGE_ENOUGH = {"size": "medium"}


def refused(**changes: Any) -> str:
    return str(the_mistake(**changes))


@pytest.mark.parametrize("size", Size)
def test_unless_told_otherwise_bullmq_keeps_jobs_in_redis_and_keda_counts_them(size: Size) -> None:
    settings = accepted(size=size.value)
    assert settings.queue.engine is QueueEngine.REDIS
    assert settings.queue.clients == (QueueClient.BULLMQ,)
    assert settings.scaling.worker is WorkerScaler.KEDA


def test_several_libraries_may_share_the_redis() -> None:
    settings = accepted(queue={"clients": ["bull", "rq"]})
    assert settings.queue.clients == (QueueClient.BULL, QueueClient.RQ)


@pytest.mark.parametrize("clients", [[], ["rq", "rq"]])
def test_clients_are_one_or_more_each_once(clients: list[str]) -> None:
    assert "one or more of bullmq, bull and rq, each once" in refused(queue={"clients": clients})


def test_an_unknown_library_is_refused_by_name() -> None:
    assert "allowed is bullmq, bull, rq; nearest: bullmq" in refused(queue={"clients": ["bulmq"]})


@pytest.mark.parametrize(
    ("prefix", "clients"),
    [("bull", ["bullmq", "bull"]), ("rq", ["bullmq", "rq"]), ("session", ["bullmq"])],
)
def test_bullmq_may_not_take_the_prefix_of_another(prefix: str, clients: list[str]) -> None:
    said = refused(queue={"bullmqPrefix": prefix, "clients": clients})
    assert said.startswith(f'researchflow:queue.bullmqPrefix = "{prefix}"')


@pytest.mark.parametrize("prefix", ["Bull", "a:b", "*", "x" * 33])
def test_a_prefix_fits_into_keys_and_access_strings(prefix: str) -> None:
    assert "lower-case word" in refused(queue={"bullmqPrefix": prefix})


def test_rabbitmq_is_for_stacks_with_a_standby_and_karpenter() -> None:
    settings = accepted(**LARGE_ENOUGH, queue={"engine": "rabbitmq"})
    assert settings.queue.broker_class == "mq.m7g.large"
    said = refused(size="small", queue={"engine": "rabbitmq"})
    assert "where queue.nodes is 1" in said
    assert "nearest" not in said
    said = refused(size="small", queue={"engine": "rabbitmq", "nodes": 2})
    assert "nodes.karpenter is false" in said


def test_a_broker_class_is_one_that_runs_rabbitmq_4_on_any_architecture() -> None:
    assert "mq.m7g.large" in refused(queue={"brokerClass": "mq.m5.large"})
    settings = accepted(**LARGE_ENOUGH, architecture="x86_64", queue={"engine": "rabbitmq"})
    assert settings.queue.broker_class == "mq.m7g.large"


def test_the_plans_autoscaler_can_not_count_jobs_in_rabbitmq() -> None:
    assert accepted(scaling={"worker": "hpa"}).scaling.worker is WorkerScaler.HPA
    said = refused(**LARGE_ENOUGH, queue={"engine": "rabbitmq"}, scaling={"worker": "hpa"})
    assert "keda where queue.engine is rabbitmq" in said


def test_what_scales_is_keda_or_hpa() -> None:
    assert "allowed is keda, hpa; nearest: hpa" in refused(scaling={"worker": "hpaa"})
