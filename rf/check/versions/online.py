"""What is newer than what a stack runs, by its registries and its account; both are only read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from rf.check.versions.offered import account_offers
from rf.check.versions.registries import (
    Offer,
    Registries,
    admits,
    newest_of,
)
from rf.check.versions.report import VersionsReport
from rf.shared.account.account import Account, PreflightInputError, UnreadableError
from rf.shared.errors import InputError
from rf.shared.registry_client import SilentRegistryError
from scaleplan.versions.fitting import Running
from scaleplan.versions.table import PinKind

UNREACHABLE = ("EndpointConnectionError", "ConnectTimeoutError", "ProxyConnectionError")
"""botocore's errors where there is no way to the service."""

_BY_THE_ACCOUNT = (PinKind.ENGINE, PinKind.ADDON, PinKind.NODE_IMAGE)


class NoNetworkError(InputError):
    """Nobody could be asked."""


class Newness(StrEnum):
    """`missing`: the version that the stack names is not offered. `unknown` is never a pass."""

    CURRENT = "current"
    NEWER = "newer"
    MISSING = "missing"
    UNKNOWN = "not known"


@dataclass(frozen=True, kw_only=True)
class Newer:
    """What was answered about one row; `says` is what the publisher says, or why nothing is
    known."""

    running: Running
    newness: Newness
    newest: str | None = None
    says: str = ""

    @property
    def fine(self) -> bool:
        """Whether what the stack names is there; a newer one is news, no fault."""
        return self.newness in (Newness.CURRENT, Newness.NEWER)


def ask(report: VersionsReport, registries: Registries, account: Account) -> tuple[Newer, ...]:
    """Ask about every row that a registry or the account has.

    Raises NoNetworkError where not one of them could be reached.
    """
    asked = _Asked(report, registries, account)
    answers = tuple(asked.of(each) for each in report.running if _is_asked(each))
    if not asked.reached:
        raise NoNetworkError("no network: neither a registry nor AWS can be reached from here")
    return answers


def _is_asked(running: Running) -> bool:
    # The servers' minors are the operator's to offer, which the table has by its version.
    return running.pin.kind in _BY_THE_ACCOUNT or bool(running.pin.address)


class _Asked:
    def __init__(self, report: VersionsReport, registries: Registries, account: Account) -> None:
        self._report, self._registries, self._account = report, registries, account
        self._no_account = ""
        self.reached = False

    def of(self, running: Running) -> Newer:
        by_account = running.pin.kind in _BY_THE_ACCOUNT
        ask_one = self._ask_account if by_account else self._ask_registry
        offers = ask_one(running)
        if isinstance(offers, str):
            return Newer(running=running, newness=Newness.UNKNOWN, says=offers)
        return self._judged(running, offers)

    def _ask_registry(self, running: Running) -> list[Offer] | str:
        try:
            offers = self._registries.offers(running)
        except SilentRegistryError as error:
            self.reached = self.reached or not error.unreachable
            return str(error)
        self.reached = True
        return offers

    def _ask_account(self, running: Running) -> list[Offer] | str:
        if self._no_account:
            return self._no_account
        try:
            offers = account_offers(self._account, running, self._report.settings)
        except PreflightInputError as error:
            self._no_account = str(error)
            return self._no_account
        except UnreadableError as error:
            if error.code in UNREACHABLE:
                self._no_account = f"AWS can't be reached: {error}"
                return self._no_account
            self.reached = True
            return f"could not be read: {error}"
        self.reached = True
        return offers

    def _judged(self, running: Running, offers: list[Offer]) -> Newer:
        newest = newest_of(running, offers)
        if newest is None:
            says = "nothing of the kind is offered"
            return Newer(running=running, newness=Newness.UNKNOWN, says=says)
        own = next((each for each in offers if each.version == running.version), None)
        only_the_newest = running.pin.kind is PinKind.NODE_IMAGE
        if own is None and not only_the_newest:
            newness = Newness.MISSING
        else:
            is_own = newest.version == running.version
            newness = Newness.CURRENT if is_own else Newness.NEWER
        return Newer(
            running=running,
            newness=newness,
            newest=newest.version,
            says="; ".join(_said(running, newest, own, self._report.following)),
        )


def _said(
    running: Running, newest: Offer, own: Offer | None, following: str | None
) -> Iterator[str]:
    if own is not None and own.says and own is not newest:
        yield f"{own.version}: {own.says}"
    if newest.says:
        yield f"{newest.version}: {newest.says}" if own is not newest else newest.says
    fits = admits(running, newest, following) if following else None
    if fits is not None:
        yield f"{'takes' if fits else 'does not take'} Kubernetes {following}"
