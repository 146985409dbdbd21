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
    actual = reader.one("cloudwatch", "DescribeAlarms", "MetricAlarms", AlarmNames=[identifier])
    yield "metric", inputs["metricName"], actual["MetricName"]
    yield "namespace", inputs["namespace"], actual["Namespace"]
    dimensions = {each["Name"]: each["Value"] for each in actual["Dimensions"]}
    yield "dimensions", dict(inputs["dimensions"]), dimensions
    yield "threshold", float(inputs["threshold"]), float(actual["Threshold"])
    yield "comparison", inputs["comparisonOperator"], actual["ComparisonOperator"]
    yield "missing data", inputs["treatMissingData"], actual["TreatMissingData"]
    yield "actions", list(inputs["alarmActions"]), actual["AlarmActions"]


@verifies("aws:cloudwatch/logMetricFilter:LogMetricFilter", "metric filter")
def log_metric_filter(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
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
