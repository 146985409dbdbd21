"""Rules of AWS' own services: on whose behalf one may use what the stack has, and be its role."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import BUCKET_POLICY, LOG_POLICY, QUEUE_POLICY, ROLE, TOPIC_POLICY
from ..shared.values import texts
from .access import KEYS, allowed, called

EVENTBRIDGE = "events.amazonaws.com"
"""Names no source to SNS (EventBridge user guide, "Amazon SNS permissions")."""

OPENS_LOGS = frozenset({"delivery.logs.amazonaws.com", EVENTBRIDGE})
OPENING, WRITING = "logs:CreateLogStream", "logs:PutLogEvents"
"""EventBridge is documented to name its rule with the lines that it writes, not with the stream
(Terraform AWS provider, aws_cloudwatch_event_target, "Cloudwatch Log Group Usage")."""

_SOURCES = re.compile(r"(?i)^(aws:Source(Account|Arn|OrgID)|kms:EncryptionContext:.+)$")
_CLUSTER_TAG = "aws:RequestTag/eks-cluster-arn"
"""Pod Identity names the cluster by it (EKS user guide, "Create IAM role with trust policy")."""

NAMES_NO_SOURCE: Mapping[str, str] = {
    "backup.amazonaws.com": "AWS Backup developer guide, IAM service roles; its page on confused"
    " deputies speaks of topics and keys alone",
    "ec2.amazonaws.com": "IAM user guide, instance profiles: the machine's account is the role's",
    "ecr.amazonaws.com": "ECR user guide, IAM permissions for creating a repository creation"
    " template",
    "s3.amazonaws.com": "S3 user guide, Setting up permissions for live replication",
}
"""Services whose guides show a trust policy without a source, and nowhere say that they name one:
a condition on what isn't named keeps them out. Whom they can act for is bounded all the same: none
is given a role but by someone with `iam:PassRole` for it, in the role's own account."""


def _conditions(statement: Mapping[str, Any]) -> list[str]:
    tests: Mapping[str, Mapping[str, Any]] = statement.get("Condition", {})
    return [key for test in tests.values() for key in test]


def _services(statement: Mapping[str, Any]) -> Sequence[str]:
    principal = statement.get("Principal")
    return texts(principal.get("Service")) if isinstance(principal, Mapping) else []


def _source_named(resource: Resource, stack: StackResources) -> Iterator[str]:
    for each in allowed(resource):
        services = _services(each)
        if resource.type == TOPIC_POLICY:
            services = [name for name in services if name != EVENTBRIDGE]
        if resource.type == LOG_POLICY and texts(each.get("Action")) == [OPENING]:
            services = [name for name in services if name not in OPENS_LOGS]
        if services and not any(map(_SOURCES.match, _conditions(each))):
            yield f"{called(each)} lets in {', '.join(services)}, whoever's account sends it"


def _log_can_begin(resource: Resource, stack: StackResources) -> Iterator[str]:
    ours = [each for each in allowed(resource) if EVENTBRIDGE in _services(each)]
    writes = any(WRITING in texts(each.get("Action")) for each in ours)
    opens = any(OPENING in texts(each.get("Action")) and not _conditions(each) for each in ours)
    if writes and not opens:
        yield f"lets EventBridge use {OPENING} on a condition that its request may not meet"


def _trust_named(resource: Resource, stack: StackResources) -> Iterator[str]:
    for each in allowed(resource):
        keys = _conditions(each)
        named = any(map(_SOURCES.match, keys)) or _CLUSTER_TAG in keys
        silent = [name for name in _services(each) if name not in NAMES_NO_SOURCE]
        if silent and not named:
            yield f"is the role of {', '.join(silent)}, whoever's account that acts for"


RULES = (
    Rule(
        id="services-name-their-source",
        layer=RuleLayer.IDENTITY,
        demand="A policy that lets an AWS service in names the account or resource it acts for.",
        reason="The service acts for every customer: another's trail or alarm would write here.",
        source="IAM user guide, The confused deputy problem; AWS Security Hub, SNS.4, SQS.3",
        remedy="add aws:SourceAccount or aws:SourceArn, or KMS' encryption context",
        types=(BUCKET_POLICY, *KEYS, LOG_POLICY, QUEUE_POLICY, TOPIC_POLICY),
        check=_source_named,
    ),
    Rule(
        id="event-logs-can-begin",
        layer=RuleLayer.IDENTITY,
        demand="EventBridge may open a stream of its log without naming the rule it acts for.",
        reason="A log of finished backups that no event reaches is as empty as one without any.",
        source="Terraform AWS provider, aws_cloudwatch_event_target, Cloudwatch Log Group Usage",
        remedy="put the condition on `logs:PutLogEvents` alone",
        types=(LOG_POLICY,),
        check=_log_can_begin,
    ),
    Rule(
        id="trust-names-source",
        layer=RuleLayer.IDENTITY,
        demand="A role of an AWS service names the account it acts for, where the service says so.",
        reason="Made to act for someone else, the service would do here what the role may.",
        source="IAM user guide, The confused deputy problem; VPC, RDS and EKS user guides",
        remedy="give `service_trust` the account, or list the service in `NAMES_NO_SOURCE` of"
        " `policy/rules/identity/services.py` with the page that was read",
        types=(ROLE,),
        check=_trust_named,
    ),
)
