"""The engine's own: providers, and references to other stacks."""

from __future__ import annotations

from rf.shared.cards.changes import Unruled
from rf.shared.cards.inventing import physical_name
from rf.shared.cards.kinds import local_card
from rf.shared.cards.prices import Free
from rf.shared.offline.invention import Computed, Registration


def _invented_provider(registration: Registration) -> Computed:
    return Computed(registration.uuid(), {})


CARDS = (
    local_card(
        "pulumi:providers:aws",
        computed=_invented_provider,
        changes=Unruled(),
        price=Free(reason="no resource"),
    ),
    local_card(
        "pulumi:providers:kubernetes",
        computed=_invented_provider,
        changes=Unruled(),
        price=Free(reason="no resource"),
    ),
    local_card(
        "pulumi:providers:random",
        computed=_invented_provider,
        changes=Unruled(),
        price=Free(reason="no resource"),
    ),
    local_card(
        "pulumi:providers:tls",
        computed=_invented_provider,
        changes=Unruled(),
        price=Free(reason="no resource"),
    ),
    local_card(
        "pulumi:pulumi:StackReference",
        computed=physical_name,
        changes=Unruled(),
        price=Free(reason="reads another stack's outputs"),
    ),
)
