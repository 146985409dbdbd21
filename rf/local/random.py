"""Random values."""

from __future__ import annotations

from rf.shared.cards.changes import REPLACE, Changes, PropertyRule
from rf.shared.cards.kinds import local_card
from rf.shared.cards.prices import Free
from rf.shared.cards.source import FactSource
from rf.shared.offline.invention import Computed, Registration
from rf.shared.plan import Secret


def _invented_random_id(registration: Registration) -> Computed:
    digits = registration.hex(2 * int(registration.inputs.get("byteLength", 8)))
    return Computed(
        digits, {"hex": digits, "b64Url": digits, "b64Std": digits, "dec": str(int(digits, 16))}
    )


def _invented_password(registration: Registration) -> Computed:
    """As long as asked, of letters and digits only: safe in URLs and in every config file."""
    length = int(registration.inputs.get("length", 32))
    text = "".join(registration.hex(64, f"result{part}") for part in range(length // 64 + 1))
    return Computed(
        "none",
        {"result": Secret(text[:length]), "bcryptHash": Secret(f"$2a$10${registration.hex(53)}")},
    )


CARDS = (
    local_card(
        "random:index/randomId:RandomId",
        computed=_invented_random_id,
        changes=Changes(
            source=(
                FactSource(
                    name="pulumi-random 4.21.4 (every input replaces it)", page="", version="4.21.4"
                ),
            ),
            properties={"*": REPLACE},
        ),
        price=Free(reason="lives in the state alone"),
    ),
    local_card(
        "random:index/randomPassword:RandomPassword",
        computed=_invented_password,
        changes=Changes(
            source=(
                FactSource(
                    name="pulumi-random 4.21.4 (every input replaces it)", page="", version="4.21.4"
                ),
            ),
            properties={
                "*": PropertyRule(
                    effect=REPLACE,
                    why="a new password, which everything that logs in with it must learn",
                )
            },
        ),
        price=Free(reason="lives in the state alone"),
    ),
)
