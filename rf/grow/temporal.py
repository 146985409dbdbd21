"""What Temporal can't change once it has started: its history shards, and where its history is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rf.kubernetes.helm import RELEASE
from rf.shared.plan_document import PlanDocument

SHARDS = "numHistoryShards"


def history_findings(before: PlanDocument, after: PlanDocument) -> Iterator[tuple[str, str, str]]:
    """Another number of shards, or another database, of a Temporal that stays: resource, what,
    remedy. A server that is gone is a deletion, which other rules judge."""
    old, new = _stores(before), _stores(after)
    for name in sorted(old.keys() & new.keys()):
        was, becomes = old[name], new[name]
        for key in sorted(was.keys() & becomes.keys()):
            if was[key] == becomes[key]:
                continue
            if key == SHARDS:
                yield (
                    name,
                    f"{SHARDS} changes from {was[key]} to {becomes[key]}: Temporal keeps the number"
                    " of its first start, and a server with another one finds no workflow",
                    "keep the number; another one takes a new cluster, and workflows started there",
                )
            else:
                yield (
                    name,
                    f"the {key} store changes from {was[key]} to {becomes[key]}: the server would"
                    " find an empty database, and the open workflows would stand still",
                    "keep the database's name, or restore the data into the other one first",
                )


def _stores(plan: PlanDocument) -> dict[str, dict[str, str]]:
    """Of each release of Temporal's chart its number of shards and the databases of its stores."""
    stores: dict[str, dict[str, str]] = {}
    for resource in plan.resources.values():
        persistence = _at(resource.inputs, "values", "server", "config", "persistence")
        if resource.type != RELEASE or SHARDS not in persistence:
            continue
        said = {SHARDS: str(persistence[SHARDS])}
        for store, settings in _at(persistence, "datastores").items():
            database = _at(settings, "sql").get("databaseName")
            if database is not None:
                said[store] = str(database)
        stores[resource.name] = said
    return stores


def _at(value: Any, *path: str) -> Mapping[str, Any]:
    """The object at that place; an empty one where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}
