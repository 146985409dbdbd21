"""What takes over by itself when servers or a zone are lost: a standby, a replica, another pod.

Each is a step that plays the takeover in the sandbox and looks at what makes it possible: that the
copy exists, stands elsewhere and confirms what is committed. Their durations are the vendors' or,
where they name none, assumptions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rf.drill.steps import DrillStep, Duration, StepBasis, Who, require
from rf.drill.world import DrillWorld
from rf.shared.plan import RecordedPlan
from rf.shared.servers.local_ini import ini_of, number
from scaleplan.recovery.steps import assumed_time
from scaleplan.settings import Settings
from scaleplan.sizes import QueueEngine

RDS_SECONDS = 120
"""A failover to the standby takes 60 to 120 seconds typically; the longer one counts."""
RDS_SOURCE = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.Failover.html"

PATRONI_SECONDS = 30 + 10
"""Patroni's defaults: the leader's lock ends after `ttl`, and each loop waits for `loop_wait`."""
PATRONI_SOURCE = "https://patroni.readthedocs.io/en/latest/dynamic_configuration.html"

CLUSTER = "SGShardedCluster"


def assumed(settings: Settings, key: str) -> Duration:
    """The duration that an assumption of this stack gives; its source names the config key."""
    seconds, source = assumed_time(settings.load.assumptions, key)
    return Duration(seconds=seconds, basis=StepBasis.ASSUMED, source=source)


def takeovers_of(settings: Settings, plan: RecordedPlan) -> Iterator[DrillStep[DrillWorld]]:
    """What takes over for each store's primary, side by side, then the pooler.

    A database without a standby is not among them: a person restores it. A Redis without a replica
    is replaced by an empty one.
    """
    if settings.database.multi_az:
        yield _database()
    if settings.sharding.present:
        yield _citus()
    if settings.queue.engine is QueueEngine.REDIS:
        yield _redis(settings, "queue", replicated=settings.queue.nodes > 1)
    yield _redis(settings, "cache", replicated=settings.cache.replicas_per_shard > 0)
    yield _pooler(plan)


def _database() -> DrillStep[DrillWorld]:
    return DrillStep(
        name="database-takeover",
        title="RDS' standby becomes the primary, under the same name",
        who=Who.AUTOMATIC,
        command="RDS itself; to try it: aws rds reboot-db-instance --force-failover",
        action=_force_failover,
        verify=_database_took_over,
        duration=Duration(seconds=RDS_SECONDS, basis=StepBasis.VENDOR, source=RDS_SOURCE),
    )


def _force_failover(world: DrillWorld) -> None:
    place = world.place
    require(
        place.settings.database.multi_az,
        f"{place.primary} has no standby (database.multiAz): somebody must restore it",
    )
    world.act(
        "rds",
        "RebootDBInstance",
        place.settings.region,
        DBInstanceIdentifier=place.primary,
        ForceFailover=True,
    )


def _database_took_over(world: DrillWorld) -> Sequence[str]:
    place = world.place
    now = world.instance(place.primary, place.settings.region)
    require(now["MultiAZ"], f"{place.primary} stands without a standby")
    require(now["DBInstanceStatus"] == "available", f"{place.primary}: {now['DBInstanceStatus']}")
    zones = _zones_of_subnet_group(world, str(now["DBSubnetGroup"]["DBSubnetGroupName"]))
    require(len(zones) > 1, f"{place.primary} may stand in {', '.join(zones)} alone")
    return [
        f"{place.primary} is available and multi-AZ",
        f"its subnets are in {', '.join(zones)}",
        "a standby confirms each commit: nothing committed is lost",
    ]


def _zones_of_subnet_group(world: DrillWorld, name: str) -> list[str]:
    answer = world.see(
        "rds", "DescribeDBSubnetGroups", world.place.settings.region, DBSubnetGroupName=name
    )
    subnets = answer["DBSubnetGroups"][0]["Subnets"]
    return sorted({subnet["SubnetAvailabilityZone"]["Name"] for subnet in subnets})


def _citus() -> DrillStep[DrillWorld]:
    return DrillStep(
        name="citus-takeover",
        title="Patroni promotes a synchronous standby of the coordinator, or of a shard",
        who=Who.AUTOMATIC,
        command="Patroni itself, below StackGres",
        action=lambda _: None,
        verify=_citus_can_take_over,
        duration=Duration(seconds=PATRONI_SECONDS, basis=StepBasis.VENDOR, source=PATRONI_SOURCE),
        alongside=True,
    )


def _citus_can_take_over(world: DrillWorld) -> Sequence[str]:
    """Read from the plan: no pod runs in the sandbox."""
    seen: list[str] = []
    for cluster in world.place.objects(CLUSTER):
        spec = cluster["spec"]
        parts = {
            "coordinator": (spec["coordinator"], spec["coordinator"]["instances"]),
            "shards": (spec["shards"], spec["shards"]["instancesPerCluster"]),
        }
        for part, (described, instances) in parts.items():
            require(instances > 1, f"Citus' {part}: one instance, which nothing takes over from")
            mode = described.get("replication", spec["replication"])["mode"]
            require(
                str(mode).endswith("sync") and mode != "async",
                f"Citus' {part}: replication {mode}, so commits may be lost",
            )
            seen.append(f"planned: {part} with {instances} instances each, replication {mode}")
    require(seen, "the plan has no Citus")
    return seen


def _redis(settings: Settings, layer: str, *, replicated: bool) -> DrillStep[DrillWorld]:
    if not replicated:
        return DrillStep(
            name=f"{layer}-replaced",
            title=f"ElastiCache replaces the {layer}'s one node by an empty one",
            who=Who.AUTOMATIC,
            command="ElastiCache itself; jobs are replayed from the database (docs/queues.md)",
            action=lambda _: None,
            verify=lambda world: _group_is_empty(world, layer),
            duration=assumed(settings, "redisReplacedSeconds"),
            alongside=True,
        )
    return DrillStep(
        name=f"{layer}-takeover",
        title=f"ElastiCache promotes a replica of the {layer}",
        who=Who.AUTOMATIC,
        command="ElastiCache itself; to try it: aws elasticache test-failover",
        action=lambda world: _fail_over_group(world, layer),
        verify=lambda world: _group_took_over(world, layer),
        duration=assumed(settings, "redisTakeoverSeconds"),
        alongside=True,
    )


def _group_is_empty(world: DrillWorld, layer: str) -> Sequence[str]:
    group = _group_id(world, layer)
    now = world.group(group, world.place.settings.region)
    require(now["Status"] == "available", f"{group}: {now['Status']}")
    return [f"{group} has one node: all of it is lost, and what was in it comes from the database"]


def _group_id(world: DrillWorld, layer: str) -> str:
    return f"{world.place.settings.prefix}-{layer}"


def _fail_over_group(world: DrillWorld, layer: str) -> None:
    group = _group_id(world, layer)
    for shard in world.group(group, world.place.settings.region)["NodeGroups"]:
        world.act(
            "elasticache",
            "TestFailover",
            world.place.settings.region,
            ReplicationGroupId=group,
            NodeGroupId=shard["NodeGroupId"],
        )


def _group_took_over(world: DrillWorld, layer: str) -> Sequence[str]:
    group = _group_id(world, layer)
    now = world.group(group, world.place.settings.region)
    require(
        now["AutomaticFailover"] == "enabled",
        f"{group} fails over by nobody: it has {len(now['MemberClusters'])} node",
    )
    require(now["MultiAZ"] == "enabled", f"{group}: its replicas may stand in the primary's zone")
    for shard in now["NodeGroups"]:
        members = shard["NodeGroupMembers"]
        require(len(members) > 1, f"{group}: shard {shard['NodeGroupId']} has no replica")
    lost = (
        "what its replica had not received is lost; jobs are replayed from the database"
        if layer == "queue"
        else "what its replica had not received is lost: the cache fills itself"
    )
    return [f"{group}: a replica in another zone for each of {len(now['NodeGroups'])} shards", lost]


def _pooler(plan: RecordedPlan) -> DrillStep[DrillWorld]:
    waits = ("tcp_user_timeout", "dns_max_ttl", "server_login_retry")
    return DrillStep(
        name="pooler-reconnect",
        title="PgBouncer gives up the dead connections and asks for the name anew",
        who=Who.AUTOMATIC,
        command="PgBouncer itself: nothing is repointed, the name moves",
        action=lambda _: None,
        verify=_pooler_leads_by_name,
        duration=Duration(
            seconds=sum(_seconds(ini_of(plan), wait) for wait in waits),
            basis=StepBasis.SETTING,
            source=f"pgbouncer.ini: {' + '.join(waits)}",
        ),
    )


def _seconds(ini: str, key: str) -> float:
    value = number(ini, key)
    return value / 1000 if key == "tcp_user_timeout" else value


def _pooler_leads_by_name(world: DrillWorld) -> Sequence[str]:
    place = world.place
    endpoint = world.instance(place.primary, place.settings.region)["Endpoint"]["Address"]
    ini = ini_of(place.plan)
    require(
        f"host={endpoint} " in ini,
        f"no database of pgbouncer.ini leads to {endpoint}, where the primary is now",
    )
    wait, retry = number(ini, "server_connect_timeout"), number(ini, "server_login_retry")
    return [
        f"pgbouncer.ini leads to {endpoint}, which is the new primary's name too",
        f"clients wait while the first attempt to connect lasts, {wait} s at most"
        " (server_connect_timeout)",
        "whoever asks after it has failed is refused at once with 08P01, and must try again, until"
        f" an attempt succeeds: one follows {retry} s after each failure (server_login_retry)",
    ]
