"""What a plan would expose, found in any resource by what is there, not by a list of names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from policy.rules.shared.secret_forms import secret_form
from rf.shared.plan import RecordedPlan, reveal

WORLD = ("0.0.0.0/0", "::/0")

_DEFAULT_ROUTE = re.compile(r"^destination(Ipv6)?CidrBlock$")
_WAY_OUT_OF_PODS = re.compile(r"^spec\.egress\[\d+\]\.to\[\d+\]\.ipBlock\.cidr$")


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Path and value of everything in an input that holds nothing else; a Secret is one value."""
    match value:
        case Mapping():
            for key, item in value.items():
                yield from leaves(item, f"{path}.{key}" if path else str(key))
        case list() | tuple():
            for index, item in enumerate(value):
                yield from leaves(item, f"{path}[{index}]")
        case _:
            yield path, value


def open_to_the_world(plan: RecordedPlan) -> Iterator[str]:
    """Every address range that is everyone, but a route's or a pod's way out."""
    for resource in plan.resources:
        for path, value in leaves(reveal(resource.inputs)):
            if value not in WORLD:
                continue
            way_out = (resource.type == "aws:ec2/route:Route" and _DEFAULT_ROUTE.match(path)) or (
                resource.type.endswith(":NetworkPolicy") and _WAY_OUT_OF_PODS.match(path)
            )
            if not way_out:
                yield f"{resource.urn}: {path} = {value}"


def generated_secrets(plan: RecordedPlan) -> set[str]:
    """Passwords and private keys that the program itself makes."""
    return {
        value
        for resource in plan.resources
        if resource.type.startswith(("random:", "tls:"))
        for path, value in leaves(reveal(resource.outputs))
        if isinstance(value, str) and (path == "result" or path.startswith("privateKey"))
    }


def readable_texts(plan: RecordedPlan) -> Iterator[tuple[str, Any]]:
    """What anyone may read who may look at objects: ConfigMaps, plain variables, annotations."""
    for resource in plan.resources:
        if not resource.type.startswith("kubernetes:") or resource.type.endswith("v1:Secret"):
            continue
        for path, value in leaves(resource.inputs):
            yield f"{resource.urn}: {path}", value


def looks_like_a_credential(text: str) -> bool:
    """A private key, a URL with a password, an access key, or something called a password."""
    return secret_form(text) is not None


def public_subnets(plan: RecordedPlan) -> set[str]:
    """Ids of subnets from whose route table a route leads to the internet gateway."""
    tables = {
        reveal(route.inputs)["routeTableId"]
        for route in plan.of_type("aws:ec2/route:Route")
        if route.inputs.get("gatewayId")
    }
    routed = {
        reveal(each.inputs)["subnetId"]
        for each in plan.of_type("aws:ec2/routeTableAssociation:RouteTableAssociation")
        if reveal(each.inputs)["routeTableId"] in tables
    }
    given = {
        subnet.resource_id
        for subnet in plan.of_type("aws:ec2/subnet:Subnet")
        if subnet.inputs.get("mapPublicIpOnLaunch")
    }
    return routed | given
