"""Distributions: what is served of which origin, under which names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rf.aws.cloudfront.edge import CONTROL_PLANE, LOCK, TAGGING
from rf.shared.account import usage
from rf.shared.account.unreadable import GLOBAL_REGION
from rf.shared.cards.answers import RequestError
from rf.shared.cards.calls import Calls, look_up, retag, take_away
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.creation import Creation
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.prices import Priced
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import provider, thread
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import NOT_SHOWN, Verification, member
from rf.shared.cards.without import OWN_NAME, USAGE
from rf.shared.offline.invention import Computed, Registration

DISTRIBUTION = "aws:cloudfront/distribution:Distribution"

_ZONE = "Z2FDTNDATAQYW2"
"""The zone of every distribution's name, for alias records (AWS::Route53::RecordSet docs)."""

_HELD_IN_PART = ("origins", "originGroups", "defaultCacheBehavior", "orderedCacheBehaviors")
"""Settings of which the emulator forgets parts, as functions, headers and private origins."""

_PROVIDER_ONLY = ("retainOnDelete", "waitForDeployment")


def _invented_distribution(registration: Registration) -> Computed:
    unique = f"E{registration.letters(13)}"
    host = f"d{registration.hex(13)}.cloudfront.net"
    return Computed(
        unique,
        {
            "arn": registration.arn("cloudfront", f"distribution/{unique}", region=""),
            "domainName": host,
            "hostedZoneId": _ZONE,
            "etag": f"E{registration.letters(12, 'etag')}",
            "status": "Deployed",
        },
    )


_DISTRIBUTION = Calls(
    service="cloudfront",
    create="CreateDistributionWithTags",
    read="GetDistribution",
    update="UpdateDistribution",
    delete="DeleteDistribution",
    by={"Id": "{id}"},
    found="Distribution.DistributionConfig",
    lock=LOCK,
    renames={
        "originId": "Id",
        "orderedCacheBehaviors": "CacheBehaviors",
        "loggingConfig": "Logging",
        "lambdaArn": "LambdaFunctionARN",
        "name": "HeaderName",
        "value": "HeaderValue",
    },
    tagging=TAGGING,
)


def _create_distribution(task: Task, inputs: Inputs) -> Created:
    tags: Mapping[str, str] = inputs.take("tags") or {}
    config = _configuration(task, inputs) | {"CallerReference": task.urn[-128:]}
    pairs = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
    wanted = {"DistributionConfig": config, "Tags": {"Items": pairs}}
    task.api.validate("cloudfront", _DISTRIBUTION.create, {"DistributionConfigWithTags": wanted})
    wanted["DistributionConfig"] = _without_groups(task, config)
    answer = task.call("cloudfront", _DISTRIBUTION.create, DistributionConfigWithTags=wanted)
    thing = answer["Distribution"]
    outputs = {"arn": thing["ARN"], "domainName": thing["DomainName"], "status": thing["Status"]}
    return Created(thing["Id"], outputs | {"hostedZoneId": _ZONE})


def _update_distribution(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """By the whole of its settings, and the mark of those that stand."""
    retag("cloudfront", TAGGING, task, standing, inputs.take("tags") or {})
    now = task.call("cloudfront", "GetDistributionConfig", Id=standing.id)
    reference = now["DistributionConfig"]["CallerReference"]
    config = _configuration(task, inputs) | {"CallerReference": reference}
    which = {"Id": standing.id, "IfMatch": now["ETag"]}
    task.api.validate("cloudfront", _DISTRIBUTION.update, which | {"DistributionConfig": config})
    settings = _without_groups(task, config)
    task.call("cloudfront", _DISTRIBUTION.update, **which, DistributionConfig=settings)
    return Created(standing.id, standing.outputs)


def _delete_distribution(task: Task, standing: Standing) -> None:
    """Disabled first, without which AWS deletes none; one that is retained stays so."""
    try:
        now = task.call("cloudfront", "GetDistributionConfig", Id=standing.id)
    except RequestError as error:
        if error.says_gone:
            return
        raise
    if now["DistributionConfig"]["Enabled"]:
        task.call(
            "cloudfront",
            _DISTRIBUTION.update,
            Id=standing.id,
            IfMatch=now["ETag"],
            DistributionConfig={**now["DistributionConfig"], "Enabled": False},
        )
    if not standing.inputs.get("retainOnDelete"):
        take_away(_DISTRIBUTION, task, standing)


def _configuration(task: Task, inputs: Inputs) -> dict[str, Any]:
    """The settings in the API's form; uses the inputs up."""
    inputs.drop(*_PROVIDER_ONLY)
    config = inputs.rest()
    config["comment"] = config.get("comment") or ""
    config["httpVersion"] = str(config.get("httpVersion", "http2")).lower()
    config["origins"] = [_origin(origin) for origin in config["origins"]]
    config["originGroups"] = config.get("originGroups") or []
    config["defaultCacheBehavior"] = _behavior(config["defaultCacheBehavior"])
    config["orderedCacheBehaviors"] = [
        _behavior(behavior) for behavior in config.get("orderedCacheBehaviors") or []
    ]
    restriction = dict(config["restrictions"]["geoRestriction"])
    countries = list(restriction.pop("locations", None) or [])
    restriction |= {"items": countries, "quantity": len(countries)}
    config["restrictions"] = {"geoRestriction": restriction}
    fitted = task.api.fitted(
        "cloudfront", _DISTRIBUTION.update, {"distributionConfig": config}, _DISTRIBUTION.renames
    )
    return dict(fitted["DistributionConfig"])


def _origin(origin: Mapping[str, Any]) -> dict[str, Any]:
    shaped = dict(origin)
    shaped["customHeaders"] = shaped.get("customHeaders") or []
    direct = ("customOriginConfig", "vpcOriginConfig", "s3OriginConfig")
    if not any(shaped.get(key) for key in direct):
        # A bucket behind an access control still needs the block, with no identity in it.
        shaped["s3OriginConfig"] = {"originAccessIdentity": ""}
    return shaped


def _behavior(behavior: Mapping[str, Any]) -> dict[str, Any]:
    shaped = dict(behavior)
    allowed = list(shaped.pop("allowedMethods"))
    cached = list(shaped.pop("cachedMethods"))
    shaped["allowedMethods"] = {
        "quantity": len(allowed),
        "items": allowed,
        "cachedMethods": cached,
    }
    return shaped


def _without_groups(task: Task, config: dict[str, Any]) -> dict[str, Any]:
    """The settings as the emulator can hold them.

    It knows no origin groups and refuses a behaviour that targets one, so there the group's first
    member, from which CloudFront serves until it fails, stands for the group.
    """
    first = {
        group["Id"]: group["Members"]["Items"][0]["OriginId"]
        for group in config["OriginGroups"]["Items"]
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
    return config


def _read_distribution(task: Task, standing: Standing) -> Reading | None:
    """Its settings, those that the provider has in another form put into it."""
    reading = look_up(_DISTRIBUTION, task, standing)
    if reading is None:
        return None
    config = reading.thing
    shown = dict(reading.shown)
    restriction = config["Restrictions"]["GeoRestriction"]
    geo: dict[str, Any] = {"restrictionType": restriction["RestrictionType"]}
    if restriction.get("Items"):
        geo["locations"] = restriction["Items"]
    shown["restrictions"] = {"geoRestriction": geo}
    behaviors = (config.get("CacheBehaviors") or {}).get("Items") or []
    for behavior, methods in zip(
        [shown["defaultCacheBehavior"], *shown.get("orderedCacheBehaviors", [])],
        [config["DefaultCacheBehavior"], *behaviors],
        strict=True,
    ):
        behavior["cachedMethods"] = methods["AllowedMethods"]["CachedMethods"]["Items"]
    for key in _HELD_IN_PART:
        if not _has_all_of(standing.inputs.get(key), shown.get(key)):
            shown.pop(key, None)
    return Reading(thing=config, shown=shown)


def _has_all_of(planned: Any, shown: Any) -> bool:
    """Whether everything that is planned has a counterpart, whatever its value."""
    if isinstance(planned, Mapping):
        return isinstance(shown, Mapping) and all(
            _has_all_of(value, shown.get(key))
            for key, value in planned.items()
            if value is not None
        )
    if isinstance(planned, list):
        return len(planned) == len(shown or []) and all(map(_has_all_of, planned, shown or []))
    return planned is None or shown is not None


def _origin_names(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    planned = {origin["originId"]: origin["domainName"] for origin in inputs["origins"]}
    origins = reading.thing["Origins"]["Items"]
    return planned, {origin["Id"]: origin["DomainName"] for origin in origins}


def _origin_groups(inputs: Mapping[str, Any], _reading: Reading) -> tuple[Any, Any] | None:
    groups = _groups_of(inputs)
    return (sorted(groups), NOT_SHOWN) if groups else None


def _groups_of(inputs: Mapping[str, Any]) -> list[str]:
    return [group["originId"] for group in inputs.get("originGroups") or []]


def _default_origin(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any] | None:
    target = inputs["defaultCacheBehavior"]["targetOriginId"]
    if target in _groups_of(inputs):
        return None
    return target, reading.thing["DefaultCacheBehavior"]["TargetOriginId"]


def _viewer_protocol(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    planned = inputs["defaultCacheBehavior"]["viewerProtocolPolicy"]
    return planned, reading.thing["DefaultCacheBehavior"]["ViewerProtocolPolicy"]


def _paths(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    """Each with the origin that it is served from."""
    planned = {
        each["pathPattern"]: each["targetOriginId"]
        for each in inputs.get("orderedCacheBehaviors") or []
    }
    behaviors = reading.thing.get("CacheBehaviors", {}).get("Items", [])
    return planned, {each["PathPattern"]: each["TargetOriginId"] for each in behaviors}


def _names(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    found = reading.thing["Aliases"].get("Items", [])
    return sorted(inputs.get("aliases") or []), sorted(found)


def _firewall(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return inputs.get("webAclId") or "", reading.thing.get("WebACLId", "")


def _http_version(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return inputs["httpVersion"], str(reading.thing.get("HttpVersion", "")).lower()


def _default_object(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return inputs.get("defaultRootObject", ""), reading.thing.get("DefaultRootObject", "")


CARDS = (
    Card(
        type=DISTRIBUTION,
        computed=_invented_distribution,
        values=by_model("cloudfront:CreateDistribution", "cloudfront:UpdateDistribution"),
        lifecycle=_DISTRIBUTION.lifecycle(
            create=_create_distribution,
            read=_read_distribution,
            update=_update_distribution,
            delete=_delete_distribution,
        ),
        creation=Creation(
            minutes=4,
            source=(
                thread("hashicorp/terraform-provider-aws#47459", "250 to 306 s with its deletion"),
            ),
        ),
        verification=Verification(
            kind="distribution",
            rows={
                "origins": _origin_names,
                "origin groups": _origin_groups,
                "default origin": _default_origin,
                "viewer protocol": _viewer_protocol,
                "paths": _paths,
                "names": _names,
                "firewall": _firewall,
                "HTTP": _http_version,
                "IPv6": member("isIpv6Enabled", "IsIPV6Enabled"),
                "default object": _default_object,
            },
        ),
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
        residency=replace(
            NO_DATA,
            outside=(
                "CloudFront is global: it answers at the location nearest to the viewer, "
                "caches public files alone, and names its certificate and firewall, which "
                "stand in us-east-1"
            ),
        ),
        control_plane=CONTROL_PLANE,
    ),
)
