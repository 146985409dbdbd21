"""Whether a name is free in an account, or has this very stack for an owner."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.account.unreadable import UnreadableError
from rf.shared.cards.naming import Answer

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner

FREE = "free"

ABSENT = frozenset(
    {
        "DBInstanceNotFound",
        "DBInstanceNotFoundFault",
        "DBSnapshotNotFound",
        "DBSnapshotNotFoundFault",
        "ReplicationGroupNotFoundFault",
        "SnapshotNotFoundFault",
        "ResourceNotFoundException",
        "RepositoryNotFoundException",
        "ImageNotFoundException",
        "NoSuchBucket",
        "NotFoundException",
        "NotFound",
        "NoSuchEntity",
        "InvalidDocument",
        "CacheSubnetGroupNotFoundFault",
        "UserNotFound",
        "UserGroupNotFound",
        "DBSubnetGroupNotFoundFault",
        "TemplateNotFoundException",
        "PullThroughCacheRuleNotFoundException",
        "ParameterNotFound",
    }
)
"""How services say that there is no such thing."""


def existing(
    account: Account, service: str, operation: str, member: str, **parameters: Any
) -> list[Any]:
    """What a question for one thing finds: nothing where the service says there is none.

    Raises UnreadableError where it says anything else but an answer.
    """
    try:
        return account.listed(service, operation, member, **parameters)
    except UnreadableError as error:
        if error.code in ABSENT:
            return []
        raise


def described(
    account: Account,
    service: str,
    operation: str,
    member: str = "",
    *,
    region: str | None = None,
    **parameters: Any,
) -> list[Any]:
    """As `existing`, of a question whose answer is the thing itself, or has it as `member`."""
    try:
        answer = account.read(service, operation, region=region, **parameters)
    except UnreadableError as error:
        if error.code in ABSENT:
            return []
        raise
    return [answer[member] if member else answer]


def of_stack(
    owner: Owner,
    things: list[Any],
    tags_of: Callable[[Any], Iterable[Mapping[str, str]] | None],
) -> Answer:
    """Free where there is no thing, and else whether it bears the stack's tags."""
    if not things:
        return True, FREE
    return owned(fine=owner.tagged(tags_of(things[0])))


def owned(*, fine: bool) -> Answer:
    """Of something that is there: whether it is the stack's own."""
    return fine, "this stack's own" if fine else "taken, without this stack's tags"


def free(things: list[Any]) -> Answer:
    """Whether there is no thing."""
    return not things, "taken" if things else FREE


def pairs(tags: Mapping[str, str] | None) -> list[dict[str, str]]:
    """A map of tags as the list of pairs that most services have."""
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
