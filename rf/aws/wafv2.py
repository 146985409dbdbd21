"""The firewall: its rules, what it stands before, and its log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rf.shared.cards.calls import AS_CREATED, Calls, Name, Tagging
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.control_plane import ControlPlane
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.lifecycle import Reading
from rf.shared.cards.permissions import ServiceLinkedRole
from rf.shared.cards.prices import Counted, Free, Priced, fixed
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, NOT_ENUMERATED, OWN_NAME
from rf.shared.offline.invention import Computed, Registration
from rf.shared.plan import RecordedPlan, RecordedResource

CONTROL_PLANE = ControlPlane(
    name="WAF of CloudFront",
    service="wafv2",
    goes_on="rules inspect at the edge as they are",
    edge=True,
)

WEB_ACL = "aws:wafv2/webAcl:WebAcl"


def _invented_web_acl(registration: Registration) -> Computed:
    unique, name = registration.uuid(), registration.named()
    scope = "global" if registration.text("scope") == "CLOUDFRONT" else "regional"
    arn = registration.arn("wafv2", f"{scope}/webacl/{name}/{unique}")
    return Computed(unique, {"name": name, "arn": arn, "capacity": 1})


_WEB_ACL = Calls(
    service="wafv2",
    create="CreateWebACL",
    read="GetWebACL",
    update="UpdateWebACL",
    delete="DeleteWebACL",
    name=Name(parameter="Name", limit=128),
    identifier="Id",
    by={"Name": "{name}", "Scope": "{scope}", "Id": "{id}"},
    lock={"LockToken": "LockToken"},
    whole=True,
    tagging=Tagging(add="TagResource", remove="UntagResource", by="ResourceARN"),
)


def _rules(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    """By name and order."""
    planned = {rule["name"]: int(rule["priority"]) for rule in inputs.get("rules") or []}
    return planned, {rule["Name"]: rule["Priority"] for rule in reading.thing["Rules"]}


def _firewall(resource: RecordedResource, _plan: RecordedPlan) -> Counted:
    yield "waf:acl", fixed(1)
    yield "waf:rule", fixed(len(resource.inputs.get("rules", ())))


def _invented_web_acl_association(registration: Registration) -> Computed:
    parts = (registration.text("webAclArn"), registration.text("resourceArn"))
    return Computed(",".join(parts), {})


_ASSOCIATION = Calls(
    service="wafv2",
    create="AssociateWebACL",
    read="GetWebACLForResource",
    update=AS_CREATED,
    delete="DisassociateWebACL",
    identifier="{webAclArn},{resourceArn}",
    by={"ResourceArn": "{resourceArn}"},
    outputs={"webAclArn": "ARN"},
)

_LOGGING = Calls(
    service="wafv2",
    create="PutLoggingConfiguration",
    read="GetLoggingConfiguration",
    update=AS_CREATED,
    delete="DeleteLoggingConfiguration",
    identifier="{resourceArn}",
    by={"ResourceArn": "{id}"},
    within="loggingConfiguration",
)


def _redacted_fields(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    """As many as there are."""
    found = reading.thing.get("RedactedFields") or []
    return len(inputs.get("redactedFields") or []), len(found)


CARDS = (
    Card(
        type=WEB_ACL,
        computed=_invented_web_acl,
        values=by_model("wafv2:AssociateWebACL", "wafv2:CreateWebACL", "wafv2:UpdateWebACL"),
        lifecycle=_WEB_ACL.lifecycle(),
        creation=SECONDS,
        verification=Verification(kind="firewall", rows={"rules": _rules}),
        changes=Changes(
            source=(provider("wafv2/web_acl.go"),),
            properties={
                "name": REPLACE,
                "namePrefix": REPLACE,
                "scope": REPLACE,
                **dict.fromkeys(
                    (
                        "associationConfig",
                        "captchaConfig",
                        "challengeConfig",
                        "customResponseBodies",
                        "defaultAction",
                        "description",
                        "rules",
                        "tokenDomains",
                        "visibilityConfig",
                    ),
                    IN_PLACE,
                ),
                "dataProtectionConfig": PropertyRule(
                    widened=IN_PLACE,
                    effect=DANGEROUS,
                    why="what is no longer protected stands in logs and samples",
                ),
            },
        ),
        price=Priced(keys=("waf:",), count=_firewall),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "wafv2:CreateWebACL",
            "wafv2:TagResource",
        ),
        residency=replace(
            NO_DATA,
            outside=(
                "a firewall of CloudFront is configured in us-east-1; log and samples are "
                "off, and it inspects at the edge location nearest to the viewer"
            ),
        ),
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type="aws:wafv2/webAclAssociation:WebAclAssociation",
        computed=_invented_web_acl_association,
        values=NOT_ENUMERATED,
        lifecycle=_ASSOCIATION.lifecycle(),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            alone="a balancer has one ACL, which the old association's deletion takes away",
            source=(provider("wafv2/web_acl_association.go (no update)"),),
            properties={"resourceArn": REPLACE, "webAclArn": REPLACE},
        ),
        price=Free(reason="part of its list of rules"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "wafv2:AssociateWebACL",
            "wafv2:GetWebACLForResource",
            "elasticloadbalancing:SetWebACL",
        ),
        residency=NO_DATA,
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type="aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
        computed=lambda registration: Computed(registration.text("resourceArn"), {}),
        values=NOT_ENUMERATED,
        lifecycle=_LOGGING.lifecycle(),
        creation=SECONDS,
        verification=Verification(
            kind="firewall log",
            rows={
                "destinations": "logDestinationConfigs",
                "redacted fields": _redacted_fields,
            },
        ),
        changes=Changes(
            alone="an ACL has one log, which the old one's deletion takes away",
            source=(provider("wafv2/web_acl_logging_configuration.go"),),
            properties={
                "logDestinationConfigs": REPLACE,
                "resourceArn": REPLACE,
                "loggingFilter": IN_PLACE,
                "redactedFields": PropertyRule(
                    widened=IN_PLACE,
                    effect=DANGEROUS,
                    why="what is no longer redacted stands in the log",
                ),
            },
        ),
        price=Free(reason="paid as the logs it writes"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "wafv2:PutLoggingConfiguration",
            ServiceLinkedRole(
                principal="wafv2.amazonaws.com", name="AWSServiceRoleForWAFV2Logging"
            ),
        ),
        residency=NO_DATA,
        control_plane=CONTROL_PLANE,
    ),
)
