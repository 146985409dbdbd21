"""The chart's values: highly available from medium on, kept on disk, and as large as is counted."""

import re

import pytest
from kubernetes.utils.quantity import parse_quantity

from rendering.observability.alerting.subject import Subject
from rendering.observability.alertmanager import Topics, alertmanager_config
from rendering.observability.metrics_adapter import REQUESTS_METRIC, adapter_rules, requests_per_pod
from rendering.observability.prometheus_stack import NAMESPACE, NODE_NAMESPACE, stack_values
from rendering.observability.scrape_targets import stack_targets
from scaleplan.cluster.controllers import CONTROLLERS
from scaleplan.model import load_plan
from scaleplan.observability.pods import GRAFANA_SIDECARS
from tests.stack_config import accepted, refused

PLAN = load_plan()
SIZES = ("small", "medium", "large")
TOPICS = Topics(page="arn:page", ticket="arn:ticket", heartbeat="arn:heartbeat")
SLACK = "https://hooks.slack.com/services/T0/B0/x"


def values(size="medium", **changes):
    settings = accepted(size=size, **changes)
    return stack_values(
        settings.observability,
        PLAN.observability,
        node_selector={"pool": "system"},
        alertmanager_config=alertmanager_config(settings.alerts, "us-east-1", TOPICS),
        has_channels=bool(settings.alerts.secrets_needed()),
        watches_citus=settings.sharding.present,
    )


@pytest.mark.parametrize(
    ("size", "copies"), [("small", (1, 1)), ("medium", (2, 2)), ("large", (2, 3))]
)
def test_from_medium_on_no_machine_takes_monitoring_with_it(size, copies):
    found = values(size)
    prometheus = found["prometheus"]["prometheusSpec"]
    alertmanager = found["alertmanager"]["alertmanagerSpec"]
    assert (prometheus["replicas"], alertmanager["replicas"]) == copies
    spread = "hard" if size != "small" else "soft"
    assert prometheus["podAntiAffinity"] == alertmanager["podAntiAffinity"] == spread
    assert found["prometheus"]["podDisruptionBudget"]["enabled"] is (size != "small")


@pytest.mark.parametrize("size", SIZES)
def test_what_is_kept_is_on_disk_and_smaller_than_the_disk(size):
    found = values(size)
    spec = found["prometheus"]["prometheusSpec"]
    for claim in (
        spec["storageSpec"]["volumeClaimTemplate"],
        found["alertmanager"]["alertmanagerSpec"]["storage"]["volumeClaimTemplate"],
    ):
        assert claim["spec"]["storageClassName"] == "gp3"
    claim = spec["storageSpec"]["volumeClaimTemplate"]["spec"]["resources"]["requests"]["storage"]
    assert int(spec["retentionSize"].removesuffix("GiB")) < int(claim.removesuffix("Gi"))
    assert found["grafana"]["persistence"]["storageClassName"] == "gp3"


def test_every_monitor_and_rule_counts_whatever_its_labels():
    spec = values()["prometheus"]["prometheusSpec"]
    for kind in ("rule", "serviceMonitor", "podMonitor", "probe", "scrapeConfig"):
        assert spec[f"{kind}SelectorNilUsesHelmValues"] is False


def test_only_what_reads_the_machine_stands_outside_the_restricted_namespace():
    assert values()["prometheus-node-exporter"]["namespaceOverride"] == NODE_NAMESPACE != NAMESPACE
    assert values()["grafana"]["initChownData"] == {"enabled": False}


def test_what_eks_hides_is_not_waited_for():
    for part in ("kubeControllerManager", "kubeScheduler", "kubeEtcd", "kubeProxy"):
        assert values()[part] == {"enabled": False}


def _amounts(resources):
    requests = resources["requests"]
    cpu, memory = (parse_quantity(requests[each]) for each in ("cpu", "memory"))
    return cpu * 1000, memory / 1024**2


@pytest.mark.parametrize("size", SIZES)
def test_the_chart_is_given_what_is_counted(size):
    settings, found = accepted(size=size), values(size)
    reloader = _amounts(found["prometheusOperator"]["prometheusConfigReloader"]["resources"])
    sidecar = _amounts(found["grafana"]["sidecar"]["resources"])
    pods = {
        "prometheus-operator": [_amounts(found["prometheusOperator"]["resources"])],
        "prometheus": [_amounts(found["prometheus"]["prometheusSpec"]["resources"]), reloader],
        "alertmanager": [
            _amounts(found["alertmanager"]["alertmanagerSpec"]["resources"]),
            reloader,
        ],
        "grafana": [_amounts(found["grafana"]["resources"]), *[sidecar] * GRAFANA_SIDECARS],
        "kube-state-metrics": [_amounts(found["kube-state-metrics"]["resources"])],
    }
    rows = {row.name: row for row in CONTROLLERS if row.release == "kube-prometheus-stack"}
    assert set(rows) == set(pods)
    for name, containers in pods.items():
        counted = rows[name].requests_of(settings)
        given = tuple(map(sum, zip(*containers, strict=True)))
        assert (counted.cpu_millicores, counted.memory_mib) == given, name
    assert rows["prometheus"].replicas_of(settings) == settings.observability.prometheus_replicas


def test_backups_of_citus_are_watched_where_citus_stands():
    assert "customResourceState" not in values()["kube-state-metrics"]
    state = values("large", sharding={"stage": "parallel"})["kube-state-metrics"]
    (resource,) = state["customResourceState"]["config"]["spec"]["resources"]
    (metric,) = resource["metrics"]
    name = f"{resource['metricNamePrefix']}_{metric['name']}"
    assert name == "stackgres_backup_end_timestamp_seconds"
    assert state["rbac"]["extraRules"][0]["verbs"] == ["list", "watch"]


def test_patroni_is_asked_once_a_server_where_citus_stands():
    def targets(stage):
        subject = Subject(PLAN, accepted(size="large", sharding={"stage": stage}))
        return {each.name: each.spec for each in stack_targets(subject)}

    assert "patroni" not in targets("off")
    spec = targets("parallel")["patroni"]
    assert spec["namespaceSelector"] == {"matchNames": ["citus"]}
    (endpoint,) = spec["podMetricsEndpoints"]
    # The operator's pooler has a port of the same name in each of these pods.
    (only,) = endpoint["relabelings"]
    assert (only["action"], only["regex"]) == ("keep", "patroni")


def config(**alerts):
    return values(**alerts)["alertmanager"]["config"]


def receiver(found, name):
    return next(each for each in found["receivers"] if each["name"] == name)


def test_alerts_go_to_the_topics_unless_the_stack_says_otherwise():
    found = config()
    for name in ("page", "ticket", "heartbeat"):
        (sns,) = receiver(found, name)["sns_configs"]
        assert sns["topic_arn"] == f"arn:{name}"
        assert sns["sigv4"] == {"region": "us-east-1"}
    assert set(receiver(found, "none")) == {"name"}


def test_secrets_are_read_from_files_and_stand_nowhere_else():
    found = config(
        alerts={"page": "pagerduty", "ticket": "slack", "slackChannel": "#ops"},
        pagerdutyRoutingKey="0" * 31 + "7",
        slackWebhookUrl=SLACK,
    )
    (pager,) = receiver(found, "page")["pagerduty_configs"]
    (slack,) = receiver(found, "ticket")["slack_configs"]
    folder = "/etc/alertmanager/secrets/alert-channels"
    assert pager["routing_key_file"] == f"{folder}/pagerduty-routing-key"
    assert slack["api_url_file"] == f"{folder}/slack-webhook-url"
    assert slack["channel"] == "#ops"
    assert SLACK not in str(found)
    assert "0" * 31 not in str(found)


def test_a_channel_without_its_secret_is_refused_and_says_how_to_set_it():
    (mistake,) = refused(alerts={"page": "pagerduty"})
    assert mistake.key == "researchflow:pagerdutyRoutingKey"
    assert "pulumi config set --secret pagerdutyRoutingKey" in mistake.allowed


def test_routes_go_by_the_alerts_own_label_and_then_by_severity():
    route = config()["route"]
    order = [(each["receiver"], each["matchers"]) for each in route["routes"]]
    assert order[0] == ("heartbeat", ["alertname = DeadMansSwitch"])
    by_route = [r for r, m in order if m[0].startswith("route =")]
    by_severity = [r for r, m in order if m[0].startswith("severity =")]
    assert (by_route, by_severity) == (["none", "page", "ticket"], ["page", "ticket"])
    assert route["receiver"] == "none"


def test_a_critical_alert_silences_its_own_warning():
    (rule,) = config()["inhibit_rules"]
    assert rule["source_matchers"] == ["severity = critical"]
    assert re.search("warning", rule["target_matchers"][0])
    assert {"alertname", "instance", "queue", "service", "store", "workload"} <= set(rule["equal"])


def test_a_pod_more_is_asked_for_at_seven_tenths_of_what_the_projection_gives_one():
    # 200 requests a second on 5 pods, of which 70 %.
    assert requests_per_pod(Subject(PLAN, accepted())) == 28


@pytest.mark.parametrize(("worker", "external"), [("keda", 0), ("hpa", 1)])
def test_external_metrics_are_the_adapters_only_where_keda_is_not(worker, external):
    rules = adapter_rules(Subject(PLAN, accepted(scaling={"worker": worker})))
    assert len(rules["external"]) == external
    assert rules["default"] is False
    (custom,) = rules["custom"]
    assert custom["name"]["as"] == REQUESTS_METRIC
    if external:
        assert rules["external"][0]["name"]["as"] == PLAN.autoscaling.worker_hpa.queue_metric
