"""Where each subnet lies in the VPC. Pure arithmetic on addresses.

A deployed subnet can't be moved, so the offsets here are for good: a change re-addresses every
stack. `tests/unit/network/test_subnet_layout.py` holds the addresses of 10.0.0.0/16 written out.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Literal

from scaleplan.cluster.nodes import PRIVATE_PREFIX_LENGTH

ZoneKey = Literal["a", "b", "c"]
ZONE_KEYS: tuple[ZoneKey, ...] = ("a", "b", "c")
"""Names of the three zones in resource names: the first zone of a stack file is a, and so on."""

VPC_PREFIX_LENGTH = 16
SMALL_PREFIX_LENGTH = 22
"""1,024 addresses a zone for public (NAT gateways) and for data (databases and caches)."""

_PUBLIC_OFFSET = 192 * 256
_DATA_OFFSET = 204 * 256


@dataclass(frozen=True, kw_only=True)
class SubnetLayout:
    """One network a tier and zone. What lies behind the data subnets is free for later tiers."""

    private: dict[ZoneKey, IPv4Network]
    public: dict[ZoneKey, IPv4Network]
    data: dict[ZoneKey, IPv4Network]

    def all(self) -> list[IPv4Network]:
        """Every subnet, in order of address."""
        return sorted([*self.private.values(), *self.public.values(), *self.data.values()])


def subnet_layout(vpc: IPv4Network) -> SubnetLayout:
    """Lay three tiers over three zones: private x.x.0.0, public x.x.192.0, data x.x.204.0.

    10,240 addresses from x.x.216.0 on stay free. Raises ValueError when `vpc` is no /16.
    """
    if vpc.prefixlen != VPC_PREFIX_LENGTH:
        message = f"{vpc} is no /{VPC_PREFIX_LENGTH}: give a network such as 10.0.0.0/16"
        raise ValueError(message)
    return SubnetLayout(
        private=_tier(vpc, 0, PRIVATE_PREFIX_LENGTH),
        public=_tier(vpc, _PUBLIC_OFFSET, SMALL_PREFIX_LENGTH),
        data=_tier(vpc, _DATA_OFFSET, SMALL_PREFIX_LENGTH),
    )


def nat_zone(zone: ZoneKey, nat_gateways: int) -> ZoneKey:
    """The zone whose NAT gateway serves `zone`: its own if it has one, else the first zone's.

    Raises ValueError when `nat_gateways` is not 1 to 3.
    """
    if not 1 <= nat_gateways <= len(ZONE_KEYS):
        message = f"{nat_gateways} NAT gateways: give 1 to {len(ZONE_KEYS)}"
        raise ValueError(message)
    with_gateway = ZONE_KEYS[:nat_gateways]
    return zone if zone in with_gateway else with_gateway[0]


def _tier(vpc: IPv4Network, offset: int, prefix_length: int) -> dict[ZoneKey, IPv4Network]:
    start = int(vpc.network_address) + offset
    size = 2 ** (32 - prefix_length)
    return {
        zone: IPv4Network((start + index * size, prefix_length))
        for index, zone in enumerate(ZONE_KEYS)
    }
