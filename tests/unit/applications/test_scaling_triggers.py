"""What KEDA reads of the queues, and how many workers that asks for."""

import math

import pytest

from rendering.applications.scaling_triggers import (
    WatchedKey,
    pods_wanted_formula,
    queue_authentication,
    scaling_behavior,
    watched_jobs,
    worker_scaled_object,
)
from scaleplan.model import load_plan
from scaleplan.sizes import QueueClient, QueueEngine, QueueSettings

PLAN = load_plan()


def jobs(*clients, **changes):
    named = {"clients": tuple(map(QueueClient, clients))} if clients else {}
    return QueueSettings(node_class="cache.m7g.large", nodes=2, **named, **changes)


def watched(settings):
    return watched_jobs(PLAN.queue, settings, PLAN.autoscaling.keda.list_length, 1)


def keys(settings):
    """The Redis keys that are watched."""
    return {each.key for each in watched(settings) if isinstance(each, WatchedKey)}


KEYS = watched(jobs())


@pytest.fixture(params=list(PLAN.sizes))
def spec(request):
    return scaled_object(request.param)


def scaled_object(size, settings=None):
    return worker_scaled_object(
        "worker",
        settings=PLAN.sizes[size].worker,
        watched=watched(settings or jobs()),
        autoscaling=PLAN.autoscaling,
        authentication="worker-queue",
    )


def redis_triggers(spec):
    return [trigger for trigger in spec["triggers"] if trigger["type"] == "redis"]


def pods_wanted(keys=KEYS, **lengths):
    """The formula's value, as KEDA would evaluate it, for these lengths by trigger name."""
    names = {key.name for key in keys}
    assert set(lengths) <= names
    values = dict.fromkeys(names, 0.0) | {name: float(n) for name, n in lengths.items()}
    return eval(pods_wanted_formula(keys), {"__builtins__": {}, "float": float}, values)


@pytest.mark.parametrize(
    ("clients", "parts"),
    [
        (["bull"], {"bull:{}:wait", "bull:{}:active"}),
        (["rq"], {"rq:queue:{}", "rq:wip:{}"}),
        (
            ["bull", "bullmq", "rq"],
            {
                "bull:{}:wait",
                "bull:{}:active",
                "bullmq:{}:wait",
                "bullmq:{}:prioritized",
                "bullmq:{}:active",
                "rq:queue:{}",
                "rq:wip:{}",
            },
        ),
    ],
)
def test_the_keys_are_those_that_the_clients_in_use_write(clients, parts):
    assert keys(jobs(*clients)) == {
        part.format(queue) for part in parts for queue in PLAN.queue.names
    }


def test_the_order_of_the_clients_changes_no_key():
    assert keys(jobs("bull", "bullmq")) == keys(jobs("bullmq", "bull"))


def test_a_prefix_once_given_stays_when_bull_goes():
    before = keys(jobs("bull", "bullmq", bullmq_prefix="bullmq"))
    assert keys(jobs("bullmq", bullmq_prefix="bullmq")) < before


def test_jobs_of_all_clients_are_summed_and_every_trigger_is_in_the_formula():
    all_three = watched(jobs("bullmq", "bull", "rq"))
    names = {each.name for each in all_three}
    assert len(names) == len(all_three) == 21
    assert all(name.isidentifier() for name in names)
    assert pods_wanted(all_three, analysis_wait=5, bull_analysis_wait=3, rq_analysis_queue=2) == 1
    assert pods_wanted(all_three, rq_extraction_wip=2, bull_validation_active=1) == 3


def test_in_rabbitmq_ready_jobs_are_counted_over_amqp():
    spec = scaled_object("medium", jobs(engine=QueueEngine.RABBITMQ))
    triggers = [trigger for trigger in spec["triggers"] if trigger["type"] != "cpu"]
    assert [trigger["metadata"] for trigger in triggers] == [
        {"protocol": "amqp", "queueName": queue, "mode": "QueueLength", "value": "10"}
        for queue in PLAN.queue.names
    ]
    assert {trigger["authenticationRef"]["name"] for trigger in triggers} == {"worker-queue"}
    # KEDA refuses it over AMQP, where the count never has what a worker holds.
    assert not [t for t in triggers if "excludeUnacknowledged" in t["metadata"]]
    assert pods_wanted(watched(jobs(engine=QueueEngine.RABBITMQ)), analysis_ready=20) == 2


def test_the_keys_are_those_that_bullmq_writes_for_each_queue(spec):
    watched = {trigger["metadata"]["listName"] for trigger in redis_triggers(spec)}
    assert watched == {
        f"bull:{queue}:{part}"
        for queue in PLAN.queue.names
        for part in ("wait", "prioritized", "active")
    }


def test_the_plans_literal_list_which_nobody_writes_is_not_watched(spec):
    watched = {trigger["metadata"]["listName"] for trigger in redis_triggers(spec)}
    assert "analysis" not in watched


def test_ten_waiting_jobs_ask_for_one_worker():
    assert pods_wanted(analysis_wait=10) == 1
    assert pods_wanted(analysis_prioritized=10) == 1


def test_waiting_jobs_are_summed_over_queues_and_priorities():
    first, second, third = PLAN.queue.names
    lengths = {f"{first}_wait": 4, f"{second}_prioritized": 4, f"{third}_wait": 2}
    assert pods_wanted(KEYS, **lengths) == 1


def test_a_running_job_keeps_its_worker_whatever_waits_behind_it():
    assert pods_wanted(analysis_active=7, validation_active=3) == 10
    assert math.ceil(pods_wanted(analysis_active=10, analysis_wait=50)) == 15


def test_the_formula_names_every_redis_trigger_and_no_other(spec):
    modifiers = spec["advanced"]["scalingModifiers"]
    named = {trigger["name"] for trigger in redis_triggers(spec)}
    words = modifiers["formula"].replace("(", " ").replace(")", " ").split()
    assert {word for word in words if "_" in word} == named
    assert all(name.isidentifier() for name in named)
    # KEDA takes a fallback with a formula only if the target is a whole number.
    assert int(modifiers["target"]) == 1
    assert modifiers["metricType"] == "AverageValue"


def test_the_queue_is_read_over_tls_with_the_login_of_the_authentication(spec):
    for trigger in redis_triggers(spec):
        assert trigger["metadata"]["enableTLS"] == "true"
        assert trigger["authenticationRef"] == {"name": "worker-queue"}
        assert not {"address", "username", "password"} & set(trigger["metadata"])
    parameters = queue_authentication("scaler", QueueEngine.REDIS)["secretTargetRef"]
    assert {p["parameter"] for p in parameters} == {"address", "username", "password"}
    assert {p["name"] for p in parameters} == {"scaler"}
    # With `tls` in both places KEDA refuses the trigger.
    assert "tls" not in {p["parameter"] for p in parameters}


def test_polling_cooldown_and_cpu_are_the_plans(spec):
    assert (spec["pollingInterval"], spec["cooldownPeriod"]) == (15, 300)
    (cpu,) = [trigger for trigger in spec["triggers"] if trigger["type"] == "cpu"]
    assert (cpu["metricType"], cpu["metadata"]) == ("Utilization", {"value": "70"})


def test_four_pods_a_minute_come_and_two_in_two_minutes_go(spec):
    behavior = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    assert behavior == {
        "scaleUp": {
            "stabilizationWindowSeconds": 60,
            "policies": [{"type": "Pods", "value": 4, "periodSeconds": 60}],
        },
        "scaleDown": {
            "stabilizationWindowSeconds": 300,
            "policies": [{"type": "Pods", "value": 2, "periodSeconds": 120}],
        },
    }
    hpa = PLAN.autoscaling.worker_hpa
    assert behavior == scaling_behavior(hpa.scale_up, hpa.scale_down)


@pytest.mark.parametrize(("size", "replicas"), [("small", (2, 5)), ("medium", (5, 10))])
def test_the_range_is_the_sizes(size, replicas):
    spec = scaled_object(size)
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == replicas


def test_an_unreadable_queue_never_scales_in(spec):
    assert spec["fallback"]["behavior"] == "currentReplicasIfHigher"
    assert spec["fallback"]["replicas"] == spec["minReplicaCount"]
    # A failover of the queue is over within a minute, and is no reason yet.
    blind_seconds = spec["fallback"]["failureThreshold"] * spec["pollingInterval"]
    assert 60 <= blind_seconds <= 120


def test_metadata_values_are_text_as_keda_demands(spec):
    for trigger in spec["triggers"]:
        assert all(isinstance(value, str) for value in trigger["metadata"].values())
