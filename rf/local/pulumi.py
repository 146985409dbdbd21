"""The engine's own: providers, and references to other stacks."""

from __future__ import annotations

from rf.shared.cards.changes import Unruled
from rf.shared.cards.inventing import physical_name
from rf.shared.cards.kinds import local_card
from rf.shared.cards.prices import Free
from rf.shared.offline.invention import Computed, Registration

PROVIDER = "pulumi:providers:"
"""How the types of providers begin."""

AWS_PROVIDER = f"{PROVIDER}aws"
STACK_REFERENCE = "pulumi:pulumi:StackReference"


def _invented_provider(registration: Registration) -> Computed:
    return Computed(registration.uuid(), {})


CARDS = (
    local_card(
        AWS_PROVIDER,
        computed=_invented_provider,
        changes=Unruled(),
        price=Free(reason="no resource"),
    ),
    local_card(
        f"{PROVIDER}kubernetes",
        computed=_invented_provider,
        changes=Unruled(),
        price=Free(reason="no resource"),
    ),
    local_card(
        f"{PROVIDER}random",
        computed=_invented_provider,
        changes=Unruled(),
        price=Free(reason="no resource"),
    ),
    local_card(
        f"{PROVIDER}tls",
        computed=_invented_provider,
        changes=Unruled(),
        price=Free(reason="no resource"),
    ),
    local_card(
        STACK_REFERENCE,
        computed=physical_name,
        changes=Unruled(),
        price=Free(reason="reads another stack's outputs"),
    ),
)
