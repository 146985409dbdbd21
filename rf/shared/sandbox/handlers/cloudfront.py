"""The edge: distributions, their origins' access, policies and functions, and its firewall."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

from typing import Any

from rf.shared.sandbox.api import RequestError
from rf.shared.sandbox.registry import Created, Inputs, Task, handles

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

HOSTED_ZONE = "Z2FDTNDATAQYW2"
"""The zone of every distribution's name, for alias records (AWS::Route53::RecordSet docs)."""


@handles("aws:cloudfront/distribution:Distribution")
def distribution(task: Task, inputs: Inputs) -> Created:
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
    answer = _create_distribution(task, shaped)
    return Created(
        answer["Id"],
        {
            "arn": answer["ARN"],
            "domainName": answer["DomainName"],
            "hostedZoneId": HOSTED_ZONE,
            "status": answer["Status"],
        },
    )


def _create_distribution(task: Task, wanted: dict[str, Any]) -> Any:
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


def _origin_group(group: dict[str, Any]) -> dict[str, Any]:
    shaped = dict(group)
    shaped["id"] = shaped.pop("originId")
    return shaped


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


@handles("aws:cloudfront/originAccessControl:OriginAccessControl")
def origin_access_control(task: Task, inputs: Inputs) -> Created:
    config = inputs.rest()
    config["name"] = config.get("name") or task.auto_name("name", 64)
    answer = task.send(
        "cloudfront", "CreateOriginAccessControl", {"originAccessControlConfig": config}
    )
    return Created(answer["OriginAccessControl"]["Id"])


@handles("aws:cloudfront/function:Function")
def function(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 64)
    publishes = inputs.take("publish", True)
    code = str(inputs.take("code")).encode()
    tags = inputs.take("tags") or {}
    stores = inputs.take("keyValueStoreAssociations") or []
    config = inputs.rest()
    config["comment"] = config.get("comment") or ""
    if stores:
        config["keyValueStoreAssociations"] = [{"keyValueStoreARN": arn} for arn in stores]
    shaped = task.api.fitted("cloudfront", "CreateFunction", {"functionConfig": config})
    answer = task.call(
        "cloudfront",
        "CreateFunction",
        Name=name,
        FunctionCode=code,
        **shaped,
        **({"Tags": {"Items": _pairs(tags)}} if tags else {}),
    )
    if publishes:
        # Only checked, so that what the emulator does hold, the code, is read back.
        wanted = {"Name": name, "IfMatch": answer["ETag"]}
        task.api.validate("cloudfront", "PublishFunction", wanted)
        task.api.simplified.add("edge function: stands in development, as publishing is lacking")
    arn = answer["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
    return Created(name, {"arn": arn, "etag": answer["ETag"], "name": name})


@handles("aws:cloudfront/keyValueStore:KeyValueStore")
def key_value_store(task: Task, inputs: Inputs) -> Created:
    inputs.drop("timeouts", "tags")
    name = inputs.take("name") or task.auto_name("name", 64)
    answer = task.send("cloudfront", "CreateKeyValueStore", inputs.rest(), Name=name)
    return Created(name, {"arn": answer["KeyValueStore"]["ARN"], "name": name})


@handles("aws:cloudfront/cachePolicy:CachePolicy")
def cache_policy(task: Task, inputs: Inputs) -> Created:
    config = inputs.rest()
    config["name"] = config.get("name") or task.auto_name("name", 128)
    config.setdefault("minTtl", 0)
    renames = {"minTtl": "MinTTL", "maxTtl": "MaxTTL", "defaultTtl": "DefaultTTL"}
    key = dict(config.get("parametersInCacheKeyAndForwardedToOrigin") or {})
    if key:
        # The provider may leave these out; the API may not.
        key.setdefault("enableAcceptEncodingGzip", False)
        config["parametersInCacheKeyAndForwardedToOrigin"] = _unwrapped(key)
    answer = task.send("cloudfront", "CreateCachePolicy", {"cachePolicyConfig": config}, renames)
    return _policy(task, answer.data, "CachePolicy")


@handles("aws:cloudfront/originRequestPolicy:OriginRequestPolicy")
def origin_request_policy(task: Task, inputs: Inputs) -> Created:
    config = _unwrapped(inputs.rest())
    config["name"] = config.get("name") or task.auto_name("name", 128)
    answer = task.send(
        "cloudfront", "CreateOriginRequestPolicy", {"originRequestPolicyConfig": config}
    )
    return _policy(task, answer.data, "OriginRequestPolicy")


@handles("aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy")
def response_headers_policy(task: Task, inputs: Inputs) -> Created:
    config = inputs.rest()
    config["name"] = config.get("name") or task.auto_name("name", 128)
    renames = {
        "accessControlMaxAgeSec": "AccessControlMaxAgeSec",
        "includeSubdomains": "IncludeSubdomains",
        "xssProtection": "XSSProtection",
    }
    answer = task.send(
        "cloudfront",
        "CreateResponseHeadersPolicy",
        {"responseHeadersPolicyConfig": config},
        renames,
    )
    return _policy(task, answer.data, "ResponseHeadersPolicy")


@handles("aws:cloudfront/vpcOrigin:VpcOrigin")
def vpc_origin(task: Task, inputs: Inputs) -> Created:
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


def _policy(task: Task, answer: Any, member: str) -> Created:
    """The id of what was made; an invented one where the emulator makes none."""
    if member in answer:
        return Created(answer[member]["Id"])
    return Created(str(task.invented.get("id") or task.auto_name("id", 36)))


def _unwrapped(config: dict[str, Any]) -> dict[str, Any]:
    """`{headers: {items: [...]}}` of the provider as the list that `fit` counts itself."""
    shaped = dict(config)
    for block in ("cookiesConfig", "headersConfig", "queryStringsConfig"):
        if isinstance(shaped.get(block), dict):
            shaped[block] = {
                key: value["items"] if isinstance(value, dict) and "items" in value else value
                for key, value in shaped[block].items()
            }
    return shaped


def _pairs(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


WEB_ACL_RENAMES = {
    "cloudwatchMetricsEnabled": "CloudWatchMetricsEnabled",
}


@handles("aws:wafv2/webAcl:WebAcl")
def web_acl(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 128)
    answer = task.send(
        "wafv2",
        "CreateWebACL",
        inputs.rest(),
        WEB_ACL_RENAMES,
        Name=name,
    )["Summary"]
    return Created(answer["Id"], {"arn": answer["ARN"], "name": name})


@handles("aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration")
def logging(task: Task, inputs: Inputs) -> Created:
    arn = inputs["resourceArn"]
    task.send("wafv2", "PutLoggingConfiguration", {"loggingConfiguration": inputs.rest()})
    return Created(arn)
