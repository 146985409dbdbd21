"""What a rule is, what it sees of a stack, and how it is judged.

Nothing here knows Pulumi: the pack (`policy/__main__.py`) and `rf policy` both translate what they
have into a `Stack`, and both call `judge`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from .values import NotKnownError

SIZES = ("small", "medium", "large")
"""The plan's sizes, in the order in which a stack grows."""


class Level(StrEnum):
    """What a violation does: stop the deployment, or be told."""

    MANDATORY = "mandatory"
    ADVISORY = "advisory"


class RuleLayer(StrEnum):
    """Parts of the program that rules belong to, in the order in which tables list them."""

    PROGRAM = "program"
    IDENTITY = "identity"
    NETWORK = "network"
    STORAGE = "storage"
    AUDIT = "audit"
    DATABASE = "database"
    REDIS = "cache and queue"
    CLUSTER = "cluster"
    WORKLOADS = "workloads"
    SCALING = "scaling"
    EDGE = "edge"
    RECOVERY = "recovery"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource as its rules see it.

    `inputs` has the provider's camelCase keys, with the contents of secrets and with
    `values.UNKNOWN` where only a deployment tells; read it with `values.at`. A rule's message never
    quotes a value that may be secret. `points_at` has the URNs behind each input.
    """

    urn: str
    type: str
    name: str
    inputs: Mapping[str, Any]
    protect: bool = False
    parent: str = ""
    provider: Resource | None = None
    custom: bool = True
    points_at: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])

    @property
    def label(self) -> str:
        """Type and name, as an exception names it: `aws:s3/bucket:Bucket::audit-bucket`."""
        return f"{self.type}::{self.name}"

    @property
    def region(self) -> str:
        """The region it stands in: its own, else its provider's; empty where neither tells."""
        of_provider = self.provider.inputs.get("region", "") if self.provider else ""
        return str(self.inputs.get("region") or of_provider)

    def is_under(self, component: str) -> bool:
        """Whether a component of this type is somewhere above it; the URN has them all."""
        chain = self.urn.split("::")[2] if self.urn.count("::") >= 3 else ""
        return component in chain.split("$")[:-1]


@dataclass(frozen=True, kw_only=True)
class StackResources:
    """What is known of the stack that a resource belongs to.

    `resources` is empty for a rule that looks at one resource alone: the engine asks it before it
    knows the others.
    """

    size: str
    protects_data: bool
    resources: tuple[Resource, ...] = ()

    @cached_property
    def _by_type(self) -> Mapping[str, Sequence[Resource]]:
        found: dict[str, list[Resource]] = {}
        for each in self.resources:
            found.setdefault(each.type, []).append(each)
        return found

    @cached_property
    def _by_urn(self) -> Mapping[str, Resource]:
        return {each.urn: each for each in self.resources}

    def of_type(self, *types: str) -> Iterator[Resource]:
        """Every resource of one of these types."""
        return (each for token in types for each in self._by_type.get(token, ()))

    def behind(self, resource: Resource, key: str, *types: str) -> Iterator[Resource]:
        """Resources of these types, or of any, that an input of `resource` comes from."""
        found = (self._by_urn.get(urn) for urn in sorted(resource.points_at.get(key, ())))
        return (each for each in found if each and (not types or each.type in types))

    def pointing_at(self, target: Resource, token: str, key: str) -> Iterator[Resource]:
        """Resources of a type whose input `key` comes from `target`: known before any id is."""
        return (
            each
            for each in self.of_type(token)
            if target.urn in each.points_at.get(key, frozenset())
        )


Check = Callable[[Resource, StackResources], Iterator[str]]
"""Yields a sentence for each thing that is wrong; nothing where all is right."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule, for the engine and offline alike.

    `types` are the type tokens it looks at, all custom resources where there are none. `from_size`
    is the size from which it holds. `whole_stack` says that it needs the other resources.
    """

    id: str
    layer: RuleLayer
    demand: str
    reason: str
    source: str
    remedy: str
    check: Check
    types: tuple[str, ...] = ()
    level: Level = Level.MANDATORY
    from_size: str = "small"
    whole_stack: bool = False

    def looks_at(self, resource: Resource, stack: StackResources) -> bool:
        """Whether the rule has a say on this resource in a stack of this size."""
        if SIZES.index(stack.size) < SIZES.index(self.from_size):
            return False
        return resource.type in self.types if self.types else resource.custom

    def subjects(self, stack: StackResources) -> Iterator[Resource]:
        """Every resource of the stack that the rule looks at."""
        candidates = stack.of_type(*self.types) if self.types else stack.resources
        return (each for each in candidates if self.looks_at(each, stack))


@dataclass(frozen=True, kw_only=True)
class Violation:
    """What one rule says of one resource."""

    rule: Rule
    resource: Resource
    message: str


def judge(rule: Rule, resource: Resource, stack: StackResources) -> Iterator[Violation]:
    """What the rule finds wrong with the resource.

    A value that only the deployment reveals ends the search: the engine asks again, with the value,
    before it creates the resource.
    """
    if not rule.looks_at(resource, stack):
        return
    scope = (
        stack
        if rule.whole_stack
        else StackResources(size=stack.size, protects_data=stack.protects_data)
    )
    try:
        for message in rule.check(resource, scope):
            yield Violation(rule=rule, resource=resource, message=message)
    except NotKnownError:
        return
