"""What can't be changed while the region is lost in which a control plane stands for all."""

from __future__ import annotations

from functools import cache

from rf.shared.cards.control_plane import HOME, ControlPlane
from rf.shared.cards.registry import all_cards, card_of


@cache
def control_planes() -> tuple[ControlPlane, ...]:
    """Every such control plane, by the name of its service."""
    planes = {
        card.control_plane for card in all_cards() if isinstance(card.control_plane, ControlPlane)
    }
    return tuple(sorted(planes, key=lambda plane: plane.service))


def control_plane_of(token: str, region: str) -> ControlPlane | None:
    """The control plane in `HOME` that a change of such a resource needs; None for none.

    `region` is where the resource stands. What stands in `HOME` itself, and is regional, is none.
    """
    card = card_of(token)
    plane = card.control_plane if card else None
    if isinstance(plane, ControlPlane) and (not plane.edge or region == HOME):
        return plane
    return None


def control_plane_needed(service: str, operation: str, region: str) -> ControlPlane | None:
    """The control plane in `HOME` that a call needs; None for none."""
    for plane in control_planes():
        if plane.denies(service, operation) and (not plane.edge or region == HOME):
            return plane
    return None
