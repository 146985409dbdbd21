"""Rules of what watches the account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..shared.rule import Level, Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import (
    BUCKET,
    BUCKET_POLICY,
    CLUSTER,
    DATABASE,
    DETECTOR,
    DETECTOR_FEATURE,
    LOG_GROUP,
    TRAIL,
)
from ..shared.values import at, is_true, listed, statements, texts


def _trail(resource: Resource, stack: StackResources) -> Iterator[str]:
    for key in ("enableLogFileValidation", "isMultiRegionTrail", "enableLogging"):
        if not is_true(resource.inputs, key):
            yield f"{key} is off"
    if not at(resource.inputs, "kmsKeyId"):
        yield "is not encrypted with a key of the stack"


def _detector(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not is_true(resource.inputs, "enable"):
        yield "is switched off"


DETECTED = ("EKS_AUDIT_LOGS", "RDS_LOGIN_EVENTS", "S3_DATA_EVENTS")


def _selects(selector: Mapping[str, Any], **wanted: str) -> bool:
    fields = {at(f, "field"): listed(f, "equals") for f in listed(selector, "fieldSelectors")}
    return all(value in fields.get(key.replace("_", "."), ()) for key, value in wanted.items())


def _sees_objects(resource: Resource, stack: StackResources) -> Iterator[str]:
    selectors = listed(resource.inputs, "advancedEventSelectors")
    if not any(_selects(each, eventCategory="Management") for each in selectors):
        yield "records no change of the account"
    if not any(_selects(each, resources_type="AWS::S3::Object") for each in selectors):
        yield "records no access to an object: who read a patient's file is known to nobody"
    if not at(resource.inputs, "includeGlobalServiceEvents", True):
        yield "records nothing of IAM and CloudFront"


def _not_deletable(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not stack.protects_data:
        return
    for bucket in stack.behind(resource, "s3BucketName", BUCKET):
        policies = stack.pointing_at(bucket, BUCKET_POLICY, "bucket")
        denied = {
            action
            for policy in policies
            for each in statements({"policy": at(policy.inputs, "policy", "")})
            if each.get("Effect") == "Deny" and not each.get("Condition")
            for action in texts(each.get("Action"))
        }
        if "s3:DeleteObject" not in denied:
            yield f"writes to {bucket.name}, from which whoever breaks in may delete its traces"


def _features(resource: Resource, stack: StackResources) -> Iterator[str]:
    features = stack.pointing_at(resource, DETECTOR_FEATURE, "detectorId")
    on = {at(e.inputs, "name") for e in features if at(e.inputs, "status") == "ENABLED"}
    missing = [name for name in DETECTED if name not in on]
    if missing:
        yield f"looks at no {', '.join(missing)}"


def _logs_declared(resource: Resource, stack: StackResources) -> Iterator[str]:
    if resource.type == CLUSTER:
        wanted = [f"/aws/eks/{at(resource.inputs, 'name')}/cluster"]
    else:
        instance = at(resource.inputs, "identifier")
        exports = listed(resource.inputs, "enabledCloudwatchLogsExports")
        wanted = [f"/aws/rds/instance/{instance}/{log}" for log in exports]
    there = {at(each.inputs, "name") for each in stack.of_type(LOG_GROUP)}
    for name in wanted:
        if name not in there:
            yield f"writes to {name}, which AWS makes then: unencrypted, and kept for ever"


RULES = (
    Rule(
        id="trail-trusted",
        layer=RuleLayer.AUDIT,
        demand="The account's trail is on, of all regions, validated and encrypted.",
        reason="Whoever breaks in changes regions first, and then the trail.",
        source="AWS Security Hub, CloudTrail.1, CloudTrail.2, CloudTrail.4",
        remedy="set isMultiRegionTrail, enableLogFileValidation and kmsKeyId",
        types=(TRAIL,),
        check=_trail,
    ),
    Rule(
        id="detector-on",
        layer=RuleLayer.AUDIT,
        demand="A GuardDuty detector that the program declares is enabled.",
        reason="A disabled one costs nothing and finds nothing, and looks as if it watched.",
        source="AWS Security Hub, GuardDuty.1",
        remedy="set enable, or leave it out by audit.guardDuty",
        types=(DETECTOR,),
        level=Level.ADVISORY,
        check=_detector,
    ),
    Rule(
        id="trail-sees-objects",
        layer=RuleLayer.AUDIT,
        demand="The trail records changes of the account and each access to an artifact.",
        reason="Who has read a patient's file must be told to the patient who asks.",
        source="HIPAA Security Rule, 45 CFR 164.312(b); AWS Security Hub, S3.22, S3.23",
        remedy="keep the selectors of `components/identity/audit.py`",
        types=(TRAIL,),
        check=_sees_objects,
    ),
    Rule(
        id="trail-not-deletable",
        layer=RuleLayer.AUDIT,
        demand="Nobody may delete what the trail has written, unless protectData is false.",
        reason="The first thing that an intruder cleans up is the record of the intrusion.",
        source="CloudTrail user guide, Security best practices; NIST SP 800-53, AU-9",
        remedy="keep the statement NobodyDeletes of `rendering/identity/trail_documents.py`",
        types=(TRAIL,),
        check=_not_deletable,
        whole_stack=True,
    ),
    Rule(
        id="detector-sees-data",
        layer=RuleLayer.AUDIT,
        demand="A GuardDuty detector looks at the cluster's audit log, logins to RDS, and S3.",
        reason="Its basis alone sees none of the three places where patients' data is.",
        source="AWS Security Hub, GuardDuty.5, GuardDuty.9, GuardDuty.10",
        remedy="keep the features of `components/identity/audit.py`",
        types=(DETECTOR,),
        level=Level.ADVISORY,
        check=_features,
        whole_stack=True,
    ),
    Rule(
        id="service-logs-declared",
        layer=RuleLayer.AUDIT,
        demand="The log groups that EKS and RDS write to are the program's own.",
        reason="A group that AWS makes has no key and no end, and no rule here sees it.",
        source="CloudWatch Logs user guide, Log group retention; RDS user guide, Publishing logs",
        remedy="declare the group first, as `components/database/monitoring.py` does",
        types=(CLUSTER, DATABASE),
        check=_logs_declared,
        whole_stack=True,
    ),
)
