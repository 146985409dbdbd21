"""The firewall: its rules, what it stands before, and its log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import Unruled
from rf.shared.cards.control_plane import ControlPlane
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Task
from rf.shared.cards.prices import Counted, Free, Priced, fixed
from rf.shared.cards.residency import NO_DATA, Residency
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME, Without
from rf.shared.offline.invention import Computed, Registration
from rf.shared.plan import RecordedPlan, RecordedResource

if TYPE_CHECKING:
    from rf.shared.sandbox.reader import Reader

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


WEB_ACL_RENAMES = {
    "cloudwatchMetricsEnabled": "CloudWatchMetricsEnabled",
}


def _create_web_acl(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 128)
    answer = task.send(
        "wafv2",
        "CreateWebACL",
        inputs.rest(),
        WEB_ACL_RENAMES,
        Name=name,
    )["Summary"]
    return Created(answer["Id"], {"arn": answer["ARN"], "name": name})


def _verify_web_acl(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Its rules, by name and order."""
    listed = reader.read("wafv2", "ListWebACLs", Scope=inputs["scope"])["WebACLs"]
    name = next((entry["Name"] for entry in listed if entry["Id"] == identifier), identifier)
    actual = reader.read("wafv2", "GetWebACL", Name=name, Scope=inputs["scope"], Id=identifier)[
        "WebACL"
    ]
    wanted = {rule["name"]: int(rule["priority"]) for rule in inputs.get("rules") or []}
    yield "rules", wanted, {rule["Name"]: rule["Priority"] for rule in actual["Rules"]}


def _firewall(resource: RecordedResource, _plan: RecordedPlan) -> Counted:
    yield "waf:acl", fixed(1)
    yield "waf:rule", fixed(len(resource.inputs.get("rules", ())))


def _invented_web_acl_association(registration: Registration) -> Computed:
    parts = (registration.text("webAclArn"), registration.text("resourceArn"))
    return Computed(",".join(parts), {})


def _create_web_acl_association(task: Task, inputs: Inputs) -> Created:
    acl, resource = inputs["webAclArn"], inputs["resourceArn"]
    task.send("wafv2", "AssociateWebACL", inputs.rest(), {"webAclArn": "WebACLArn"})
    return Created(f"{acl},{resource}")


def _create_logging(task: Task, inputs: Inputs) -> Created:
    arn = inputs["resourceArn"]
    task.send("wafv2", "PutLoggingConfiguration", {"loggingConfiguration": inputs.rest()})
    return Created(arn)


def _verify_firewall_log(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Where it goes, and how many fields are redacted in it."""
    actual = reader.read("wafv2", "GetLoggingConfiguration", ResourceArn=identifier)
    configuration = actual["LoggingConfiguration"]
    yield (
        "destinations",
        list(inputs["logDestinationConfigs"]),
        configuration["LogDestinationConfigs"],
    )
    redacted = len(inputs.get("redactedFields") or [])
    yield "redacted fields", redacted, len(configuration.get("RedactedFields") or [])


CARDS = (
    Card(
        type=WEB_ACL,
        computed=_invented_web_acl,
        values=by_model("wafv2:AssociateWebACL", "wafv2:CreateWebACL", "wafv2:UpdateWebACL"),
        lifecycle=Calls(service="wafv2", create="AssociateWebACL").lifecycle(
            create=_create_web_acl
        ),
        verification=Verification(kind="firewall", more=_verify_web_acl),
        changes=Unruled(),
        price=Priced(keys=("waf:",), count=_firewall),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "wafv2:CreateWebACL",
            "wafv2:TagResource",
        ),
        residency=Residency(
            lies="it holds settings and no data",
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
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="wafv2", create="?").lifecycle(create=_create_web_acl_association),
        verification=NOT_COMPARED,
        changes=Unruled(),
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
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="wafv2", create="?").lifecycle(create=_create_logging),
        verification=Verification(kind="firewall log", more=_verify_firewall_log),
        changes=Unruled(),
        price=Free(reason="paid as the logs it writes"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("wafv2:PutLoggingConfiguration",),
        residency=NO_DATA,
        control_plane=CONTROL_PLANE,
    ),
)
