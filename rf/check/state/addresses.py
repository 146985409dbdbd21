"""Do the networks of the project's stacks share addresses? A VPC's can't be changed later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from rf.check.state.policy import StateFinding, StateStatus

RULE = "addresses"
_FIX = "another /16 for the stack that isn't deployed yet (`vpcCidr`); a VPC's can't be changed"


@dataclass(frozen=True, kw_only=True)
class StackNetwork:
    """The addresses of one stack's VPC, and whom its file ties it to."""

    stack: str
    network: IPv4Network
    home: str
    """Stack of its home cell; its own name where it is one, empty where it is no cell."""
    site_of: str
    """Stack whose recovery site it is; empty where it is none."""

    def joined_to(self, other: StackNetwork) -> bool:
        """Are they cells of one home, or a stack and its recovery site?

        These are joined by peering or a VPN sooner or later, which overlapping networks can't be
        (AWS, "How VPC peering connections work": limitations).
        """
        cells = bool(self.home) and self.home == other.home
        return cells or self.site_of == other.stack or other.site_of == self.stack


def network_of(stack: str, config: Mapping[str, Any], project: str) -> StackNetwork | None:
    """By the config of a stack file; None where it says no network, which settings refuse."""

    def section(key: str) -> Mapping[str, Any]:
        value = config.get(f"{project}:{key}")
        return value if isinstance(value, Mapping) else {}

    try:
        network = IPv4Network(str(config.get(f"{project}:vpcCidr")))
    except ValueError:
        return None
    cell = section("cell")
    return StackNetwork(
        stack=stack,
        network=network,
        home=str(cell.get("home") or (stack if cell.get("name") else "")),
        site_of=str(section("disasterRecovery").get("siteOf") or ""),
    )


def addresses(own: StackNetwork, others: list[StackNetwork]) -> StateFinding:
    """Wrong where a stack that it is joined to has the same addresses, else a warning."""
    shared = [
        each for each in others if each.stack != own.stack and each.network.overlaps(own.network)
    ]
    joined = [each for each in shared if own.joined_to(each)]
    found = "; ".join(
        f"{own.network} overlaps {each.network} of {each.stack}"
        + (", to which it is joined" if each in joined else "")
        for each in shared
    )
    state = StateStatus.WARNING if shared else StateStatus.FINE
    return StateFinding(
        stack=own.stack,
        rule=RULE,
        state=StateStatus.WRONG if joined else state,
        found=found or f"{own.network}, no other stack's",
        fix=_FIX if shared else "",
    )
