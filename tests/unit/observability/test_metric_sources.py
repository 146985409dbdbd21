"""No rule and no dashboard asks for a metric that nobody shows."""

import json

import pytest

from rendering.observability.alerting.subject import Subject
from rendering.observability.dashboards import boards, dashboards
from rendering.observability.prometheus_rules import recordings, rule_groups
from scaleplan.model import load_plan
from tests.stack_config import accepted
from tests.unit.observability.metric_sources import metrics_of, shown_metrics

STACKS = {
    "small": {"size": "small"},
    "medium": {"size": "medium"},
    "large": {"size": "large", "sharding": {"stage": "parallel"}},
    "rabbitmq": {"size": "large", "queue": {"engine": "rabbitmq"}},
    "hpa": {"size": "small", "scaling": {"worker": "hpa"}},
}


@pytest.fixture(params=STACKS)
def subject(request):
    return Subject(load_plan(), accepted(**STACKS[request.param]))


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ('sum by (a, b) (rate(x_total{c="d",e=~"f|g"}[5m])) / on (a) y', {"x_total", "y"}),
        ("a:b:ratio_rate5m > 0.01 and c:d > 3", {"a:b:ratio_rate5m", "c:d"}),
        ('label_replace(x, "to", "$1", "from", "(.+)") unless on (l) (z == 1)', {"x", "z"}),
        ("100 * (1 - avg by (node) (rate(n{m='i'}[5m]))) or 0 * max(up == 1)", {"n", "up"}),
        ("1e9 + time() > bool vector(1)", set()),
    ],
)
def test_names_are_found_in_promql(expression, names):
    assert metrics_of([expression]) == names


def recorded(subject):
    return {each.record for group in recordings(subject).values() for each in group}


def test_every_rule_asks_for_what_an_exporter_shows_or_a_rule_records(subject):
    known = shown_metrics(subject) | recorded(subject)
    for group in rule_groups(subject):
        for rule in group["rules"]:
            unknown = metrics_of([rule["expr"]]) - known
            assert not unknown, (rule, unknown)


def test_every_graph_asks_for_what_an_exporter_shows_or_a_rule_records(subject):
    known = shown_metrics(subject) | recorded(subject)
    for board in boards(subject):
        for graph in board.graphs():
            unknown = metrics_of(expression for expression, _ in graph.queries) - known
            assert not unknown, (board.name, graph.title, unknown)


def test_every_recorded_metric_is_asked_for(subject):
    asked = metrics_of(rule["expr"] for group in rule_groups(subject) for rule in group["rules"])
    drawn = metrics_of(
        expression
        for board in boards(subject)
        for graph in board.graphs()
        for expression, _ in graph.queries
    )
    assert not recorded(subject) - asked - drawn


def test_dashboards_are_grafanas_and_the_same_each_time(subject):
    texts = dashboards(subject)
    assert texts == dashboards(subject)
    for name, text in texts.items():
        board = json.loads(text)
        assert board["uid"] == f"researchflow-{name}"
        targets = [t for p in board["panels"] for t in p.get("targets", [])]
        assert targets
        assert all(target["expr"] for target in targets)


def test_the_plans_thresholds_are_drawn_on_the_overview(subject):
    board = json.loads(dashboards(subject)["overview"])
    drawn = {
        panel["title"]: [
            step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        ]
        for panel in board["panels"]
        if panel["type"] == "timeseries"
    }
    plan = subject.plan.thresholds
    for title, grade in {
        "Latency p99": plan.response_latency,
        "Waiting jobs": plan.queue_depth,
        "CPU of pods": plan.cpu_utilization,
        "Memory of pods": plan.memory_utilization,
        "Connections of PostgreSQL": plan.database_connections,
    }.items():
        assert drawn[title][1:] == [grade.warning, grade.critical]
