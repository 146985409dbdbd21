"""Points of the cache and of sessions: what is written, how, and what a loss costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from rf.conform.point import CONNECTED, ContractPoint, Explanation
from rf.conform.seen import NotTriedError, require
from rf.conform.trial import Trial
from rf.shared.applications.local_redis import LocalRedis
from rf.shared.servers.redis_servers import SLOTS, serve_slots
from scaleplan.applications.workloads import ORCHESTRATOR

_KINDS = (
    ("CACHE_KEY_PREFIX_API_RESPONSE", "CACHE_TTL_API_RESPONSE_SECONDS"),
    ("CACHE_KEY_PREFIX_FEATURE_FLAG", "CACHE_TTL_FEATURE_FLAG_SECONDS"),
    ("CACHE_KEY_PREFIX_LITERATURE_SEARCH", "CACHE_TTL_LITERATURE_SEARCH_SECONDS"),
    ("CACHE_KEY_PREFIX_AI_RESPONSE", "CACHE_TTL_AI_RESPONSE_SECONDS"),
    ("SESSION_KEY_PREFIX", "CACHE_TTL_SESSION_SECONDS"),
)
"""The prefix of a kind of entry, and how long one lives."""

_ASKED = ("write", "read", "public", "enqueue")


def _ask_everything(trial: Trial) -> None:
    process, patient = trial.process(), trial.patient()
    for name in _ASKED:
        if trial.samples.has(name):
            trial.ask(name, process, patient)


def _lives(trial: Trial) -> None:
    told = trial.stand.variables(trial.tried.name)
    _ask_everything(trial)
    lives = {told[prefix]: int(told[ttl]) for prefix, ttl in _KINDS if prefix in told}
    own = set(trial.samples.sessions)
    for store in (trial.stand.cache, trial.stand.queue):
        for key, left in _entries(store):
            kind = next((prefix for prefix in lives if key.startswith(prefix)), None)
            if kind is None or key in own:
                continue
            require(left != -1, f"an entry of {kind} has no time to live")
            require(
                left <= lives[kind], f"an entry of {kind} lives for {left} s, not {lives[kind]}"
            )


def _entries(store: LocalRedis) -> Iterator[tuple[str, int]]:
    """Keys and how long they live yet, in seconds; -1 for good."""
    with store.server.connect() as tester:
        for key in cast("Iterator[bytes]", tester.scan_iter(count=1000)):
            yield key.decode(errors="replace"), cast("int", tester.ttl(key))


def _refused(trial: Trial) -> None:
    cache, queue = trial.stand.cache, trial.stand.queue
    # What concerns no key a client may send to any node.
    nodes = (("the cache", cache.server), ("the cache", cache.other), ("the queue", queue.server))
    for _, node in nodes:
        with node.connect() as tester:
            tester.execute_command("ACL LOG", "RESET")
    _ask_everything(trial)
    for name, node in nodes:
        with node.connect() as tester:
            for entry in cast("list[Mapping[str, Any]]", tester.acl_log()):
                reason, what = _text(entry["reason"]), _text(entry["object"])
                require(
                    _text(entry["username"]) != trial.tried.name,
                    f"{name} refused it the {reason} {_kind_of(what, reason)}",
                )


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _kind_of(what: str, reason: str) -> str:
    """A key is named by its beginning alone: it may hold what is nobody's to read."""
    return f"{what.partition(':')[0]}:…" if reason in ("key", "channel") else what


def _crosses_slots(trial: Trial) -> None:
    with trial.stand.cache.server.connect() as tester:
        tester.config_resetstat()
        _ask_everything(trial)
        errors = cast("Mapping[str, Any]", tester.info("errorstats"))
    require(
        "errorstat_CROSSSLOT" not in errors,
        "the cache refused a command with keys of different slots (CROSSSLOT)",
    )


def _follows_slots(trial: Trial) -> None:
    process, patient, cache = trial.process(), trial.patient(), trial.stand.cache
    trial.asked_well("write", process, patient)
    trial.asked_well("read", process, patient)
    if not list(_entries(cache)):
        raise NotTriedError("the samples leave nothing in the cache")
    with cache.moved():
        answer = trial.ask("read", process, patient)
        asked = cache.other_asked()
    require(answer.good, f"when slots of the cache had moved it answered {answer.status}")
    require(asked, "when slots of the cache had moved (MOVED) it did not ask their new node")


def _cache_emptied(trial: Trial) -> None:
    process, patient = trial.process(), trial.patient()
    trial.asked_well("write", process, patient)
    trial.asked_well("read", process, patient)
    with trial.stand.cache.server.connect() as tester:
        tester.flushall()
    answer = trial.ask("read", process, patient)
    require(answer.good, f"when the cache had lost its entries it answered {answer.status}")


def _cache_away(trial: Trial) -> None:
    process, patient = trial.process(), trial.patient()
    trial.asked_well("write", process, patient)
    with trial.stand.cache.gate.closed():
        answer = trial.ask("read", process, patient)
        require(answer.good, f"while the cache was away it answered {answer.status}")
        ready = trial.readiness(process)
        require(ready is not None and ready.status == 200, "the cache is away, and it is not ready")


def _cache_without_a_primary(trial: Trial) -> None:
    process, patient = trial.process(), trial.patient()
    trial.asked_well("write", process, patient)
    with trial.stand.cache.server.connect() as tester:
        # All but one: a cluster of nobody would wait for five seconds before it works again.
        tester.execute_command("CLUSTER", "DELSLOTSRANGE", 1, SLOTS - 1)
        try:
            answer = trial.ask("read", process, patient)
        finally:
            serve_slots(trial.stand.cache.server, 1)
    require(answer.good, f"while a shard had no primary (CLUSTERDOWN) it answered {answer.status}")


POINTS = (
    ContractPoint(
        id="time-to-live",
        title="every entry has its time to live",
        applications=(ORCHESTRATOR,),
        attempt=_lives,
        needs=("read",),
        variables=tuple(name for kind in _KINDS for name in kind),
        explanation=Explanation(
            text="Each kind of entry has a prefix and a time in two variables; set both in one"
            " command, since an entry without a time stays for good where nothing is evicted.",
            node="await cache.set(prefix + key, value, 'EX',"
            " Number(env.CACHE_TTL_API_RESPONSE_SECONDS))",
            python='seconds = int(os.environ["CACHE_TTL_API_RESPONSE_SECONDS"])\n'
            "cache.set(prefix + key, value, ex=seconds)",
        ),
    ),
    ContractPoint(
        id="redis-refuses-nothing",
        title="sends Redis no command, key or channel that its login may not use",
        applications=CONNECTED,
        attempt=_refused,
        variables=("CACHE_URL", "QUEUE_URL", "SESSION_STORE_URL"),
        explanation=Explanation(
            text="No KEYS, FLUSHALL or CONFIG, and no key without its prefix. To invalidate by"
            " pattern, SCAN with MATCH on the prefix.",
            node="for (const node of cache.nodes('master'))\n"
            "  for await (const keys of node.scanStream({match: `${prefix}*`})) …",
            python='for key in cache.scan_iter(match=f"{prefix}*"):\n    cache.unlink(key)',
        ),
    ),
    ContractPoint(
        id="one-slot",
        title="asks the cache for keys of one slot at a time",
        applications=CONNECTED,
        attempt=_crosses_slots,
        explanation=Explanation(
            text="The cache is a cluster, also where it has one shard: no MGET, MSET, DEL or script"
            " over several keys that share no hash tag.",
            node="await Promise.all(keys.map((key) => cache.unlink(key)))",
            python="pipeline = cache.pipeline()\nfor key in keys:\n    pipeline.unlink(key)\n"
            "pipeline.execute()",
        ),
    ),
    ContractPoint(
        id="cache-moved",
        title="follows a slot of the cache to another node",
        applications=(ORCHESTRATOR,),
        attempt=_follows_slots,
        needs=("read", "write"),
        variables=("CACHE_URL",),
        explanation=Explanation(
            text="A plain client works as long as there is one shard, and is told MOVED when there"
            " are two. A client of a cluster goes where it is sent.",
            node="new Redis.Cluster([env.CACHE_URL], {redisOptions: {tls: {}},\n"
            "  dnsLookup: (address, callback) => callback(null, address)})",
            python='cache = redis.RedisCluster.from_url(os.environ["CACHE_URL"])',
        ),
    ),
    ContractPoint(
        id="cache-emptied",
        title="goes on when the cache has lost its entries",
        applications=(ORCHESTRATOR,),
        attempt=_cache_emptied,
        needs=("read", "write"),
        explanation=Explanation(
            text="The cache evicts what it likes: what is missing is read from the database.",
            node="const entry = (await cache.get(key)) ?? (await load(key))",
            python="entry = cache.get(key) or load(key)",
        ),
    ),
    ContractPoint(
        id="cache-clusterdown",
        title="goes on without the cache while a shard has no primary",
        applications=(ORCHESTRATOR,),
        attempt=_cache_without_a_primary,
        needs=("read", "write"),
        variables=("CACHE_URL",),
        explanation=Explanation(
            text="While a replica takes over, commands of its slots are refused with CLUSTERDOWN."
            " Catch it as any error of the cache, and read from the database.",
            node="const entry = await cache.get(key).catch(() => null)",
            python="try:\n    entry = cache.get(key)\n"
            "except (redis.RedisError, RedisClusterException):\n    entry = None",
        ),
    ),
    ContractPoint(
        id="cache-away",
        title="goes on, and stays ready, while the cache is away",
        applications=(ORCHESTRATOR,),
        attempt=_cache_away,
        needs=("read", "write"),
        variables=("CACHE_MAX_RETRIES_PER_REQUEST",),
        explanation=Explanation(
            text="Catch what the cache's client raises, with a time-out of a second or less, and"
            " read from the database. Readiness doesn't ask the cache.",
            node="const entry = await cache.get(key).catch(() => null)",
            python="try:\n    entry = cache.get(key)\n"
            "# a cluster of which no node answers raises RedisClusterException, which is no"
            " RedisError\nexcept (redis.RedisError, RedisClusterException):\n    entry = None",
        ),
    ),
)
