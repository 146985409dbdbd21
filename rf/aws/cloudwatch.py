"""Log groups and their delivery, metric filters, alarms, and event rules with their targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.account.names import of_stack, pairs
from rf.shared.cards.answers import RequestError
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, Changes, Unruled
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.inventing import named, of_inputs, physical_name
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Task
from rf.shared.cards.naming import Answer, Naming
from rf.shared.cards.prices import Free, Priced, each
from rf.shared.cards.residency import IN_REGION, NO_DATA, Residency
from rf.shared.cards.source import provider
from rf.shared.cards.values import ClosedValues, by_model
from rf.shared.cards.verification import Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME, USAGE, Without
from rf.shared.offline.invention import Computed, Invent, Registration

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner
    from rf.shared.sandbox.reader import Reader


def _create_event_rule(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 64)
    inputs.drop("forceDestroy")
    answer = task.send("events", "PutRule", inputs.rest(), Name=name)
    return Created(name, {"arn": answer["RuleArn"], "name": name})


def _create_event_target(task: Task, inputs: Inputs) -> Created:
    rule = inputs.take("rule")
    bus = inputs.take("eventBusName")
    target_id = inputs.take("targetId") or task.auto_name("targetId", 64)
    inputs.drop("forceDestroy")
    target = task.api.fitted("events", "PutTargets", {"targets": [inputs.rest()]})["Targets"][0]
    task.call(
        "events",
        "PutTargets",
        Rule=rule,
        Targets=[target | {"Id": target_id}],
        **({"EventBusName": bus} if bus else {}),
    )
    return Created(f"{rule}-{target_id}", {"targetId": target_id})


def _invented_delivery(registration: Registration) -> Computed:
    unique = registration.letters(16)
    return Computed(unique, {"arn": registration.arn("logs", f"delivery:{unique}")})


def _create_delivery(task: Task, inputs: Inputs) -> Created:
    answer = task.send("logs", "CreateDelivery", inputs.rest())["delivery"]
    return Created(answer["id"], {"arn": answer["arn"]})


def _verify_log_delivery(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """From which source to which destination, and which fields."""
    actual = reader.read("logs", "GetDelivery", id=identifier)["delivery"]
    yield "source", inputs["deliverySourceName"], actual["deliverySourceName"]
    yield "destination", inputs["deliveryDestinationArn"], actual["deliveryDestinationArn"]
    yield "fields", list(inputs.get("recordFields") or []), actual.get("recordFields", [])


def _invented_log_delivery(kind: str) -> Invent:
    """What CloudWatch Logs knows by name: a source or a destination of delivered logs."""

    def invent(registration: Registration) -> Computed:
        name = registration.named()
        arn = registration.arn("logs", f"{kind}:{name}")
        return Computed(name, {"name": name, "arn": arn, "service": "cloudfront"})

    return invent


def _create_destination(task: Task, inputs: Inputs) -> Created:
    answer = task.send("logs", "PutDeliveryDestination", inputs.rest())["deliveryDestination"]
    return Created(answer["name"], {"arn": answer["arn"], "name": answer["name"]})


def _create_source(task: Task, inputs: Inputs) -> Created:
    answer = task.send("logs", "PutDeliverySource", inputs.rest())["deliverySource"]
    return Created(answer["name"], {"arn": answer["arn"], "name": answer["name"]})


def _create_log_group(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 512)
    retention = inputs.take("retentionInDays")
    inputs.drop("skipDestroy")
    tags = inputs.take("tags") or {}
    task.send(
        "logs",
        "CreateLogGroup",
        inputs.rest(),
        logGroupName=name,
        **({"tags": tags} if tags else {}),
    )
    if retention:
        task.call("logs", "PutRetentionPolicy", logGroupName=name, retentionInDays=int(retention))
    arn = f"arn:aws:logs:{task.region}:{task.account_id}:log-group:{name}"
    return Created(name, {"arn": arn, "name": name})


def _verify_log_group(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """How long it keeps, and its key."""
    groups = reader.read("logs", "DescribeLogGroups", logGroupNamePrefix=identifier)["logGroups"]
    actual = next((group for group in groups if group["logGroupName"] == identifier), None)
    if actual is None:
        raise RequestError(f"there is no log group {identifier}")
    yield "days kept", inputs.get("retentionInDays"), actual.get("retentionInDays")
    yield "key", inputs.get("kmsKeyId"), actual.get("kmsKeyId")


def _log_group_state(account: Account, owner: Owner, name: str) -> Answer:
    groups = account.listed("logs", "DescribeLogGroups", "logGroups", logGroupNamePrefix=name)
    existing = [each for each in groups if each["logGroupName"] == name]
    return of_stack(
        owner,
        existing,
        lambda each: pairs(
            account.read(
                "logs", "ListTagsForResource", resourceArn=each["arn"].removesuffix(":*")
            ).get("tags")
        ),
    )


def _create_log_metric_filter(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 512)
    group = inputs.take("logGroupName")
    change = inputs.take("metricTransformation")
    # AWS made this group with the first instance; the emulator's instances write no logs.
    groups = task.call("logs", "DescribeLogGroups", logGroupNamePrefix=group)["logGroups"]
    if not any(described["logGroupName"] == group for described in groups):
        task.call("logs", "CreateLogGroup", logGroupName=group)
    task.send(
        "logs",
        "PutMetricFilter",
        {},
        logGroupName=group,
        filterName=name,
        filterPattern=inputs.take("pattern"),
        metricTransformations=[
            {
                "metricName": change["name"],
                "metricNamespace": change["namespace"],
                "metricValue": change["value"],
                "unit": change["unit"],
                "dimensions": dict(change["dimensions"]),
            }
        ],
    )
    return Created(name, {"name": name})


def _verify_log_metric_filter(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Log, pattern and the metric that it makes."""
    actual = reader.one(
        "logs",
        "DescribeMetricFilters",
        "metricFilters",
        logGroupName=inputs["logGroupName"],
        filterNamePrefix=identifier,
    )
    change = inputs["metricTransformation"]
    (transformations,) = actual["metricTransformations"]
    yield "pattern", inputs["pattern"], actual["filterPattern"]
    yield "metric", change["name"], transformations["metricName"]
    yield "namespace", change["namespace"], transformations["metricNamespace"]
    yield "value", change["value"], transformations["metricValue"]


def _create_log_resource_policy(task: Task, inputs: Inputs) -> Created:
    name = inputs["policyName"]
    task.send("logs", "PutResourcePolicy", inputs.rest())
    return Created(name)


def _create_metric_alarm(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 255)
    dimensions = inputs.take("dimensions") or {}
    tags = inputs.take("tags") or {}
    pairs = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
    task.send(
        "cloudwatch",
        "PutMetricAlarm",
        inputs.rest(),
        # The API's own words for its own abbreviations.
        {"okActions": "OKActions"},
        AlarmName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in sorted(dimensions.items())],
        **({"Tags": pairs} if pairs else {}),
    )
    arn = f"arn:aws:cloudwatch:{task.region}:{task.account_id}:alarm:{name}"
    return Created(name, {"arn": arn, "name": name})


def _verify_metric_alarm(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Metric, threshold, what silence means, and the topic."""
    actual = reader.one("cloudwatch", "DescribeAlarms", "MetricAlarms", AlarmNames=[identifier])
    yield "metric", inputs["metricName"], actual["MetricName"]
    yield "namespace", inputs["namespace"], actual["Namespace"]
    dimensions = {each["Name"]: each["Value"] for each in actual["Dimensions"]}
    yield "dimensions", dict(inputs["dimensions"]), dimensions
    yield "threshold", float(inputs["threshold"]), float(actual["Threshold"])
    yield "comparison", inputs["comparisonOperator"], actual["ComparisonOperator"]
    yield "missing data", inputs["treatMissingData"], actual["TreatMissingData"]
    yield "actions", list(inputs["alarmActions"]), actual["AlarmActions"]


CARDS = (
    Card(
        type="aws:cloudwatch/eventRule:EventRule",
        computed=named("events", "rule/{}"),
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="cloudwatch", create="?").lifecycle(create=_create_event_rule),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Free(reason="events of AWS's own services cost nothing"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
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
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="cloudwatch", create="?").lifecycle(create=_create_event_target),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Free(reason="part of its rule"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("events:PutTargets",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:cloudwatch/logDelivery:LogDelivery",
        computed=_invented_delivery,
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="cloudwatch", create="?").lifecycle(create=_create_delivery),
        verification=Verification(kind="log delivery", more=_verify_log_delivery),
        changes=Unruled(),
        price=Free(reason="paid as the logs it delivers"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("logs:CreateDelivery",),
        residency=Residency(lies="it holds settings and no data", outside="the same"),
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination",
        computed=_invented_log_delivery("delivery-destination"),
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="cloudwatch", create="?").lifecycle(create=_create_destination),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Free(reason="paid as the logs it takes"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("logs:PutDeliveryDestination",),
        residency=Residency(lies="it holds settings and no data", outside="the same"),
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:cloudwatch/logDeliverySource:LogDeliverySource",
        computed=_invented_log_delivery("delivery-source"),
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="cloudwatch", create="?").lifecycle(create=_create_source),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Free(reason="paid as the logs it gives"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "logs:PutDeliverySource",
            "cloudfront:AllowVendedLogDeliveryForResource",
        ),
        residency=Residency(
            lies="it holds settings and no data",
            outside=(
                "the access log's delivery is configured in us-east-1; its bucket stands in "
                "the cell"
            ),
        ),
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:cloudwatch/logGroup:LogGroup",
        computed=named("logs", "log-group:{}"),
        values=ClosedValues(
            operations=("logs:CreateLogGroup",),
            closed={
                "retentionInDays": frozenset(
                    {
                        "0",
                        "1",
                        "1096",
                        "120",
                        "14",
                        "150",
                        "180",
                        "1827",
                        "2192",
                        "2557",
                        "2922",
                        "3",
                        "30",
                        "3288",
                        "365",
                        "3653",
                        "400",
                        "5",
                        "545",
                        "60",
                        "7",
                        "731",
                        "90",
                    }
                )
            },
            source="CloudWatch Logs API reference, PutRetentionPolicy",
        ),
        lifecycle=Calls(service="logs", create="CreateLogGroup").lifecycle(
            create=_create_log_group
        ),
        verification=Verification(kind="log group", more=_verify_log_group),
        changes=Changes(
            source=(provider("logs/group.go"),),
            properties={
                "name": REPLACE,
                "namePrefix": REPLACE,
                "retentionInDays": IN_PLACE,
                "kmsKeyId": IN_PLACE,
            },
        ),
        price=Priced(keys=("logs:",), count=USAGE),
        quotas=NO_QUOTA,
        naming=Naming(title="logs", key="name", state=_log_group_state),
        permissions=(
            "logs:CreateLogGroup",
            "logs:PutRetentionPolicy",
            "logs:TagResource",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:cloudwatch/logMetricFilter:LogMetricFilter",
        computed=physical_name,
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="cloudwatch", create="?").lifecycle(
            create=_create_log_metric_filter
        ),
        verification=Verification(kind="metric filter", more=_verify_log_metric_filter),
        changes=Unruled(),
        price=Free(reason="filters cost nothing; ten metrics are always free"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("logs:PutMetricFilter",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
        computed=physical_name,
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="cloudwatch", create="?").lifecycle(
            create=_create_log_resource_policy
        ),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Free(reason="costs nothing"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("logs:PutResourcePolicy",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:cloudwatch/metricAlarm:MetricAlarm",
        computed=named("cloudwatch", "alarm:{}"),
        values=by_model("cloudwatch:PutMetricAlarm"),
        lifecycle=Calls(service="cloudwatch", create="PutMetricAlarm").lifecycle(
            create=_create_metric_alarm
        ),
        verification=Verification(kind="alarm", more=_verify_metric_alarm),
        changes=Unruled(),
        price=Priced(keys=("cloudwatch:",), count=each("cloudwatch:alarm")),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "cloudwatch:PutMetricAlarm",
            "cloudwatch:TagResource",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
