"""That no European data leaves the European Union, read from the whole recorded plan.

Every text of every resource is looked at: a region's name stands in each ARN, endpoint, zone and
physical name that could take data somewhere, be it a replica, a copy of a backup, a log or an
environment variable. What may name another region is listed, type by type, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rf.aws.s3.bucket import BUCKET
from rf.aws.wafv2 import WEB_ACL
from rf.local.pulumi import AWS_PROVIDER
from rf.shared.cards.registry import all_cards, card_of
from rf.shared.offline.invention import GLOBAL_REGION
from rf.shared.plan import RecordedPlan, RecordedResource, reveal
from scaleplan.catalog import load_catalog

NAMED_EXCEPTIONS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "observability-global",
            "observability-global-topics-pages",
            "observability-certificate-edge",
        ),
        "the alarm of CloudFront's certificate stands where the certificate must, with its topic "
        "and that topic's key: they tell that a certificate ends and know nothing else",
    ),
    "observability-exporters-cloudwatch-files": (
        "CloudFront's own metrics are in us-east-1 alone: counts, read from there"
    ),
}
"""Resources by logical name that may stand in, or name, us-east-1, of types that elsewhere may hold
data: why that takes none there. Of other types the card says it for all."""

REGION_NAME = re.compile(
    r"(?<![a-z0-9])(?:us-gov|us-iso|us|ca|mx|sa|eu|ap|af|il|me|cn)-"
    r"(?:north|south|east|west|central|northeast|northwest|southeast|southwest)-\d(?!\d)"
)
_BUCKET_ARN = re.compile(r"arn:aws:s3:::([a-z0-9.-]+)")
_DELIVERED_FROM = re.compile(rf"arn:aws:logs:{GLOBAL_REGION}:\d+:\*")
"""In the policy of a log's bucket: whom it lets in."""
_IMAGE_LAYERS = re.compile(r"prod-([a-z0-9-]+)-starport-layer-bucket")
"""Where ECR keeps the layers of images, a bucket of AWS's in each region."""


@dataclass(frozen=True, kw_only=True)
class Leak:
    """A place outside the EU that a resource stands in or names."""

    urn: str
    path: str
    found: str


def leaks_of(plan: RecordedPlan) -> list[Leak]:
    """Everything that could take data out of the EU, in the order of the URNs.

    Meant for the plan of a cell whose organizations are European; any other leaks by design.
    """
    inside = set(load_catalog().european_region_names())
    regions = _regions_by_provider(plan)
    buckets = {str(r.inputs.get("bucket", r.resource_id)) for r in plan.of_type(BUCKET)}
    leaks: list[Leak] = []
    for resource in sorted(plan.resources, key=lambda r: r.urn):
        excepted = _may_leave(resource.type) or resource.name in NAMED_EXCEPTIONS
        allowed = inside | ({GLOBAL_REGION} if excepted else set())
        leaks += _stands_outside(resource, regions, allowed)
        for path, text in texts_of(reveal(resource.inputs)):
            leaks += [
                Leak(urn=resource.urn, path=path, found=f"names {region}")
                for region in sorted(set(REGION_NAME.findall(_without_sources(text))) - allowed)
            ]
            leaks += [
                Leak(urn=resource.urn, path=path, found=f"the bucket {name} is not the cell's")
                for name in sorted(set(_BUCKET_ARN.findall(text)) - buckets)
                if not _belongs_inside(name, inside)
            ]
        leaks += _keeps_samples(resource)
    return leaks


def exceptions() -> dict[str, str]:
    """Types, by their cards, and resources by name, that may stand elsewhere, each with why."""
    types = {card.type: card.residency.outside for card in all_cards() if card.residency.outside}
    return {**types, **NAMED_EXCEPTIONS}


def _may_leave(token: str) -> bool:
    card = card_of(token)
    return card is not None and bool(card.residency.outside)


def _regions_by_provider(plan: RecordedPlan) -> dict[str, str]:
    return {
        provider.urn: str(reveal(provider.inputs).get("region", GLOBAL_REGION))
        for provider in plan.of_type(AWS_PROVIDER)
    }


def _stands_outside(
    resource: RecordedResource, regions: Mapping[str, str], allowed: set[str]
) -> Iterator[Leak]:
    """A resource without a region of its own stands in its provider's."""
    if not resource.type.startswith("aws:") or resource.inputs.get("region"):
        return  # a region of its own is a text like any other
    region = regions.get(resource.provider.rsplit("::", 1)[0])
    if region is not None and region not in allowed:
        yield Leak(urn=resource.urn, path="provider", found=f"stands in {region}")


def texts_of(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text at any depth, keys included, with its path."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            here = f"{path}.{key}" if path else str(key)
            yield here, str(key)
            yield from texts_of(item, here)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, item in enumerate(value):
            yield from texts_of(item, f"{path}[{index}]")
    elif isinstance(value, str):
        yield path, value


def _without_sources(text: str) -> str:
    """The text without the condition that deliveries of the edge's logs come from us-east-1."""
    return _DELIVERED_FROM.sub("", text)


def _belongs_inside(bucket: str, inside: set[str]) -> bool:
    layers = _IMAGE_LAYERS.fullmatch(bucket)
    return layers is not None and layers[1] in inside


def _keeps_samples(resource: RecordedResource) -> Iterator[Leak]:
    """WAF keeps samples of requests where it is configured."""
    if resource.type != WEB_ACL:
        return
    acl = reveal(resource.inputs)
    visible = [acl, *(acl.get("rules") or [])]
    if any(part["visibilityConfig"].get("sampledRequestsEnabled") for part in visible):
        yield Leak(urn=resource.urn, path="visibilityConfig", found="keeps samples in us-east-1")
