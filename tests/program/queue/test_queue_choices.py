"""The whole program with another engine, other libraries or another scaler than the default."""

import pytest

from rf.shared.plan import reveal
from scaleplan.model import load_plan
from scaleplan.sizes import Size
from tests.configurations import (
    BEFORE_CITUS,
    HPA,
    RABBITMQ,
)

SCALED_OBJECT = "kubernetes:keda.sh/v1alpha1:ScaledObject"
AUTOSCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
RELEASE = "kubernetes:helm.sh/v3:Release"
BROKER = "aws:mq/broker:Broker"
USER = "aws:elasticache/user:User"
SECRET = "kubernetes:core/v1:Secret"


def named(plan, token):
    return {r.inputs["metadata"]["name"]: reveal(r.inputs) for r in plan.of_type(token)}


def queue_users(plan):
    users = [r.inputs for r in plan.of_type(USER) if "-queue-" in r.inputs["userId"]]
    return {user["userName"]: user["accessString"] for user in users}


@pytest.mark.parametrize("size", ["small", "medium", "large"])
def test_every_watched_key_is_one_that_keda_may_read_and_no_other_is(planned, size):
    plan = planned("prod", size=size, overrides=BEFORE_CITUS)
    triggers = named(plan, SCALED_OBJECT)["worker"]["spec"]["triggers"]
    watched = {t["metadata"]["listName"] for t in triggers if t["type"] == "redis"}
    allowed = {word[1:] for word in queue_users(plan)["keda"].split() if word.startswith("~")}
    assert watched == allowed
    assert len(watched) == 21


def test_with_rabbitmq_jobs_go_there_and_sessions_stay_in_redis(planned):
    plan = planned("prod", overrides=RABBITMQ)
    assert len(plan.of_type(BROKER)) == 1
    logins = named(plan, SECRET)
    orchestrator = logins["orchestrator-credentials"]["stringData"]
    assert orchestrator["QUEUE_URL"].startswith("amqps://")
    assert orchestrator["SESSION_STORE_URL"].startswith("rediss://orchestrator:")
    # A library that was handed this name would put its jobs where nobody looks.
    assert "REDIS_URL" not in orchestrator
    assert set(queue_users(plan)) == {"default", "orchestrator", "collaboration", "exporter"}
    assert "~bull" not in queue_users(plan)["orchestrator"]
    assert logins["queue-scaler-credentials"]["stringData"]["host"].startswith("amqps://")


def test_with_hpa_keda_is_not_there_and_the_two_are_never_both(planned):
    plan = planned("staging", overrides=HPA)
    assert not [r for r in plan.resources if "keda" in r.type]
    assert "keda" not in {r.inputs["name"] for r in plan.of_type(RELEASE)}
    assert "worker" in named(plan, AUTOSCALER)
    assert "keda" not in queue_users(plan)
    assert "queue-scaler-credentials" not in named(plan, SECRET)
    assert "worker" not in named(planned("staging"), AUTOSCALER)


def test_prompt_scaling_adds_workers_at_once_and_touches_nothing_else(planned):
    usual, prompt = planned("staging"), planned("staging", overrides=HPA)
    keda = named(usual, SCALED_OBJECT)["worker"]["spec"]["advanced"]
    plans = keda["horizontalPodAutoscalerConfig"]["behavior"]
    behavior = named(prompt, AUTOSCALER)["worker"]["spec"]["behavior"]
    assert plans["scaleUp"]["stabilizationWindowSeconds"] == 60
    assert behavior["scaleUp"]["stabilizationWindowSeconds"] == 0
    settings = load_plan().sizes[Size(usual.size)].worker
    (policy,) = behavior["scaleUp"]["policies"]
    assert policy["value"] >= settings.max_replicas - settings.min_replicas
    # No slower scale-in, which would cost, and no quicker one.
    assert behavior["scaleDown"] == plans["scaleDown"]
    others = [named(each, AUTOSCALER)["orchestrator"]["spec"] for each in (usual, prompt)]
    assert others[0] == others[1]


@pytest.mark.parametrize(("stack", "overrides"), [("prod", RABBITMQ), ("staging", HPA)])
def test_unknown_outputs_change_no_resource(planned, stack, overrides):
    known = planned(stack, overrides=overrides)
    unknown = planned(stack, overrides=overrides, unknowns=True)
    assert {r.urn for r in known.resources} == {r.urn for r in unknown.resources}


def test_each_application_is_handed_its_own_logins(planned):
    logins = named(planned("prod"), SECRET)
    expected = {
        "orchestrator": {"CACHE_URL", "QUEUE_URL", "REDIS_URL", "SESSION_STORE_URL"},
        "worker": {"CACHE_URL", "QUEUE_URL", "REDIS_URL"},
        "collaboration": {"CACHE_URL", "SESSION_STORE_URL"},
    }
    for application, variables in expected.items():
        given = logins[f"{application}-credentials"]["stringData"]
        assert set(given) == variables
        assert all(url.startswith(f"rediss://{application}:") for url in given.values())
