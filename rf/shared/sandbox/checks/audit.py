"""What records who did what, and the logged way in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rf.shared.sandbox.comparisons import Comparison, Reader, verifies


@verifies("aws:cloudtrail/trail:Trail", "trail")
def trail(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """Where it delivers, that it is encrypted, validated and running, and which data it sees."""
    actual = reader.read("cloudtrail", "GetTrail", Name=identifier)["Trail"]
    yield "bucket", inputs["s3BucketName"], actual["S3BucketName"]
    yield "key", inputs["kmsKeyId"], actual.get("KmsKeyId")
    yield "log validation", True, actual.get("LogFileValidationEnabled")
    yield "all regions", inputs["isMultiRegionTrail"], actual["IsMultiRegionTrail"]
    status = reader.read("cloudtrail", "GetTrailStatus", Name=identifier)
    yield "logging", inputs.get("enableLogging", True), status["IsLogging"]
    selected = reader.read("cloudtrail", "GetEventSelectors", TrailName=identifier)
    names = [entry["Name"] for entry in selected.get("AdvancedEventSelectors") or []]
    wanted = [entry["name"] for entry in inputs.get("advancedEventSelectors") or []]
    yield "selectors", wanted, names


@verifies("aws:guardduty/detector:Detector", "GuardDuty")
def detector(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """That it watches."""
    actual = reader.read("guardduty", "GetDetector", DetectorId=identifier)
    yield "status", "ENABLED" if inputs["enable"] else "DISABLED", actual["Status"]


@verifies("aws:ssm/document:Document", "session document")
def document(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """How a session runs."""
    actual = reader.read("ssm", "GetDocument", Name=identifier)
    yield "kind", inputs["documentType"], actual["DocumentType"]
    yield "content", json.loads(inputs["content"]), json.loads(actual["Content"])
