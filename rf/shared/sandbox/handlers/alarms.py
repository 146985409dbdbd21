"""CloudWatch's alarms and metric filters."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

from rf.shared.sandbox.registry import Created, Inputs, Task, handles


@handles("aws:cloudwatch/metricAlarm:MetricAlarm")
def metric_alarm(task: Task, inputs: Inputs) -> Created:
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


@handles("aws:cloudwatch/logMetricFilter:LogMetricFilter")
def log_metric_filter(task: Task, inputs: Inputs) -> Created:
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
