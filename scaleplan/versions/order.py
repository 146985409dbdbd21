"""What of a stack's versions to raise, in the order in which that is possible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from scaleplan.cluster.rotation import IMAGE_DAYS
from scaleplan.versions.fitting import (
    CONFIG_KEYS,
    KUBERNETES,
    OPERATOR,
    Running,
    choices,
    in_version,
    misfits,
    refusing,
)
from scaleplan.versions.support import SupportFinding, support_of
from scaleplan.versions.table import TABLE, PinKind, numbers

AFTER_THE_OPERATOR = 'docs/sharding.md, "Raise StackGres and PostgreSQL"'


@dataclass(frozen=True, kw_only=True)
class Raise:
    """One version to raise: to which, where that is written, and what asks for it.

    `to` is None where no release that fits has been read yet.
    """

    running: Running
    to: str | None
    where: str
    because: str
    finding: SupportFinding


def next_kubernetes(version: str) -> str | None:
    """The version to upgrade to, one minor on; None when none is known."""
    major, minor = version.split(".")
    following = f"{major}.{int(minor) + 1}"
    return following if following in choices(KUBERNETES) else None


def raise_order(those: Sequence[Running], today: date) -> tuple[Raise, ...]:
    """First what holds the next Kubernetes back, then that, then what follows from the operator;
    then the machines' image where it has grown old, and what else is near the end of its support,
    the earliest first."""
    found = [*_before_and_with_kubernetes(those, today), *_old_images(those, today)]
    named = {each.running.pin.name for each in found}
    due = sorted(
        (
            finding
            for each in those
            for finding in [support_of(each, today)]
            if finding.due and each.pin.name not in named
        ),
        key=lambda finding: finding.days_left or 0,
    )
    found += [
        Raise(
            running=finding.running,
            to=_newest_known(finding.running, those),
            where=_where(finding.running),
            because=finding.running.pin.then,
            finding=finding,
        )
        for finding in due
    ]
    return tuple(found)


def _before_and_with_kubernetes(those: Sequence[Running], today: date) -> Iterator[Raise]:
    kubernetes = next(each for each in those if each.pin.name == KUBERNETES)
    following = next_kubernetes(kubernetes.version)
    if following is None:
        return
    held = refusing(those, KUBERNETES, following)
    seen = {each.whose.pin.name for each in held}
    after = misfits(in_version(those, KUBERNETES, following))
    untested = [each for each in after if not each.binding and each.whose.pin.name not in seen]
    for misfit in (*held, *untested):
        yield Raise(
            running=misfit.whose,
            to=None,
            where=_where(misfit.whose),
            because=str(misfit),
            finding=support_of(misfit.whose, today),
        )
    if OPERATOR in seen:
        yield from _servers_of_the_operator(those, today)
    follow = [each.pin.title for each in those if each.pin.by_kubernetes]
    yield Raise(
        running=kubernetes,
        to=following,
        where=_where(kubernetes),
        because=f"one minor at a time, and never back; {', '.join(follow)} go with it",
        finding=support_of(kubernetes, today),
    )


def _old_images(those: Sequence[Running], today: date) -> Iterator[Raise]:
    for each in those:
        if each.pin.kind is not PinKind.NODE_IMAGE:
            continue
        days = (today - image_day(each.version)).days
        if days > IMAGE_DAYS:
            yield Raise(
                running=each,
                to=None,
                where=_where(each),
                because=f"it is {days} days old, and only a newer one replaces machines",
                finding=support_of(each, today),
            )


def image_day(version: str) -> date:
    """The day of a machine image by its version, as v20260903 (EKS user guide, Amazon Linux
    versions). Raises ValueError for a version of another form."""
    return datetime.strptime(version, "v%Y%m%d").replace(tzinfo=UTC).date()


def _servers_of_the_operator(those: Sequence[Running], today: date) -> Iterator[Raise]:
    for each in those:
        if each.pin.kind is PinKind.DATABASE:
            yield Raise(
                running=each,
                to=None,
                where=_where(each),
                because=f"after the operator and its security upgrade: {AFTER_THE_OPERATOR}",
                finding=support_of(each, today),
            )


def _newest_known(running: Running, those: Sequence[Running]) -> str | None:
    name = running.pin.name
    if name not in CONFIG_KEYS:
        return None
    newer = [
        version
        for version in choices(name)
        if numbers(version) > numbers(running.version) and not refusing(those, name, version)
    ]
    return max(newer, key=numbers, default=None)


def _where(running: Running) -> str:
    key = CONFIG_KEYS.get(running.pin.name)
    if key is not None:
        return key if running.pin.name == KUBERNETES else f"{key}, or {TABLE}"
    return running.pin.written_in or TABLE
