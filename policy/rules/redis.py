"""Rules of Redis servers: what cache and queue share, and what each evicts."""

from __future__ import annotations

from collections.abc import Iterator

from .shared.rule import Resource, Rule, RuleLayer, StackResources
from .shared.tokens import LOG_GROUP, REDIS, REDIS_PARAMETERS, REDIS_USER
from .shared.values import at, is_true, listed, parameters

QUEUE = "researchflow:data:Queue"
CACHE = "researchflow:data:Cache"
ZONES = 3
"""Zones of a stack."""


def _encrypted(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not is_true(resource.inputs, "transitEncryptionEnabled"):
        yield "talks without TLS"
    elif at(resource.inputs, "transitEncryptionMode", "required") != "required":
        yield "lets clients talk without TLS"
    if not is_true(resource.inputs, "atRestEncryptionEnabled"):
        yield "stores unencrypted"
    elif "kmsKeyId" not in resource.inputs:
        yield "is encrypted with the account's key, not with one of the stack"


def _authenticated(resource: Resource, stack: StackResources) -> Iterator[str]:
    groups = "userGroupIds" in resource.inputs and listed(resource.inputs, "userGroupIds")
    if not groups and "authToken" not in resource.inputs:
        yield "asks nobody for a password"


def _default_user(resource: Resource, stack: StackResources) -> Iterator[str]:
    words = str(at(resource.inputs, "accessString", "")).split()
    if at(resource.inputs, "userName") == "default" and "off" not in words:
        yield "lets clients in that name no user"
    if is_true(resource.inputs, "noPasswordRequired"):
        yield "needs no password"
    if "+@all" in words:
        yield "may run every command, FLUSHALL and CONFIG among them"
    if "on" in words and ("~*" in words or "allkeys" in words):
        yield "may touch every key, those of other applications too"


def _survives_zone(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not is_true(resource.inputs, "multiAzEnabled"):
        yield "may stand in one zone"
    if not is_true(resource.inputs, "automaticFailoverEnabled"):
        yield "waits for a person when its primary fails"
    nodes = (
        at(resource.inputs, "numCacheClusters")
        or at(resource.inputs, "replicasPerNodeGroup", 0) + 1
    )
    if nodes < 2:
        yield "has no replica"
    zones = listed(resource.inputs, "preferredCacheClusterAzs")
    if len(set(zones)) < min(len(zones), ZONES):
        yield f"has nodes that share a zone: {', '.join(zones)}"


def _no_eviction(resource: Resource, stack: StackResources) -> Iterator[str]:
    policy = parameters(resource.inputs).get("maxmemory-policy", "not set")
    if resource.is_under(QUEUE) and policy != "noeviction":
        yield f"maxmemory-policy is {policy}: a full queue throws jobs away in silence"


def _evicts(resource: Resource, stack: StackResources) -> Iterator[str]:
    policy = parameters(resource.inputs).get("maxmemory-policy", "not set")
    if resource.is_under(CACHE) and not policy.startswith(("allkeys-", "volatile-")):
        yield f"maxmemory-policy is {policy}: a full cache refuses writes"


def _own_group(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not any(True for _ in stack.behind(resource, "parameterGroupName", REDIS_PARAMETERS)):
        yield "runs with parameters of AWS, which evict whatever has an end: volatile-lru"


def _logs_exported(resource: Resource, stack: StackResources) -> Iterator[str]:
    groups = {at(each.inputs, "name") for each in stack.of_type(LOG_GROUP)}
    deliveries = listed(resource.inputs, "logDeliveryConfigurations")
    missing = {"slow-log", "engine-log"} - {at(each, "logType") for each in deliveries}
    if missing:
        yield f"exports no {', '.join(sorted(missing))}"
    for each in deliveries:
        if at(each, "destination") not in groups:
            yield f"writes its {at(each, 'logType')} to a group that the stack doesn't keep"


RULES = (
    Rule(
        id="redis-encrypted",
        layer=RuleLayer.REDIS,
        demand="Redis takes TLS alone, and is encrypted at rest with the stack's key.",
        reason="Sessions, answers and jobs are patients' data too; the plan had enableTLS false.",
        source="ElastiCache user guide, In-transit and At-Rest Encryption; Security Hub,"
        " ElastiCache.4, ElastiCache.5",
        remedy="set transitEncryptionMode required, atRestEncryptionEnabled and kmsKeyId",
        types=(REDIS,),
        check=_encrypted,
    ),
    Rule(
        id="redis-authenticated",
        layer=RuleLayer.REDIS,
        demand="Redis asks every client for a user and a password.",
        reason="Any pod that reaches the port would read everyone's sessions.",
        source="ElastiCache user guide, Role-Based Access Control; Security Hub, ElastiCache.6",
        remedy="give the group a user group",
        types=(REDIS,),
        check=_authenticated,
    ),
    Rule(
        id="redis-users-narrow",
        layer=RuleLayer.REDIS,
        demand="The user `default` is off, and no user may run all commands or touch all keys.",
        reason="A worker that is taken over would delete the API's sessions.",
        source="Redis docs, ACL; ElastiCache user guide, Role-Based Access Control",
        remedy="name key patterns and command groups in `rendering/redis/access.py`",
        types=(REDIS_USER,),
        check=_default_user,
    ),
    Rule(
        id="redis-survives-zone",
        layer=RuleLayer.REDIS,
        demand="From medium cache and queue have a replica in another zone, which takes over.",
        reason="A lost queue is lost jobs; a lost cache is the database's load tenfold.",
        source="scale plan, Layer 2; ElastiCache user guide, Multi-AZ; Security Hub, ElastiCache.3",
        remedy="raise queue.nodes or cache.replicasPerShard; multi-AZ follows",
        types=(REDIS,),
        from_size="medium",
        check=_survives_zone,
    ),
    Rule(
        id="queue-noeviction",
        layer=RuleLayer.REDIS,
        demand="The queue's Redis evicts nothing.",
        reason="An evicted key is a job that nobody runs and nobody misses.",
        source="BullMQ docs, Going to production, Max memory policy",
        remedy="set maxmemory-policy noeviction",
        types=(REDIS_PARAMETERS,),
        check=_no_eviction,
    ),
    Rule(
        id="cache-evicts",
        layer=RuleLayer.REDIS,
        demand="The cache's Redis evicts when it is full.",
        reason="Otherwise every write fails, and with it the request.",
        source="scale plan, Layer 2, maxmemory-policy allkeys-lru",
        remedy="set maxmemory-policy allkeys-lru",
        types=(REDIS_PARAMETERS,),
        check=_evicts,
    ),
    Rule(
        id="redis-own-parameters",
        layer=RuleLayer.REDIS,
        demand="Cache and queue run with the stack's own parameters.",
        reason="What is said of eviction holds for a parameter group; without it jobs are evicted.",
        source="ElastiCache user guide, Redis OSS parameters, maxmemory-policy",
        remedy="give parameterGroupName to the replication group",
        types=(REDIS,),
        check=_own_group,
        whole_stack=True,
    ),
    Rule(
        id="redis-logs-exported",
        layer=RuleLayer.REDIS,
        demand="Redis exports its engine's and its slow log to groups of the stack.",
        reason="A node that is replaced takes with it why.",
        source="ElastiCache user guide, Log delivery",
        remedy="keep logDeliveryConfigurations of `components/redis/foundation.py`",
        types=(REDIS,),
        check=_logs_exported,
        whole_stack=True,
    ),
)
