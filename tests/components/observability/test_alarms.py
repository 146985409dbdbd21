"""CloudWatch's own alarms: what pages without the cluster, at thresholds that follow the size."""

from collections.abc import Callable
from typing import Any

import pytest
from moto.events.models import EventPattern

from components.observability.alarms import Alarms, AlarmsArgs
from rf.shared.plan import reveal
from tests.components.observability.monitored_stores import (
    ACCOUNT,
    ALARM,
    KEY,
    PLAN,
    observability_args,
    something,
)
from tests.components.recorded_once import recorded_once
from tests.stack_config import accepted

TOPICS = {route: f"arn:aws:sns:us-east-1:{ACCOUNT}:{route}" for route in ("page", "ticket")}
GIB = 2**30


@pytest.fixture
def alarms(build):
    @recorded_once
    def run(size="medium", **changes):
        def construct(opts):
            whole = observability_args(something(opts), accepted(size=size, **changes))
            by_route = {
                route: [each for each in whole.alarms if str(each.route) == route]
                for route in TOPICS
            }
            args = AlarmsArgs(
                place=whole.place,
                keys=whole.keys,
                alarms=by_route,
                topics=TOPICS,
                instances=whole.instances,
                primary=whole.primary,
            )
            return Alarms("alarms", args, opts)

        return build(construct)

    return run


def found(built):
    alarms = [reveal(each.inputs) for each in built.of_type(ALARM)]
    return {each["name"].removeprefix("researchflow-test-"): each for each in alarms}


@pytest.mark.parametrize(("size", "allocated"), [("small", 100), ("medium", 400), ("large", 400)])
def test_storage_pages_at_the_plans_share_of_what_the_size_has(alarms, size, allocated):
    percent = PLAN.observability.storage_free_percent.critical
    storage = {name: each for name, each in found(alarms(size)).items() if "-storage" in name}
    assert len(storage) == (1 if size == "small" else 3)
    for alarm in storage.values():
        assert alarm["threshold"] == allocated * GIB * percent // 100
        assert alarm["comparisonOperator"] == "LessThanThreshold"
        assert alarm["alarmActions"] == [TOPICS["page"]] == alarm["okActions"]


def test_credits_are_watched_where_the_class_lives_on_them(alarms):
    credits_of = {
        name: [each for each in found(alarms(**changes)) if each.endswith("-credits")]
        for name, changes in {
            "burstable": {"size": "small"},
            "fixed": {"size": "medium"},
            "moved": {"size": "small", "database": {"instanceClass": "db.m7g.large"}},
        }.items()
    }
    assert credits_of == {"burstable": ["database-credits"], "fixed": [], "moved": []}
    alarm = found(alarms("small"))["database-credits"]
    assert alarm["threshold"] == PLAN.observability.cpu_credits


@pytest.mark.parametrize(
    ("size", "changes", "cache", "queue"),
    [
        ("small", {}, 1, 1),
        ("medium", {}, 3, 2),
        ("large", {}, 6, 2),
        ("large", {"cache": {"shards": 4}}, 8, 2),
    ],
)
def test_every_node_of_redis_is_watched_and_only_the_queues_wake_somebody(
    alarms, size, changes, cache, queue
):
    memory = {n: each for n, each in found(alarms(size, **changes)).items() if "-memory" in n}
    by_store = {
        store: [each for name, each in memory.items() if name.startswith(f"{store}-")]
        for store in ("cache", "queue")
    }
    assert (len(by_store["cache"]), len(by_store["queue"])) == (cache, queue)
    for store, route in (("cache", "ticket"), ("queue", "page")):
        for alarm in by_store[store]:
            assert alarm["alarmActions"] == [TOPICS[route]]
            assert alarm["threshold"] == PLAN.thresholds.memory_utilization.critical
    nodes = [each["dimensions"]["CacheClusterId"] for each in memory.values()]
    assert len(set(nodes)) == cache + queue


def test_a_silent_api_server_is_no_good_news(alarms):
    silent = found(alarms())["kubernetes-api-silent"]
    assert silent["treatMissingData"] == "breaching"
    assert silent["dimensions"] == {"ClusterName": "researchflow-test"}
    assert silent["alarmActions"] == [TOPICS["page"]]


def test_failovers_of_every_instance_page(alarms):
    (events,) = alarms().of_type("aws:rds/eventSubscription:EventSubscription")
    assert events.inputs["snsTopic"] == TOPICS["page"]
    assert set(events.inputs["eventCategories"]) == {
        "availability",
        "failover",
        "failure",
        "low storage",
    }
    database = "researchflow-test-database"
    assert events.inputs["sourceIds"] == [
        database,
        f"{database}-replica-b",
        f"{database}-replica-c",
    ]


def test_io_wait_is_read_from_the_log_that_has_it(alarms):
    (metric,) = alarms().of_type("aws:cloudwatch/logMetricFilter:LogMetricFilter")
    assert metric.inputs["logGroupName"] == "RDSOSMetrics"
    assert "researchflow-test-database" in metric.inputs["pattern"]
    made = metric.inputs["metricTransformation"]
    assert (made["namespace"], made["name"]) == ("ResearchFlow/Database", "IoWaitPercent")
    assert made["dimensions"] == {"DBInstanceIdentifier": "$.instanceID"}


def test_a_backup_is_counted_by_a_rule_that_may_write_its_log(alarms):
    """EventBridge counts a rule only where it has a target, and the target only where it may."""
    built = alarms()
    (rule,) = built.of_type("aws:cloudwatch/eventRule:EventRule")
    (target,) = built.of_type("aws:cloudwatch/eventTarget:EventTarget")
    (group,) = built.of_type("aws:cloudwatch/logGroup:LogGroup")
    (policy,) = built.of_type("aws:cloudwatch/logResourcePolicy:LogResourcePolicy")
    assert rule.inputs["name"] == "researchflow-test-database-backups"
    assert "researchflow-test-database" in rule.inputs["eventPattern"]
    assert target.inputs["rule"] == rule.inputs["name"]
    assert policy.urn in target.dependencies
    assert group.inputs["kmsKeyId"] == KEY
    assert group.inputs["name"].startswith("/aws/events/")
    assert ACCOUNT in policy.inputs["policyDocument"]


def instance_event(event_id, message, instance, *, categories=("backup",)):
    """An event of RDS as EventBridge delivers it (RDS user guide, "Overview of events for Amazon
    RDS"; the ids are in "Amazon RDS event categories and event messages")."""
    return {
        "version": "0",
        "id": "12a345b6-78c9-01d2-34e5-123f4ghi5j6k",
        "detail-type": "RDS DB Instance Event",
        "source": "aws.rds",
        "account": ACCOUNT,
        "time": "2026-03-01T02:31:35Z",
        "region": "us-east-1",
        "resources": [f"arn:aws:rds:us-east-1:{ACCOUNT}:db:{instance}"],
        "detail": {
            "EventCategories": list(categories),
            "SourceType": "DB_INSTANCE",
            "SourceArn": f"arn:aws:rds:us-east-1:{ACCOUNT}:db:{instance}",
            "Date": "2026-03-01T02:31:35.154Z",
            "Message": message,
            "SourceIdentifier": instance,
            "EventID": event_id,
        },
    }


def matcher(pattern: str) -> Callable[[Any], bool]:
    """Whether EventBridge's pattern takes an event, as moto reads it."""
    return EventPattern.load(pattern).matches_event


def test_a_backup_counts_when_it_has_ended_and_only_the_primarys(alarms):
    """Else the alert of an old backup is silent while each backup starts and none ends."""
    (rule,) = alarms().of_type("aws:cloudwatch/eventRule:EventRule")
    heard = matcher(rule.inputs["eventPattern"])
    primary = "researchflow-test-database"
    assert heard(instance_event("RDS-EVENT-0002", "Finished DB instance backup.", primary))
    assert not heard(instance_event("RDS-EVENT-0001", "Backing up the DB instance.", primary))
    unrelated = instance_event(
        "RDS-EVENT-0006", "The DB instance restarted.", primary, categories=("availability",)
    )
    assert not heard(unrelated)
    for other in (f"{primary}-replica-b", f"{primary}-restored", "researchflow-other-database"):
        assert not heard(instance_event("RDS-EVENT-0002", "Finished DB instance backup.", other))
