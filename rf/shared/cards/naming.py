"""Names that two can't have, and what an account has one of: how to ask whether it is free."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner

Answer = tuple[bool, str]
"""Whether something is as needed, and what was read of it."""


NameState = Callable[["Account", "Owner", str], Answer]
"""Whether a name is free or the stack's own. Raises UnreadableError."""


@dataclass(frozen=True, kw_only=True)
class Leftover:
    """What an earlier resource of the name may have left behind, under the name in input `key`,
    and a later removal would stumble on. `fix` is a command; `{name}` stands for the name."""

    title: str
    key: str
    fix: str
    state: Callable[[Account, str], Answer]


@dataclass(frozen=True, kw_only=True)
class Naming:
    """`title` is the kind of thing, for people, `key` the input that holds its explicit name."""

    title: str
    key: str
    state: NameState
    leftover: Leftover | None = None


@dataclass(frozen=True, kw_only=True)
class AccountSetting:
    """What an account and region have one of, or what a name does not keep two makers apart by: its
    creation is refused, or overwrites in silence what others rely on.

    `state` tells by the plan's inputs whether nothing stands in the way, in an account that looks
    at the resource's own region. `needed` and `fix` are for people.
    """

    title: str
    needed: str
    fix: str
    state: Callable[[Account, Owner, Mapping[str, Any]], Answer]
