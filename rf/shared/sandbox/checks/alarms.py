"""Alarms, and whom they tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rf.shared.sandbox.comparisons import Comparison, Reader, verifies


@verifies("aws:cloudwatch/metricAlarm:MetricAlarm", "alarm")
def metric_alarm(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """Metric, threshold, what silence means, and the topic."""
    found = reader.one("cloudwatch", "DescribeAlarms", "MetricAlarms", AlarmNames=[identifier])
    yield "metric", inputs["metricName"], found["MetricName"]
    yield "namespace", inputs["namespace"], found["Namespace"]
    dimensions = {each["Name"]: each["Value"] for each in found["Dimensions"]}
    yield "dimensions", dict(inputs["dimensions"]), dimensions
    yield "threshold", float(inputs["threshold"]), float(found["Threshold"])
    yield "comparison", inputs["comparisonOperator"], found["ComparisonOperator"]
    yield "missing data", inputs["treatMissingData"], found["TreatMissingData"]
    yield "actions", list(inputs["alarmActions"]), found["AlarmActions"]


@verifies("aws:cloudwatch/logMetricFilter:LogMetricFilter", "metric filter")
def log_metric_filter(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """Log, pattern and the metric that it makes."""
    found = reader.one(
        "logs",
        "DescribeMetricFilters",
        "metricFilters",
        logGroupName=inputs["logGroupName"],
        filterNamePrefix=identifier,
    )
    change = inputs["metricTransformation"]
    (made,) = found["metricTransformations"]
    yield "pattern", inputs["pattern"], found["filterPattern"]
    yield "metric", change["name"], made["metricName"]
    yield "namespace", change["namespace"], made["metricNamespace"]
    yield "value", change["value"], made["metricValue"]
