"""Alarms on metrics, and event rules with their targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rf.shared.account.names import described, existing, of_stack
from rf.shared.cards.calls import AS_CREATED, Calls, Name, Tagging, change, make, take_away
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.inventing import named, of_inputs
from rf.shared.cards.lifecycle import Created, Delete, Inputs, Reading, Standing, Task
from rf.shared.cards.naming import Answer, Naming
from rf.shared.cards.prices import Free, Priced, each
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, NOT_ENUMERATED, OWN_NAME

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner

_TAGGING = Tagging(add="TagResource", remove="UntagResource", by="ResourceARN")
"""Of CloudWatch itself and of EventBridge."""


_EVENT_RULE = Calls(
    service="events",
    create="PutRule",
    read="DescribeRule",
    update=AS_CREATED,
    delete="DeleteRule",
    name=Name(parameter="Name", limit=64),
    provider_only=("forceDestroy",),
    outputs={"arn": "RuleArn"},
    tagging=_TAGGING,
)


def _as_only_target(_task: Task, inputs: Inputs) -> None:
    """A rule's targets are put in a list, each with an id of its own."""
    rule, bus = inputs.take("rule"), inputs.take("eventBusName")
    target = inputs.rest()
    inputs["rule"] = rule
    inputs["targets"] = [target]
    if bus:
        inputs["eventBusName"] = bus


_EVENT_TARGET = Calls(
    service="events",
    create="PutTargets",
    read="ListTargetsByRule",
    update=AS_CREATED,
    delete="RemoveTargets",
    identifier="{rule}-{targetId}",
    by={"Rule": "{rule}", "Ids": "{targetId}"},
    read_by={"Rule": "{rule}"},
    among={"Id": "{targetId}"},
    described="",
    renames={"targetId": "Id"},
    provider_only=("forceDestroy",),
    prepare=_as_only_target,
    outputs={"targetId": "{targetId}"},
)


def _create_event_target(task: Task, inputs: Inputs) -> Created:
    """With an id that the provider makes where the program gives none."""
    inputs["targetId"] = inputs.get("targetId") or task.auto_name("targetId", 64)
    return make(_EVENT_TARGET, task, inputs)


def _update_event_target(task: Task, standing: Standing, inputs: Inputs) -> Created:
    inputs["targetId"] = standing.outputs["targetId"]
    return change(_EVENT_TARGET, task, standing, inputs)


def _delete_forced(calls: Calls) -> Delete:
    """Rules and targets that AWS's own services manage go by force alone."""

    def delete(task: Task, standing: Standing) -> None:
        force = {"Force": True} if standing.inputs.get("forceDestroy") else {}
        take_away(replace(calls, fixed_by_delete=force), task, standing)

    return delete


_METRIC_ALARM = Calls(
    service="cloudwatch",
    create="PutMetricAlarm",
    read="DescribeAlarms",
    update=AS_CREATED,
    delete="DeleteAlarms",
    name=Name(parameter="AlarmName"),
    by={"AlarmNames": "{id}"},
    found="MetricAlarms.0",
    renames={"name": "AlarmName", "arn": "AlarmArn"},
    outputs={"arn": "arn:aws:cloudwatch:{region}:{account}:alarm:{name}"},
    tagging=_TAGGING,
)


def _threshold(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return float(inputs["threshold"]), float(reading.thing["Threshold"])


def _rule_state(account: Account, owner: Owner, name: str) -> Answer:
    """PutRule overwrites one of that name without a word."""
    return of_stack(
        owner,
        described(account, "events", "DescribeRule", Name=name),
        lambda each: account.listed(
            "events", "ListTagsForResource", "Tags", ResourceARN=each["Arn"]
        ),
    )


def _alarm_state(account: Account, owner: Owner, name: str) -> Answer:
    """PutMetricAlarm overwrites one of that name without a word."""
    return of_stack(
        owner,
        existing(account, "cloudwatch", "DescribeAlarms", "MetricAlarms", AlarmNames=[name]),
        lambda each: account.listed(
            "cloudwatch", "ListTagsForResource", "Tags", ResourceARN=each["AlarmArn"]
        ),
    )


CARDS = (
    Card(
        type="aws:cloudwatch/eventRule:EventRule",
        computed=named("events", "rule/{}"),
        values=NOT_ENUMERATED,
        lifecycle=_EVENT_RULE.lifecycle(delete=_delete_forced(_EVENT_RULE)),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("events/rule.go"),),
            properties={
                "name": REPLACE,
                "namePrefix": REPLACE,
                "eventBusName": REPLACE,
                **dict.fromkeys(
                    (
                        "description",
                        "eventPattern",
                        "scheduleExpression",
                        "roleArn",
                        "forceDestroy",
                    ),
                    IN_PLACE,
                ),
                "state": PropertyRule(
                    to={"ENABLED": IN_PLACE}, effect=DANGEROUS, why="what it tells of goes unheard"
                ),
            },
        ),
        price=Free(reason="events of AWS's own services cost nothing"),
        quotas=NO_QUOTA,
        naming=Naming(title="event rule", key="name", state=_rule_state),
        permissions=(
            "events:PutRule",
            "events:TagResource",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:cloudwatch/eventTarget:EventTarget",
        computed=of_inputs("rule", "targetId", separator="-"),
        values=NOT_ENUMERATED,
        lifecycle=_EVENT_TARGET.lifecycle(
            create=_create_event_target,
            update=_update_event_target,
            delete=_delete_forced(_EVENT_TARGET),
        ),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("events/target.go"),),
            properties={
                "rule": REPLACE,
                "eventBusName": REPLACE,
                "targetId": REPLACE,
                **dict.fromkeys(
                    (
                        "arn",
                        "input",
                        "inputPath",
                        "inputTransformer",
                        "roleArn",
                        "deadLetterConfig",
                        "retryPolicy",
                        "forceDestroy",
                    ),
                    IN_PLACE,
                ),
            },
        ),
        price=Free(reason="part of its rule"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("events:PutTargets",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:cloudwatch/metricAlarm:MetricAlarm",
        computed=named("cloudwatch", "alarm:{}"),
        values=by_model("cloudwatch:PutMetricAlarm"),
        lifecycle=_METRIC_ALARM.lifecycle(),
        creation=SECONDS,
        verification=Verification(
            kind="alarm",
            rows={
                "metric": "metricName",
                "namespace": "namespace",
                "dimensions": "dimensions",
                "threshold": _threshold,
                "comparison": "comparisonOperator",
                "missing data": "treatMissingData",
                "actions": "alarmActions",
            },
        ),
        changes=Changes(
            source=(provider("cloudwatch/metric_alarm.go"),),
            properties={
                "name": REPLACE,
                **dict.fromkeys(
                    (
                        "alarmActions",
                        "alarmDescription",
                        "comparisonOperator",
                        "datapointsToAlarm",
                        "dimensions",
                        "evaluateLowSampleCountPercentiles",
                        "evaluationPeriods",
                        "extendedStatistic",
                        "insufficientDataActions",
                        "metricName",
                        "metricQueries",
                        "namespace",
                        "okActions",
                        "period",
                        "statistic",
                        "threshold",
                        "thresholdMetricId",
                        "treatMissingData",
                        "unit",
                    ),
                    IN_PLACE,
                ),
                "actionsEnabled": PropertyRule(
                    to={"true": IN_PLACE}, effect=DANGEROUS, why="nobody is told of it"
                ),
            },
        ),
        price=Priced(keys=("cloudwatch:",), count=each("cloudwatch:alarm")),
        quotas=NO_QUOTA,
        naming=Naming(title="alarm", key="name", state=_alarm_state),
        permissions=(
            "cloudwatch:PutMetricAlarm",
            "cloudwatch:TagResource",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
