"""Observability as a whole: who is told, what is asked, and how fine a stack's size is followed."""

import json

import pytest

from components.observability.observability import Observability
from rf.shared.plan import reveal
from tests.components.observability.monitored_stores import (
    ACCOUNT,
    ALARM,
    KEY,
    PASSWORD,
    RELEASE,
    SECRET,
    TOPIC,
    observability_args,
    something,
)
from tests.components.recorded_once import recorded_once
from tests.stack_config import accepted

SLACK = "https://hooks.slack.com/services/T0/B0/secret-of-the-test"
EDGE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/edge"
ORIGIN = f"arn:aws:acm:eu-west-1:{ACCOUNT}:certificate/origin"
RULES = "kubernetes:monitoring.coreos.com/v1:PrometheusRule"

ARRANGEMENTS = {
    "small": {"size": "small"},
    "home": {"size": "medium"},
    # Another region, and whatever else a stack may choose.
    "abroad": {
        "size": "medium",
        "region": "eu-west-1",
        "availabilityZones": [f"eu-west-1{letter}" for letter in "abc"],
        "alerts": {"page": "slack", "ticket": "slack"},
        "slackWebhookUrl": SLACK,
        "scaling": {"worker": "hpa"},
        "pgbouncer": {"defaultPoolSize": 40},
    },
}
CERTIFICATES = {
    "home": {"edge": ("us-east-1", EDGE)},
    "abroad": {"edge": ("us-east-1", EDGE), "origin": ("eu-west-1", ORIGIN)},
}
CHANNELS = {"abroad": {"slack-webhook-url": SLACK}}


@pytest.fixture
def observed(build):
    @recorded_once
    def run(name="home"):
        def construct(opts):
            args = observability_args(
                something(opts),
                accepted(**ARRANGEMENTS[name]),
                channels=CHANNELS.get(name),
                certificates=CERTIFICATES.get(name),
            )
            return Observability("observability", args, opts)

        return build(construct)

    return run


def alarms_of(built):
    found = [reveal(each.inputs) for each in built.of_type(ALARM)]
    return {alarm["name"]: alarm for alarm in found}


@pytest.mark.parametrize("name", ["small", "home"])
def test_a_page_and_a_ticket_go_to_topics_of_their_own(observed, name):
    alarms = alarms_of(observed(name))
    (pages,) = {tuple(a["alarmActions"]) for n, a in alarms.items() if "-database" in n}
    (tickets,) = {tuple(a["alarmActions"]) for n, a in alarms.items() if "-cache-" in n}
    assert pages != tickets
    assert (pages[0].rpartition(":")[2], tickets[0].rpartition(":")[2]) == (
        "researchflow-test-pages",
        "researchflow-test-tickets",
    )


def test_the_dead_mans_switch_is_listened_to_and_its_silence_pages(observed):
    alarm = alarms_of(observed())["researchflow-test-heartbeat"]
    assert alarm["dimensions"] == {"TopicName": "researchflow-test-heartbeat"}
    assert (alarm["treatMissingData"], alarm["comparisonOperator"]) == (
        "breaching",
        "LessThanThreshold",
    )
    assert alarm["alarmActions"][0].endswith("-pages")
    names = {topic.inputs["name"] for topic in observed().of_type(TOPIC)}
    assert "researchflow-test-heartbeat" in names


def test_a_certificate_of_another_region_pages_from_there(observed):
    """CloudFront's is in us-east-1: an alarm reads and tells only its own region, and no key serves
    two."""
    built = observed("abroad")
    edge, origin = (
        built.named(ALARM, f"observability-certificate-{key}") for key in ("edge", "origin")
    )
    topic = built.named(TOPIC, "observability-global-topics-pages")
    key = built.named("aws:kms/key:Key", "observability-global")
    assert edge.inputs["region"] == topic.inputs["region"] == key.inputs["region"] == "us-east-1"
    assert key.urn in topic.dependencies
    assert key.protect
    assert topic.urn in edge.dependencies
    assert "region" not in origin.inputs
    assert topic.urn not in origin.dependencies
    assert edge.inputs["dimensions"] == {"CertificateArn": EDGE}
    assert edge.inputs["threshold"] == 7


def test_without_a_certificate_abroad_there_is_no_second_topic(observed):
    built = observed()
    assert built.named(ALARM, "observability-certificate-edge").inputs.get("region") is None
    assert len(built.of_type(TOPIC)) == 3
    assert not built.of_type("aws:kms/key:Key")


@pytest.mark.parametrize(("name", "copies", "budget"), [("small", 1, False), ("home", 2, True)])
def test_the_adapter_that_scaling_needs_has_a_second_pod_from_medium_on(
    observed, name, copies, budget
):
    values = observed(name).inputs(RELEASE, "observability-adapter")["values"]
    assert values["replicas"] == copies
    assert values["podDisruptionBudget"].pop("enabled") is budget
    one = {"maxUnavailable": 1, "unhealthyPodEvictionPolicy": "AlwaysAllow"}
    assert values["podDisruptionBudget"] == (one if budget else {})
    assert values["prometheus"]["url"] == "http://kube-prometheus-stack-prometheus.monitoring.svc"


def test_external_metrics_have_one_provider_and_that_is_keda_where_it_stands(observed):
    def served(built):
        rules = built.inputs(RELEASE, "observability-adapter")["values"]["rules"]
        return [rule["name"]["as"] for rule in rules["external"]]

    assert served(observed()) == []
    assert served(observed("abroad")) == ["redis_queue_length"]


def test_what_the_program_waits_for_is_the_adapter(observed):
    assert observed().result.metrics_ready.pulumi_resource_type == RELEASE


def test_monitors_wait_for_the_chart_that_defines_their_kind(observed):
    built = observed()
    release = built.named(RELEASE, "observability-stack-release").urn
    monitors = [
        each
        for each in built.resources
        if each.type.startswith("kubernetes:monitoring.coreos.com/")
    ]
    assert {each.inputs["metadata"]["name"] for each in monitors} >= {
        *("orchestrator", "collaboration", "web", "worker", "pgbouncer"),
        *("keda", "karpenter", "researchflow", "redis-exporter-queue", "postgres-exporter-0"),
    }
    for monitor in monitors:
        assert release in monitor.dependencies, monitor.name


def test_the_namespace_refuses_what_no_flow_names(observed):
    built = observed()
    policies = built.of_type("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    empty = [p.inputs["spec"] for p in policies if p.inputs["spec"]["podSelector"] in ({}, None)]
    assert any(set(spec["policyTypes"]) == {"Ingress", "Egress"} for spec in empty)
    assert {p.inputs["metadata"]["namespace"] for p in policies} == {"monitoring"}


@pytest.mark.parametrize("name", ["home", "abroad"])
def test_secrets_stand_in_secrets_alone(observed, name):
    built = observed(name)
    for resource in built.resources:
        shown = json.dumps(resource.inputs, default=repr)
        assert PASSWORD not in shown, resource.name
        assert SLACK not in shown, resource.name
        if resource.type != SECRET:
            told = json.dumps(reveal(resource.inputs))
            assert PASSWORD not in told, resource.name
            assert SLACK not in told, resource.name
    kept = json.dumps([reveal(each.inputs) for each in built.of_type(SECRET)])
    assert all(f"{PASSWORD}-{role}" in kept for role in ("cache", "queue", "monitor"))
    assert (SLACK in kept) is (name == "abroad")


def test_a_larger_pool_moves_its_alert(observed):
    def saturation(built):
        (rules,) = built.of_type(RULES)
        return next(
            rule["expr"]
            for group in rules.inputs["spec"]["groups"]
            for rule in group["rules"]
            if rule.get("record") == "pgbouncer:pool_used_percent"
        )

    assert saturation(observed()).endswith("/ 25")
    assert saturation(observed("abroad")).endswith("/ 45")


def test_a_larger_database_moves_its_alarm(observed):
    name = "researchflow-test-database-storage"
    small, medium = (alarms_of(observed(stack))[name]["threshold"] for stack in ("small", "home"))
    # 4 % of 100 and of 400 GiB.
    assert (small, medium) == (4 * 2**30, 16 * 2**30)


def test_a_key_of_its_own_encrypts_the_topics(observed):
    assert {topic.inputs["kmsMasterKeyId"] for topic in observed().of_type(TOPIC)} == {KEY}
