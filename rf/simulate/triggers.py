"""Which jobs a KEDA trigger counts, told from the key or queue that it names.

Keys: BullMQ `src/classes/queue-keys.ts` and Bull `lib/queue.js` (`prefix:queue:state`), RQ
`queue.py` and `registry.py` (`rq:queue:NAME`, `rq:wip:NAME`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rf.simulate.signals import SignalReading

_DEFAULT_TARGET = {"redis": ("listLength", 5.0), "rabbitmq": ("value", 20.0)}
"""Metadata key of the target, and what KEDA takes where it is left out."""

_WAITING = ("prioritized", "wait")
"""Where waiting jobs lie, the first that a client has: the plan gives every job a priority, which
BullMQ keeps in a set of its own."""


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A key taken apart: whose it is, which queue's, and which jobs lie there."""

    client: str
    queue: str
    state: str


def readings_of(
    triggers: Sequence[Mapping[str, Any]], queues: Sequence[str]
) -> list[tuple[SignalReading, float]]:
    """What each queue trigger counts, with its own target a pod.

    All simulated jobs are one client's: of BullMQ where it is watched, else of the first watched.
    Of a key that no client writes, or another client does, nothing is read.
    """
    watched = [each for each in triggers if each["type"] in _DEFAULT_TARGET]
    places = [_place(trigger, queues) for trigger in watched]
    known = [place for place in places if place is not None]
    clients = [place.client for place in known if place.state == "prioritized"]
    clients += [place.client for place in known]
    readings: list[tuple[SignalReading, float]] = []
    for number, (trigger, place) in enumerate(zip(watched, places, strict=True)):
        counted = place if place is not None and place.client == clients[0] else None
        reading = SignalReading(
            name=trigger.get("name") or f"trigger_{number}",
            queue=counted.queue if counted else None,
            waiting=counted is not None and _holds_waiting(counted, known),
            active=counted is not None and counted.state in {"active", "all"},
        )
        key, default = _DEFAULT_TARGET[trigger["type"]]
        readings.append((reading, float(trigger["metadata"].get(key, default))))
    return readings


def _holds_waiting(place: _Place, known: Sequence[_Place]) -> bool:
    watched = {each.state for each in known if _same_queue(each, place)}
    first = next((state for state in _WAITING if state in watched), None)
    return place.state in {"all", first}


def _same_queue(one: _Place, other: _Place) -> bool:
    return (one.client, one.queue) == (other.client, other.queue)


def _place(trigger: Mapping[str, Any], queues: Sequence[str]) -> _Place | None:
    metadata = trigger["metadata"]
    if trigger["type"] == "rabbitmq":
        queue = metadata["queueName"]
        # Over AMQP KEDA learns the ready messages only, over HTTP those a worker holds as well.
        held = metadata.get("protocol") == "http"
        held = held and metadata.get("excludeUnacknowledged") != "true"
        state = "all" if held else "wait"
        return _Place(client="amqp", queue=queue, state=state) if queue in queues else None
    match metadata["listName"].split(":"):
        case ["rq", "queue", queue] if queue in queues:
            return _Place(client="rq", queue=queue, state="wait")
        case ["rq", "wip", queue] if queue in queues:
            return _Place(client="rq", queue=queue, state="active")
        case [*prefix, queue, state] if prefix and queue in queues:
            return _Place(client=":".join(prefix), queue=queue, state=state)
        case _:
            return None
