"""A card: all that is known of one type of resource. Whoever needs to know asks the card."""

from __future__ import annotations

from dataclasses import dataclass

from rf.shared.cards.changes import Changes
from rf.shared.cards.control_plane import ControlPlane
from rf.shared.cards.creation import Creation
from rf.shared.cards.lifecycle import Lifecycle
from rf.shared.cards.naming import AccountSetting, Naming
from rf.shared.cards.permissions import ServiceLinkedRole
from rf.shared.cards.prices import Free, Priced, Unpriced
from rf.shared.cards.quota import Quota
from rf.shared.cards.residency import Residency
from rf.shared.cards.values import ClosedValues, ListedKeys
from rf.shared.cards.verification import Verification
from rf.shared.cards.without import Without
from rf.shared.offline.invention import Invent


@dataclass(frozen=True, kw_only=True)
class Card:
    """The facets of a type. None has a default: what a type lacks, its card says, with a reason.

    - `type`: its token, as `aws:rds/instance:Instance`.
    - `computed`: id and outputs that the service decides, as an offline plan invents them.
    - `values`: the inputs whose values or keys are a closed set.
    - `lifecycle`: create, read, update and delete, by the service's API. `rf.shared.cards.diff`
      derives the difference from `changes`.
    - `creation`: how long one waits for a new one.
    - `verification`: what is compared when a deployed resource is read back.
    - `changes`: what a change of each property does, and what is lost with the resource.
    - `price`: what pays for it, why it is free, or why no price is known.
    - `quotas`: what the account limits.
    - `naming`: whether its name must be free, or whether the account has one of it anyway, and how
      one asks.
    - `permissions`: the IAM actions that its creation takes (Service Authorization Reference), and
      the roles that its service has in an account.
    - `residency`: where its data lies.
    - `control_plane`: where it is changed from, if that is not the resource's own region.
    """

    type: str
    computed: Invent
    values: ClosedValues | ListedKeys | Without
    lifecycle: Lifecycle | Without
    creation: Creation | Without
    verification: Verification | Without
    changes: Changes
    price: Priced | Free | Unpriced
    quotas: tuple[Quota, ...] | Without
    naming: Naming | AccountSetting | Without
    permissions: tuple[str | ServiceLinkedRole, ...] | Without
    residency: Residency
    control_plane: ControlPlane | Without

    @property
    def holds(self) -> str:
        """What is lost with a resource of the type; empty where nothing is."""
        return self.changes.holds
