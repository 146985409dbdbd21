"""How small a recovery site is while it waits; what can't grow in place is full from the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scaleplan.recovery.disaster_recovery import SitePhase

CLASSES = {"cache": "nodeClass", "queue": "nodeClass"}
"""Of the small size: both Redis hold nothing while the site waits, and grow in place. A copy of the
one shard stands beside it, so that they grow without an outage."""

DATABASE = {"readReplicas": 0, "multiAz": False}
"""One replica of the other site's primary, of the full class and storage: it must replay all that
is written there, and after its promotion a change of class would be an outage."""


def waits(recovery: object) -> bool:
    """Whether a stack's `disasterRecovery`, as written, is that of a site that waits."""
    if not isinstance(recovery, Mapping) or not recovery.get("siteOf"):
        return False
    return recovery.get("phase", SitePhase.STANDBY) == SitePhase.STANDBY


def standby_of(small: Mapping[str, Any]) -> dict[str, Any]:
    """What is laid over the site's own values while it waits; `small` is the row of that size."""
    classes = {name: {key: small[name][key]} for name, key in CLASSES.items()}
    return {
        "network": small["network"],
        "cache": {**classes["cache"], "shards": 1, "replicasPerShard": 1},
        "queue": {**classes["queue"], "nodes": 2},
        "database": DATABASE,
    }
