"""Distributions, and their access to their origins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.account import usage
from rf.shared.account.unreadable import GLOBAL_REGION
from rf.shared.cards.answers import RequestError
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule, Unruled
from rf.shared.cards.control_plane import ControlPlane
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Task
from rf.shared.cards.prices import Free, Priced
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import GLOBAL_SETTINGS, Residency
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import NOT_SHOWN, Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME, USAGE
from rf.shared.offline.invention import Computed, Invent, Registration

if TYPE_CHECKING:
    from rf.shared.sandbox.reader import Reader

CONTROL_PLANE = ControlPlane(
    name="CloudFront",
    service="cloudfront",
    goes_on="distributions, functions and key value stores serve as they are",
)


DISTRIBUTION = "aws:cloudfront/distribution:Distribution"


def _invented_edge(kind: str, make_id: str = "letters") -> Invent:
    """CloudFront's smaller resources: opaque ids and ARNs without a region."""

    def invent(registration: Registration) -> Computed:
        opaque = f"E{registration.letters(13)}"
        resource_id = registration.uuid() if make_id == "uuid" else opaque
        resource_id = registration.named() if make_id == "name" else resource_id
        arn = registration.arn("cloudfront", f"{kind}/{resource_id}", region="")
        return Computed(resource_id, {"arn": arn, "etag": f"E{registration.letters(12, 'etag')}"})

    return invent


def _policy(task: Task, answer: Any, member: str) -> Created:
    """The id of what was made; an invented one where the emulator makes none."""
    if member in answer:
        return Created(answer[member]["Id"])
    return Created(str(task.invented.get("id") or task.auto_name("id", 36)))


def _invented_distribution(registration: Registration) -> Computed:
    unique = f"E{registration.letters(13)}"
    host = f"d{registration.hex(13)}.cloudfront.net"
    return Computed(
        unique,
        {
            "arn": registration.arn("cloudfront", f"distribution/{unique}", region=""),
            "domainName": host,
            "hostedZoneId": "Z2FDTNDATAQYW2",
            "etag": f"E{registration.letters(12, 'etag')}",
            "status": "Deployed",
        },
    )


def _origin(origin: dict[str, Any]) -> dict[str, Any]:
    shaped = dict(origin)
    headers = shaped.pop("customHeaders", None) or []
    shaped["customHeaders"] = [
        {"headerName": header["name"], "headerValue": header["value"]} for header in headers
    ]
    direct = ("customOriginConfig", "vpcOriginConfig", "s3OriginConfig")
    if not any(shaped.get(key) for key in direct):
        # A bucket behind an access control still needs the block, with no identity in it.
        shaped["s3OriginConfig"] = {"originAccessIdentity": ""}
    return shaped


HOSTED_ZONE = "Z2FDTNDATAQYW2"
"""The zone of every distribution's name, for alias records (AWS::Route53::RecordSet docs)."""


def _behavior(behavior: dict[str, Any]) -> dict[str, Any]:
    shaped = dict(behavior)
    allowed = list(shaped.pop("allowedMethods"))
    cached = list(shaped.pop("cachedMethods"))
    shaped["allowedMethods"] = {
        "quantity": len(allowed),
        "items": allowed,
        "cachedMethods": cached,
    }
    return shaped


def _send_distribution(task: Task, wanted: dict[str, Any]) -> Any:
    """Validates the distribution as planned; sends it as the emulator can hold it.

    The emulator knows no origin groups and refuses a behaviour that targets one, so there the
    group's first member, from which CloudFront serves until it fails, stands for the group.
    """
    operation, config = "CreateDistributionWithTags", wanted["DistributionConfig"]
    task.api.validate("cloudfront", operation, {"DistributionConfigWithTags": wanted})
    first = {
        group["Id"]: group["Members"]["Items"][0]["OriginId"]
        for group in config.get("OriginGroups", {}).get("Items", [])
    }
    known = {origin["Id"] for origin in config["Origins"]["Items"]} | set(first)
    behaviors = [config["DefaultCacheBehavior"], *config["CacheBehaviors"]["Items"]]
    unknown = {behavior["TargetOriginId"] for behavior in behaviors} - known
    if unknown:
        raise RequestError(f"behaviours target origins that don't exist: {sorted(unknown)}")
    for behavior in behaviors:
        target = behavior["TargetOriginId"]
        if target in first:
            behavior["TargetOriginId"] = first[target]
            task.api.simplified.add(
                f"distribution: origin group {target} (fail-over) stands as its first member"
            )
    answer = task.call("cloudfront", operation, DistributionConfigWithTags=wanted)
    return answer["Distribution"]


def _origin_group(group: dict[str, Any]) -> dict[str, Any]:
    shaped = dict(group)
    shaped["id"] = shaped.pop("originId")
    return shaped


def _pairs(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


DISTRIBUTION_RENAMES = {
    "originId": "Id",
    "domainName": "DomainName",
    "orderedCacheBehaviors": "CacheBehaviors",
    "isIpv6Enabled": "IsIPV6Enabled",
    "webAclId": "WebACLId",
    "httpPort": "HTTPPort",
    "httpsPort": "HTTPSPort",
    "loggingConfig": "Logging",
    "cloudfrontDefaultCertificate": "CloudFrontDefaultCertificate",
    "sslSupportMethod": "SSLSupportMethod",
    "acmCertificateArn": "ACMCertificateArn",
    "iamCertificateId": "IAMCertificateId",
    "failoverCriteria": "FailoverCriteria",
    "lambdaArn": "LambdaFunctionARN",
    "functionArn": "FunctionARN",
    "originSslProtocols": "OriginSslProtocols",
    "originAccessControlId": "OriginAccessControlId",
}


def _create_distribution(task: Task, inputs: Inputs) -> Created:
    inputs.drop("retainOnDelete", "waitForDeployment")
    tags = inputs.take("tags") or {}
    config = inputs.rest()
    config["comment"] = config.get("comment") or ""
    config["httpVersion"] = str(config.get("httpVersion", "http2")).lower()
    config["origins"] = [_origin(origin) for origin in config["origins"]]
    config["originGroups"] = [_origin_group(group) for group in config.get("originGroups") or []]
    config["defaultCacheBehavior"] = _behavior(config["defaultCacheBehavior"])
    config["orderedCacheBehaviors"] = [
        _behavior(behavior) for behavior in config.get("orderedCacheBehaviors") or []
    ]
    restriction = dict(config["restrictions"]["geoRestriction"])
    restriction["items"] = list(restriction.pop("locations", None) or [])
    restriction["quantity"] = len(restriction["items"])
    restriction["restrictionType"] = restriction.pop("restrictionType")
    config["restrictions"] = {"geoRestriction": restriction}
    wanted = {"distributionConfigWithTags": {"distributionConfig": config}}
    shaped = task.api.fitted(
        "cloudfront", "CreateDistributionWithTags", wanted, DISTRIBUTION_RENAMES
    )["DistributionConfigWithTags"]
    shaped["DistributionConfig"]["CallerReference"] = task.urn[-128:]
    shaped["Tags"] = {"Items": _pairs(tags)}
    answer = _send_distribution(task, shaped)
    return Created(
        answer["Id"],
        {
            "arn": answer["ARN"],
            "domainName": answer["DomainName"],
            "hostedZoneId": HOSTED_ZONE,
            "status": answer["Status"],
        },
    )


def _verify_distribution(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Its origins, the paths it serves from each, its firewall and names."""
    actual = reader.read("cloudfront", "GetDistribution", Id=identifier)["Distribution"]
    config = actual["DistributionConfig"]
    wanted = {origin["originId"]: origin["domainName"] for origin in inputs["origins"]}
    origins = {origin["Id"]: origin["DomainName"] for origin in config["Origins"]["Items"]}
    yield "origins", wanted, origins
    default = inputs["defaultCacheBehavior"]
    behavior = config["DefaultCacheBehavior"]
    groups = [group["originId"] for group in inputs.get("originGroups") or []]
    if groups:
        yield "origin groups", sorted(groups), NOT_SHOWN
    if default["targetOriginId"] not in groups:
        yield "default origin", default["targetOriginId"], behavior["TargetOriginId"]
    yield "viewer protocol", default["viewerProtocolPolicy"], behavior["ViewerProtocolPolicy"]
    paths = {
        b["pathPattern"]: b["targetOriginId"] for b in inputs.get("orderedCacheBehaviors") or []
    }
    behaviors = config.get("CacheBehaviors", {}).get("Items", [])
    yield "paths", paths, {b["PathPattern"]: b["TargetOriginId"] for b in behaviors}
    yield "names", sorted(inputs.get("aliases") or []), sorted(config["Aliases"].get("Items", []))
    yield "firewall", inputs.get("webAclId") or "", config.get("WebACLId", "")
    yield "HTTP", inputs["httpVersion"], str(config.get("HttpVersion", "")).lower()
    yield "IPv6", inputs["isIpv6Enabled"], config.get("IsIPV6Enabled")
    yield "default object", inputs.get("defaultRootObject", ""), config.get("DefaultRootObject", "")


def _create_origin_access_control(task: Task, inputs: Inputs) -> Created:
    config = inputs.rest()
    config["name"] = config.get("name") or task.auto_name("name", 64)
    answer = task.send(
        "cloudfront", "CreateOriginAccessControl", {"originAccessControlConfig": config}
    )
    return Created(answer["OriginAccessControl"]["Id"])


def _invented_vpc_origin(registration: Registration) -> Computed:
    unique = f"vo_{registration.letters(22)}"
    arn = registration.arn("cloudfront", f"vpcorigin/{unique}", region="")
    return Computed(unique, {"arn": arn, "etag": f"E{registration.letters(12, 'etag')}"})


def _create_vpc_origin(task: Task, inputs: Inputs) -> Created:
    inputs.drop("timeouts")
    tags = inputs.take("tags") or {}
    config = dict(inputs.take("vpcOriginEndpointConfig"))
    protocols = config.pop("originSslProtocols", None)
    if protocols:
        config["originSslProtocols"] = {
            "quantity": len(protocols["items"]),
            "items": protocols["items"],
        }
    answer = task.send(
        "cloudfront",
        "CreateVpcOrigin",
        inputs.rest() | {"vpcOriginEndpointConfig": config},
        **({"Tags": {"Items": _pairs(tags)}} if tags else {}),
    )
    return _policy(task, answer.data, "VpcOrigin")


CARDS = (
    Card(
        type=DISTRIBUTION,
        computed=_invented_distribution,
        values=by_model("cloudfront:CreateDistribution", "cloudfront:UpdateDistribution"),
        lifecycle=Calls(service="cloudfront", create="CreateDistribution").lifecycle(
            create=_create_distribution
        ),
        verification=Verification(kind="distribution", more=_verify_distribution),
        changes=Changes(
            holds="the domain name that users and DNS know",
            source=(
                provider(
                    "cloudfront/distribution.go (every property but `staging` and the "
                    "tenants' is updated in place)"
                ),
            ),
            properties={
                "staging": REPLACE,
                "aliases": IN_PLACE,
                "comment": IN_PLACE,
                "customErrorResponses": IN_PLACE,
                "defaultCacheBehavior": IN_PLACE,
                "defaultRootObject": IN_PLACE,
                "enabled": PropertyRule(
                    to={"true": IN_PLACE}, effect=DANGEROUS, why="nobody is served"
                ),
                "httpVersion": IN_PLACE,
                "isIpv6Enabled": IN_PLACE,
                "loggingConfig": IN_PLACE,
                "orderedCacheBehaviors": IN_PLACE,
                "originGroups": IN_PLACE,
                "origins": IN_PLACE,
                "priceClass": IN_PLACE,
                "restrictions": IN_PLACE,
                "retainOnDelete": IN_PLACE,
                "tags": IN_PLACE,
                "viewerCertificate": IN_PLACE,
                "waitForDeployment": IN_PLACE,
                "webAclId": IN_PLACE,
            },
        ),
        price=Priced(keys=("cloudfront:",), count=USAGE),
        quotas=(
            Quota(
                service="cloudfront",
                code="L-24B04930",
                name="Distributions per AWS account",
                demand=count_of(DISTRIBUTION),
                used=usage.distributions,
                region=GLOBAL_REGION,
            ),
        ),
        naming=OWN_NAME,
        permissions=(
            "cloudfront:CreateDistribution",
            "cloudfront:TagResource",
        ),
        residency=Residency(
            lies="it holds settings and no data",
            outside=(
                "CloudFront is global: it answers at the location nearest to the viewer, "
                "caches public files alone, and names its certificate and firewall, which "
                "stand in us-east-1"
            ),
        ),
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type="aws:cloudfront/originAccessControl:OriginAccessControl",
        computed=_invented_edge("origin-access-control"),
        values=by_model(
            "cloudfront:CreateOriginAccessControl", "cloudfront:UpdateOriginAccessControl"
        ),
        lifecycle=Calls(service="cloudfront", create="CreateOriginAccessControl").lifecycle(
            create=_create_origin_access_control
        ),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Free(reason="part of the distribution"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("cloudfront:CreateOriginAccessControl",),
        residency=GLOBAL_SETTINGS,
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type="aws:cloudfront/vpcOrigin:VpcOrigin",
        computed=_invented_vpc_origin,
        values=by_model("cloudfront:CreateVpcOrigin", "cloudfront:UpdateVpcOrigin"),
        lifecycle=Calls(service="cloudfront", create="CreateVpcOrigin").lifecycle(
            create=_create_vpc_origin
        ),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Free(reason="AWS charges nothing for a VPC origin"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("cloudfront:CreateVpcOrigin",),
        residency=GLOBAL_SETTINGS,
        control_plane=CONTROL_PLANE,
    ),
)
