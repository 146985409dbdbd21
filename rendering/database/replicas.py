"""Which read replicas a database has: each with its key, zone and maintenance window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rendering.network.subnet_layout import ZONE_KEYS
from scaleplan.windows import MOST_REPLICAS, replica_maintenance


@dataclass(frozen=True, kw_only=True)
class Replica:
    """A replica; `key` (b, c, a, b2, c2, …) stays with its zone whatever the number of replicas."""

    key: str
    identifier: str
    availability_zone: str
    maintenance_window: str


def read_replicas(
    source_identifier: str, availability_zones: Sequence[str], count: int
) -> tuple[Replica, ...]:
    """The replicas, in the order in which they are added.

    The first two stand in the second and third zone, the next in the first.
    Raises ValueError on a count RDS refuses.
    """
    if not 0 <= count <= MOST_REPLICAS:
        raise ValueError(f"{count} read replicas: RDS allows 0 to {MOST_REPLICAS} of one source")
    zones = dict(zip(ZONE_KEYS, availability_zones, strict=True))
    order = (*ZONE_KEYS[1:], *ZONE_KEYS[:1])
    replicas: list[Replica] = []
    for index in range(count):
        round_number, position = divmod(index, len(order))
        letter = order[position]
        key = letter if round_number == 0 else f"{letter}{round_number + 1}"
        replicas.append(
            Replica(
                key=key,
                identifier=f"{source_identifier}-replica-{key}",
                availability_zone=zones[letter],
                maintenance_window=replica_maintenance(index).weekly(),
            )
        )
    return tuple(replicas)
