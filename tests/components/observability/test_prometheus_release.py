"""Prometheus, Alertmanager and Grafana as registered: kept, doubled, routed, and what is secret."""

import json

import pytest

from components.observability.prometheus_stack import PrometheusStack, PrometheusStackArgs
from rendering.observability.prometheus_stack import ALERTMANAGER_ACCOUNT
from rf.shared.plan import Secret, reveal
from tests.components.observability.monitored_stores import (
    ACCOUNT,
    CONFIG_MAP,
    RELEASE,
    SECRET,
    observability_args,
    something,
)
from tests.components.recorded_once import recorded_once
from tests.stack_config import accepted

SLACK = "https://hooks.slack.com/services/T0/B0/secret-of-the-test"
PAGERDUTY = "0123456789abcdef0123456789abcdef"
TOPICS = {
    route: f"arn:aws:sns:us-east-1:{ACCOUNT}:researchflow-test-{name}"
    for route, name in (("page", "pages"), ("ticket", "tickets"), ("heartbeat", "heartbeat"))
}
CHANNELS = {
    "pagerduty": {"pagerdutyRoutingKey": PAGERDUTY},
    "slack": {"slackWebhookUrl": SLACK},
}
FILES = {"pagerdutyRoutingKey": "pagerduty-routing-key", "slackWebhookUrl": "slack-webhook-url"}


@pytest.fixture
def stack(build):
    @recorded_once
    def run(size="medium", *, page="sns", ticket="sns"):
        secrets = CHANNELS.get(page, {}) | CHANNELS.get(ticket, {})

        def construct(opts):
            alerts = {"page": page, "ticket": ticket}
            sharding = {"stage": "parallel" if size == "large" else "off"}
            settings = accepted(size=size, alerts=alerts, sharding=sharding, **secrets)
            whole = observability_args(
                something(opts),
                settings,
                channels={FILES[key]: value for key, value in secrets.items()},
            )
            args = PrometheusStackArgs(
                place=whole.place,
                cluster=whole.cluster,
                settings=whole.settings,
                plan=whole.plan,
                alerts=whole.alerts,
                topics=TOPICS,
                alertmanager_role=whole.alertmanager_role,
                channels=whole.channels,
                rule_groups=whole.rule_groups,
                dashboards=whole.dashboards,
                watches_citus=whole.watches_citus,
            )
            return PrometheusStack("stack", args, opts)

        return build(construct)

    return run


def values_of(built):
    return built.inputs(RELEASE, "stack-release")["values"]


def receivers(built):
    return {each["name"]: each for each in values_of(built)["alertmanager"]["config"]["receivers"]}


@pytest.mark.parametrize(
    ("size", "copies"), [("small", (1, 1)), ("medium", (2, 2)), ("large", (2, 3))]
)
def test_from_medium_on_a_lost_node_takes_no_alerting_with_it(stack, size, copies):
    values = values_of(stack(size))
    prometheus = values["prometheus"]["prometheusSpec"]
    alertmanager = values["alertmanager"]["alertmanagerSpec"]
    assert (prometheus["replicas"], alertmanager["replicas"]) == copies
    several = size != "small"
    for part, spec in (("prometheus", prometheus), ("alertmanager", alertmanager)):
        assert spec["podAntiAffinity"] == ("hard" if several else "soft")
        assert values[part]["podDisruptionBudget"] == {"enabled": several}


@pytest.mark.parametrize(
    ("size", "gib", "days"), [("small", 20, 15), ("medium", 50, 30), ("large", 100, 30)]
)
def test_metrics_outlive_their_pod_as_long_as_the_size_says(stack, size, gib, days):
    spec = values_of(stack(size))["prometheus"]["prometheusSpec"]
    claim = spec["storageSpec"]["volumeClaimTemplate"]["spec"]
    assert claim["storageClassName"] == "gp3"
    assert claim["resources"]["requests"]["storage"] == f"{gib}Gi"
    assert spec["retention"] == f"{days}d"
    kept = values_of(stack(size))
    assert kept["alertmanager"]["alertmanagerSpec"]["storage"]["volumeClaimTemplate"]
    assert kept["grafana"]["persistence"]["enabled"] is True


def test_by_default_everybody_is_told_by_sns(stack):
    found = receivers(stack())
    for route, topic in TOPICS.items():
        (config,) = found[route]["sns_configs"]
        assert config["topic_arn"] == topic
        assert config["sigv4"] == {"region": "us-east-1"}
    # The dead man's switch ends: nothing is sent of that.
    assert found["heartbeat"]["sns_configs"][0]["send_resolved"] is False


@pytest.mark.parametrize(
    ("page", "ticket", "kinds"),
    [
        ("slack", "slack", {"page": "slack_configs", "ticket": "slack_configs"}),
        ("pagerduty", "slack", {"page": "pagerduty_configs", "ticket": "slack_configs"}),
    ],
)
def test_pages_and_tickets_go_where_the_settings_say_with_keys_out_of_files(
    stack, page, ticket, kinds
):
    built = stack(page=page, ticket=ticket)
    found = receivers(built)
    for route, kind in kinds.items():
        assert set(found[route]) == {"name", kind}
    values = values_of(built)
    assert values["alertmanager"]["alertmanagerSpec"]["secrets"] == ["alert-channels"]
    secret = built.named(SECRET, "stack-channels")
    needed = CHANNELS.get(page, {}) | CHANNELS.get(ticket, {})
    assert reveal(secret.inputs["stringData"]) == {FILES[k]: v for k, v in needed.items()}
    told = json.dumps(values)
    assert all(f"/etc/alertmanager/secrets/alert-channels/{FILES[key]}" in told for key in needed)
    assert not any(value in told for value in needed.values())


def test_a_stack_that_needs_no_secret_of_a_channel_has_none(stack):
    built = stack()
    assert "stack-channels" not in {each.name for each in built.of_type(SECRET)}
    assert values_of(built)["alertmanager"]["alertmanagerSpec"]["secrets"] == []


@pytest.mark.parametrize(
    ("matcher", "receiver"),
    [
        ("alertname = DeadMansSwitch", "heartbeat"),
        ("route = page", "page"),
        ("route = ticket", "ticket"),
        ("severity = critical", "page"),
        ("severity = warning", "ticket"),
    ],
)
def test_an_alert_finds_its_route_the_charts_own_by_their_severity(stack, matcher, receiver):
    route = values_of(stack())["alertmanager"]["config"]["route"]
    (found,) = [each for each in route["routes"] if each["matchers"] == [matcher]]
    assert found["receiver"] == receiver
    # Whatever has neither wakes nobody.
    assert route["receiver"] == "none"


def test_grafanas_password_is_generated_and_stands_in_a_secret_alone(stack):
    built = stack()
    (password,) = built.of_type("random:index/randomPassword:RandomPassword")
    assert password.inputs["length"] >= 32
    secret = built.named(SECRET, "stack-grafana")
    data = secret.inputs["stringData"]
    assert isinstance(data, Secret) or isinstance(data["admin-password"], Secret)
    assert values_of(built)["grafana"]["admin"] == {"existingSecret": "grafana-admin"}
    assert secret.inputs["metadata"]["name"] == "grafana-admin"
    word = reveal(data)["admin-password"]
    for resource in built.resources:
        if resource.type not in (SECRET, "random:index/randomPassword:RandomPassword"):
            assert word not in json.dumps(reveal(resource.inputs)), resource.name


def test_alertmanager_runs_as_the_account_of_its_role_and_waits_for_it(stack):
    built = stack()
    assert values_of(built)["alertmanager"]["serviceAccount"]["name"] == ALERTMANAGER_ACCOUNT
    (role,) = [each for each in built.of_type(CONFIG_MAP) if each.name == "cluster-ready"]
    release = built.named(RELEASE, "stack-release")
    assert role.urn in release.dependencies


def test_pods_with_the_machines_files_stand_in_a_namespace_without_secrets(stack):
    built = stack()
    levels = {
        each.inputs["metadata"]["name"]: each.inputs["metadata"]["labels"]
        for each in built.of_type("kubernetes:core/v1:Namespace")
    }
    enforce = "pod-security.kubernetes.io/enforce"
    assert levels["monitoring"][enforce] == "restricted"
    assert levels["monitoring-nodes"][enforce] == "privileged"
    assert {s.inputs["metadata"]["namespace"] for s in built.of_type(SECRET)} == {"monitoring"}


def test_what_pods_start_with_is_there_before_the_chart(stack):
    built = stack(page="pagerduty", ticket="slack")
    release = built.named(RELEASE, "stack-release")
    names = {each.urn: each.name for each in built.resources}
    waited = {names[urn] for urn in release.dependencies if urn in names}
    needed = {"stack-grafana", "stack-channels", "stack-node-namespace", "stack-crds"}
    assert needed <= waited


def test_dashboards_are_found_by_grafana_and_are_json(stack):
    maps = [
        each.inputs
        for each in stack().of_type(CONFIG_MAP)
        if each.name.startswith("stack-dashboard-")
    ]
    assert len(maps) >= 5
    for found in maps:
        assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
        (text,) = found["data"].values()
        assert json.loads(text)["uid"].startswith("researchflow-")


def test_backups_of_citus_are_counted_only_where_it_stands(stack):
    metrics = "kube-state-metrics"
    assert "customResourceState" not in values_of(stack())[metrics]
    watched = values_of(stack("large"))[metrics]
    assert watched["customResourceState"]["enabled"] is True
    (rule,) = watched["rbac"]["extraRules"]
    assert (rule["resources"], rule["verbs"]) == (["sgbackups"], ["list", "watch"])
