"""What a plan would expose, found in any resource by what is there, not by a list of names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rf.plan import RecordedPlan, RecordedResource, reveal

WORLD = ("0.0.0.0/0", "::/0")

_DEFAULT_ROUTE = re.compile(r"^destination(Ipv6)?CidrBlock$")
_WAY_OUT_OF_PODS = re.compile(r"^spec\.egress\[\d+\]\.to\[\d+\]\.ipBlock\.cidr$")

_READS_WITHOUT_NAMES = re.compile(r"^[a-z0-9-]+:(Describe|List)[A-Za-z]+$")
_NAMELESS_ACTIONS = frozenset(
    {
        "cloudwatch:GetMetricData",
        "ecr:GetAuthorizationToken",
        "pricing:GetProducts",
        "tag:GetResources",
    }
)
"""Actions that take no resource (AWS, Service Authorization Reference, column "Resource types")."""

_NAMED_CALLERS = re.compile(r"^aws:(PrincipalArn|Source(Account|Arn)|PrincipalOrgID)$")
_KEY_POLICY_FAMILIES = frozenset({"kms:*", "kms:GenerateDataKey*", "kms:ReEncrypt*"})
"""In a key's own policy `*` is that key; these families belong together (KMS, "Key policies")."""

_CREDENTIALS = (
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    re.compile(r"[a-z][a-z0-9+]*://[^/\s:@]*:[^/\s@]+@"),
    re.compile(r"(?i)(password|secret|token)\s*[=:]\s*['\"]?[^\s'\"$\[{]{8,}"),
    re.compile(r"AKIA[0-9A-Z]{16}"),
)


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


def policies(plan: RecordedPlan) -> Iterator[tuple[RecordedResource, Mapping[str, Any]]]:
    """Every statement of every IAM document in the plan, with the resource that holds it."""
    for resource in plan.resources:
        for _, value in leaves(reveal(resource.inputs)):
            if isinstance(value, str) and '"Statement"' in value:
                statements = json.loads(value)["Statement"]
                for statement in statements if isinstance(statements, list) else [statements]:
                    yield resource, statement


def overly_wide(resource: RecordedResource, statement: Mapping[str, Any]) -> Iterator[str]:
    """What a statement allows to more than it names."""
    if statement["Effect"] != "Allow":
        return
    where = f"{resource.urn}: {statement.get('Sid', 'a statement')}"
    own_key = resource.type == "aws:kms/key:Key"
    actions = _listed(statement.get("Action"))
    for action in actions:
        if "*" in action and not (own_key and action in _KEY_POLICY_FAMILIES):
            yield f"{where} allows {action}"
    negated = sorted(statement.keys() & {"NotAction", "NotResource", "NotPrincipal"})
    if negated:
        yield f"{where} allows all but {', '.join(negated)}"
    named = all(_READS_WITHOUT_NAMES.match(each) or each in _NAMELESS_ACTIONS for each in actions)
    if "*" in _listed(statement.get("Resource")) and not own_key and not named:
        yield f"{where} allows {', '.join(actions)} on every resource"
    if _is_anyone(statement.get("Principal")) and not _names_callers(statement):
        yield f"{where} allows anyone"


def _listed(value: Any) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def _is_anyone(principal: Any) -> bool:
    return principal == "*" or (
        isinstance(principal, Mapping) and "*" in _listed(principal.get("AWS"))
    )


def _names_callers(statement: Mapping[str, Any]) -> bool:
    conditions = statement.get("Condition", {})
    return any(_NAMED_CALLERS.match(key) for test in conditions.values() for key in test)


def pod_specs(plan: RecordedPlan) -> Iterator[tuple[RecordedResource, Mapping[str, Any]]]:
    """Every pod template of the program's own objects."""
    for resource in plan.resources:
        if resource.type.startswith("kubernetes:"):
            yield from ((resource, each) for each in _pods_in(reveal(resource.inputs)))


def _pods_in(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if isinstance(value.get("containers"), list):
            yield value
        for item in value.values():
            yield from _pods_in(item)


def powers_of(pod: Mapping[str, Any]) -> Iterator[str]:
    """What a pod may do that Pod Security's level `restricted` forbids."""
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(field):
            yield field
    yield from (
        f"volume {v['name']} of the node" for v in pod.get("volumes", []) if "hostPath" in v
    )
    shared = pod.get("securityContext", {})
    for container in [*pod["containers"], *pod.get("initContainers", [])]:
        own = container.get("securityContext", {})
        name = container["name"]
        if own.get("privileged"):
            yield f"{name} is privileged"
        if own.get("allowPrivilegeEscalation") is not False:
            yield f"{name} may escalate"
        if own.get("capabilities", {}).get("drop") != ["ALL"] or own["capabilities"].get("add"):
            yield f"{name} has capabilities"
        if not own.get("runAsNonRoot", shared.get("runAsNonRoot")):
            yield f"{name} may run as root"
        if not (own.get("seccompProfile") or shared.get("seccompProfile")):
            yield f"{name} has no seccomp profile"
        if any("hostPort" in port for port in container.get("ports", [])):
            yield f"{name} takes a port of the node"


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
    return any(pattern.search(text) for pattern in _CREDENTIALS)


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
