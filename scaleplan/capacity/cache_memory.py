"""Whether the cache holds what the plan's patterns put into it, before it must evict."""

from __future__ import annotations

from scaleplan.capacity.redis_memory import RESERVED_PERCENT, usable_bytes
from scaleplan.capacity.result import CapacityTerm, CheckName, CheckResult, Loss, number
from scaleplan.layers import CachePattern
from scaleplan.load import Load
from scaleplan.model import load_plan
from scaleplan.settings import Settings

GIB = 2**30


def check_cache_memory(settings: Settings, load: Load, loss: Loss | None) -> CheckResult:
    """Entries of each pattern, TTL × rate, times their size, against memory.

    Sessions are in the queue's Redis, because this one evicts. A lost node changes nothing in the
    sum: a copy takes over, or the shard starts empty.
    """
    del loss
    plan, assumed = load_plan(), load.assumptions
    patterns, users = plan.cache_patterns, load.concurrent_users
    reads = load.peak_requests_per_second * assumed.read_share
    sets = min(assumed.feature_flag_sets, reads * patterns.feature_flags.ttl_seconds)
    overhead = assumed.key_overhead_bytes
    parts = (
        _rate(
            patterns.api_responses,
            reads * assumed.cached_read_share,
            f"{number(reads)} reads/s at the peak × {number(assumed.cached_read_share)}",
            assumed.api_response_bytes,
            overhead,
        ),
        CapacityTerm(
            name=patterns.feature_flags.name,
            working=f"{number(sets)} sets × {_entry(assumed.feature_flag_bytes, overhead)}",
            value=_gib(sets, assumed.feature_flag_bytes, overhead),
            unit="GiB",
        ),
        _rate(
            patterns.literature_search,
            users * assumed.searches_per_user_hour / 3600,
            f"{number(users)} users × {number(assumed.searches_per_user_hour)}/h",
            assumed.search_bytes,
            overhead,
        ),
        _rate(
            patterns.ai_responses,
            users * assumed.prompts_per_user_hour / 3600,
            f"{number(users)} users × {number(assumed.prompts_per_user_hour)}/h",
            assumed.prompt_bytes,
            overhead,
        ),
    )
    total = sum(part.value for part in parts)
    shards = settings.cache.shards
    skew = assumed.cache_shard_skew if shards > 1 else 1.0
    fullest = CapacityTerm(
        name="memory of the fullest shard",
        working=f"{number(total)} / {shards} shards × {number(100 * skew)} %",
        value=total / shards * skew,
        unit="GiB",
        limit=usable_bytes(settings.cache.node_class) / GIB,
        limit_working=f"{settings.cache.node_class} less {RESERVED_PERCENT} % reserved",
    )
    return CheckResult(
        name=CheckName.CACHE_MEMORY,
        terms=(*parts, fullest),
        assumptions=(
            "peakFactor",
            "readShare",
            "cachedReadShare",
            "apiResponseBytes",
            "featureFlagSets",
            "featureFlagBytes",
            "searchesPerUserHour",
            "searchBytes",
            "promptsPerUserHour",
            "promptBytes",
            "keyOverheadBytes",
            "cacheShardSkew",
        ),
    )


def _rate(
    pattern: CachePattern, per_second: float, said: str, size: float, overhead: float
) -> CapacityTerm:
    """A pattern whose entries come at a rate and live for its TTL."""
    return CapacityTerm(
        name=pattern.name,
        working=f"{pattern.ttl_seconds:,} s × {said} × {_entry(size, overhead)}",
        value=_gib(pattern.ttl_seconds * per_second, size, overhead),
        unit="GiB",
    )


def _entry(size: float, overhead: float) -> str:
    return f"({number(size)} + {number(overhead)}) bytes"


def _gib(entries: float, size: float, overhead: float) -> float:
    return entries * (size + overhead) / GIB
