"""Rules of RDS' copies, changes and events: what a failure or an update would find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import BROKER, DATABASE, DATABASE_EVENTS, REDIS
from ..shared.values import at, is_true, listed

OF_THE_SOURCE = (
    "allocatedStorage",
    "dbName",
    "engine",
    "engineVersion",
    "finalSnapshotIdentifier",
    "password",
    "username",
)
"""What a read replica takes from its source, and RDS refuses beside `replicateSourceDb`."""

EVENTS = ("failover", "failure", "low storage")


def _replicas(primary: Resource, stack: StackResources) -> list[Resource]:
    return list(stack.pointing_at(primary, DATABASE, "replicateSourceDb"))


def _apart(resource: Resource, stack: StackResources) -> Iterator[str]:
    zones = Counter(at(each.inputs, "availabilityZone") for each in _replicas(resource, stack))
    for zone, count in zones.items():
        if zone is None:
            yield "has a read replica whose zone AWS chooses, which may be the other's"
        elif count > 1:
            yield f"has {count} read replicas in {zone}, and loses them together"


def _possible(resource: Resource, stack: StackResources) -> Iterator[str]:
    if "replicateSourceDb" in resource.inputs:
        repeated = [key for key in OF_THE_SOURCE if key in resource.inputs]
        if repeated:
            yield f"repeats {', '.join(repeated)} of its source, which RDS refuses"
    elif is_true(resource.inputs, "manageMasterUserPassword") and _replicas(resource, stack):
        yield "has its password managed by RDS, which then refuses read replicas"


def _by_runbook(resource: Resource, stack: StackResources) -> Iterator[str]:
    if is_true(resource.inputs, "allowMajorVersionUpgrade"):
        yield "takes a new major version with the next `pulumi up`, for good"
    if at(resource.inputs, "blueGreenUpdate.enabled"):
        yield "is exchanged by the provider for a copy, whose replicas the program doesn't know"


def _waits(resource: Resource, stack: StackResources) -> Iterator[str]:
    if is_true(resource.inputs, "applyImmediately"):
        yield "restarts for a change at once, at whatever hour that is merged"


def _told(resource: Resource, stack: StackResources) -> Iterator[str]:
    told: set[str] = set()
    for each in stack.of_type(DATABASE_EVENTS):
        named = resource.urn in each.points_at.get("sourceIds", frozenset())
        everything = not listed(each.inputs, "sourceIds")
        if (
            named
            or everything
            or at(resource.inputs, "identifier") in listed(each.inputs, "sourceIds")
        ):
            told |= set(listed(each.inputs, "eventCategories") or EVENTS)
    missing = [each for each in EVENTS if each not in told]
    if missing:
        yield f"tells nobody of {', '.join(missing)}"


RULES = (
    Rule(
        id="database-replicas-apart",
        layer=RuleLayer.DATABASE,
        demand="Read replicas stand in zones of their own, which the program names.",
        reason="Reads of both go to the primary in the moment in which it fails over, too.",
        source="RDS user guide, Working with read replicas; scale plan, Layer 1",
        remedy="keep `rendering/database/replicas.py`, which spreads them",
        types=(DATABASE,),
        check=_apart,
        whole_stack=True,
    ),
    Rule(
        id="database-replicas-possible",
        layer=RuleLayer.DATABASE,
        demand="Nothing is said of primary and replicas with which RDS refuses replicas.",
        reason="The deployment stops after the primary stands, with users on it alone.",
        source="RDS user guide, Limitations of Secrets Manager integration; Terraform AWS"
        " provider, aws_db_instance, replicate_source_db",
        remedy="keep the password the program's own, and leave to a replica what is its source's",
        types=(DATABASE,),
        check=_possible,
        whole_stack=True,
    ),
    Rule(
        id="database-major-by-runbook",
        layer=RuleLayer.DATABASE,
        demand="A new major version of PostgreSQL comes by the runbook, never by the program.",
        reason="It can't be taken back, takes minutes to hours, and leaves replicas behind.",
        source="RDS user guide, Upgrading the PostgreSQL DB engine; docs/database.md",
        remedy="leave allowMajorVersionUpgrade and blueGreenUpdate out",
        types=(DATABASE,),
        check=_by_runbook,
    ),
    Rule(
        id="stores-change-in-windows",
        layer=RuleLayer.DATABASE,
        demand="What restarts a store waits for its maintenance window.",
        reason="A merge at noon would otherwise be a failover at noon.",
        source="RDS user guide, Schedule modifications; ElastiCache API, ApplyImmediately",
        remedy="leave applyImmediately false",
        types=(BROKER, DATABASE, REDIS),
        check=_waits,
    ),
    Rule(
        id="database-events-told",
        layer=RuleLayer.DATABASE,
        demand=f"Of every instance somebody is told: {', '.join(EVENTS)}.",
        reason="A failover that nobody hears of is the first half of an outage.",
        source="AWS Security Hub, RDS.20; RDS user guide, Amazon RDS event categories",
        remedy="name the instance in an event subscription, as `rendering/database/events.py` says",
        types=(DATABASE,),
        check=_told,
        whole_stack=True,
    ),
)
