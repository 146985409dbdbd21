"""Names that two can't have: how to ask whether one is free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner

Answer = tuple[bool, str]
"""Whether something is as needed, and what was read of it."""


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
    state: Callable[[Account, Owner, str], Answer]
    leftover: Leftover | None = None
