"""Cards of what no AWS API makes: Kubernetes' kinds, and what lives in the stack's state alone."""

from __future__ import annotations

from dataclasses import replace

from rf.shared.cards.card import Card
from rf.shared.cards.changes import Changes, Unruled
from rf.shared.cards.force_new import FORCE_NEW_SOURCE, forced_new
from rf.shared.cards.inventing import kubernetes_object
from rf.shared.cards.prices import Free, Priced
from rf.shared.cards.residency import IN_CLUSTER, IN_STATE
from rf.shared.cards.values import ClosedValues
from rf.shared.cards.without import Without
from rf.shared.offline.invention import Invent

_NO_AWS = Without("no AWS API makes it")
_IN_CLUSTER = Without("the cluster's API server makes it, which is no part of the embedded AWS")
_NAMED_INSIDE = Without("its name is one of the stack's own cluster")
_IN_STATE = Without("it lives in the stack's state alone")

BY_PROVIDER = Changes(source=(FORCE_NEW_SOURCE,), properties={})
"""Of a kind of which the provider's table is all that is known."""


def kubernetes_card(
    token: str,
    *,
    changes: Changes | Unruled,
    price: Priced | Free,
    values: ClosedValues | Without = Without("its schema closes what is closed"),  # noqa: B008
    computed: Invent = kubernetes_object,
    why: str = "",
) -> Card:
    """The card of a Kubernetes kind, or of a chart's release.

    What the provider makes anew is added to the rules of `changes`, which go before; `why` says
    what matters of that.
    """
    return Card(
        type=token,
        computed=computed,
        values=values,
        lifecycle=_IN_CLUSTER,
        verification=_IN_CLUSTER,
        changes=_with_forced_new(token, changes, why),
        price=price,
        quotas=_NO_AWS,
        naming=_NAMED_INSIDE,
        permissions=_NO_AWS,
        residency=IN_CLUSTER,
        control_plane=_IN_CLUSTER,
    )


def _with_forced_new(token: str, changes: Changes | Unruled, why: str) -> Changes | Unruled:
    forced = forced_new(token, why, changes.source if isinstance(changes, Changes) else ())
    if not forced:
        return changes
    if isinstance(changes, Unruled):
        raise TypeError(f"{token}: the provider has rules of it, so its changes are not unruled")
    return replace(changes, properties={**forced, **changes.properties})


def local_card(token: str, *, changes: Changes | Unruled, computed: Invent, price: Free) -> Card:
    """The card of what is made and kept by the engine alone."""
    return Card(
        type=token,
        computed=computed,
        values=Without("the SDK's types close what is closed"),
        lifecycle=_IN_STATE,
        verification=_IN_STATE,
        changes=changes,
        price=price,
        quotas=_IN_STATE,
        naming=_IN_STATE,
        permissions=_IN_STATE,
        residency=IN_STATE,
        control_plane=_IN_STATE,
    )
