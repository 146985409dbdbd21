"""Invented ids and outputs of CloudFront and its firewall."""

from __future__ import annotations

from collections.abc import Mapping

from rf.shared.offline.invention import Computed, Invent, Registration


def _distribution(registration: Registration) -> Computed:
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


def _edge(kind: str, make_id: str = "letters") -> Invent:
    """CloudFront's smaller resources: opaque ids and ARNs without a region."""

    def invent(registration: Registration) -> Computed:
        opaque = f"E{registration.letters(13)}"
        resource_id = registration.uuid() if make_id == "uuid" else opaque
        resource_id = registration.named() if make_id == "name" else resource_id
        arn = registration.arn("cloudfront", f"{kind}/{resource_id}", region="")
        return Computed(resource_id, {"arn": arn, "etag": f"E{registration.letters(12, 'etag')}"})

    return invent


def _web_acl(registration: Registration) -> Computed:
    unique, name = registration.uuid(), registration.named()
    scope = "global" if registration.text("scope") == "CLOUDFRONT" else "regional"
    arn = registration.arn("wafv2", f"{scope}/webacl/{name}/{unique}")
    return Computed(unique, {"name": name, "arn": arn, "capacity": 1})


def _vpc_origin(registration: Registration) -> Computed:
    unique = f"vo_{registration.letters(22)}"
    arn = registration.arn("cloudfront", f"vpcorigin/{unique}", region="")
    return Computed(unique, {"arn": arn, "etag": f"E{registration.letters(12, 'etag')}"})


def _key_value_store(registration: Registration) -> Computed:
    name, unique = registration.named(), registration.uuid()
    arn = registration.arn("cloudfront", f"key-value-store/{unique}", region="")
    return Computed(name, {"name": name, "arn": arn, "etag": f"E{registration.letters(12)}"})


def _log_delivery(kind: str) -> Invent:
    """What CloudWatch Logs knows by name: a source or a destination of delivered logs."""

    def invent(registration: Registration) -> Computed:
        name = registration.named()
        arn = registration.arn("logs", f"{kind}:{name}")
        return Computed(name, {"name": name, "arn": arn, "service": "cloudfront"})

    return invent


def _delivery(registration: Registration) -> Computed:
    unique = registration.letters(16)
    return Computed(unique, {"arn": registration.arn("logs", f"delivery:{unique}")})


REGISTRY: Mapping[str, Invent] = {
    "aws:cloudfront/distribution:Distribution": _distribution,
    "aws:cloudfront/originAccessControl:OriginAccessControl": _edge("origin-access-control"),
    "aws:cloudfront/cachePolicy:CachePolicy": _edge("cache-policy", "uuid"),
    "aws:cloudfront/originRequestPolicy:OriginRequestPolicy": _edge(
        "origin-request-policy", "uuid"
    ),
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": _edge(
        "response-headers-policy", "uuid"
    ),
    "aws:cloudfront/function:Function": _edge("function", "name"),
    "aws:cloudfront/keyValueStore:KeyValueStore": _key_value_store,
    "aws:cloudfront/vpcOrigin:VpcOrigin": _vpc_origin,
    "aws:wafv2/webAcl:WebAcl": _web_acl,
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": lambda registration: (
        Computed(registration.text("resourceArn"), {})
    ),
    "aws:cloudwatch/logDeliverySource:LogDeliverySource": _log_delivery("delivery-source"),
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": _log_delivery(
        "delivery-destination"
    ),
    "aws:cloudwatch/logDelivery:LogDelivery": _delivery,
}
