"""Roles: who may take them, and what they then may do; what records who did what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rf.shared.plan import reveal
from rf.shared.sandbox.comparisons import Comparison, Reader, verifies


@verifies("aws:iam/role:Role", "role")
def role(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """Its trust, and exactly the plan's policies on it."""
    actual = reader.read("iam", "GetRole", RoleName=identifier)["Role"]
    yield (
        "trust",
        _document(inputs["assumeRolePolicy"]),
        _document(actual["AssumeRolePolicyDocument"]),
    )
    attached = reader.read("iam", "ListAttachedRolePolicies", RoleName=identifier)
    planned = [
        inputs["policyArn"] for inputs in _of_role(reader, "RolePolicyAttachment", identifier)
    ] + list(inputs.get("managedPolicyArns") or [])
    arns = [policy["PolicyArn"] for policy in attached["AttachedPolicies"]]
    yield "attached policies", sorted(planned), sorted(arns)
    inline = reader.read("iam", "ListRolePolicies", RoleName=identifier)["PolicyNames"]
    wanted = len(list(_of_role(reader, "RolePolicy", identifier)))
    yield "inline policies", wanted + len(inputs.get("inlinePolicies") or []), len(inline)


@verifies("aws:iam/rolePolicy:RolePolicy", "inline policy")
def role_policy(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """The document as planned."""
    owner, name = identifier.split(":", 1)
    actual = reader.read("iam", "GetRolePolicy", RoleName=owner, PolicyName=name)
    yield "document", _document(inputs["policy"]), _document(actual["PolicyDocument"])


def _of_role(reader: Reader, kind: str, name: str) -> Iterator[Mapping[str, Any]]:
    token = f"aws:iam/{kind[0].lower()}{kind[1:]}:{kind}"
    for resource in reader.plan.of_type(token):
        inputs = reveal(resource.inputs)
        if inputs["role"] == name:
            yield inputs


def _document(policy: Any) -> Any:
    return json.loads(policy) if isinstance(policy, str) else policy


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
