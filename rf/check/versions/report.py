"""What `rf check versions` finds: what a stack runs, what does not fit, what to raise first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rf.shared.errors import FailedError
from rf.shared.project import PROJECT_ROOT
from scaleplan.settings import Settings
from scaleplan.versions.fitting import KUBERNETES, Misfit, Running, misfits, refusing, running
from scaleplan.versions.order import Raise, next_kubernetes, raise_order
from scaleplan.versions.support import SupportFinding, support_findings
from scaleplan.versions.table import PinKind, load_versions

_WRITTEN = {
    ".in": r"^pulumi==(\S+)$",
    ".yml": r"pulumi-version: (\S+)",
    ".mod": r"github\.com/pulumi/pulumi/pkg/v3 v(\S+)",
}
"""How a file of that ending says a version of Pulumi."""


class UnreadVersionError(FailedError):
    """A file that a version is written in does not have it in its known form."""


@dataclass(frozen=True, kw_only=True)
class VersionsReport:
    """All that is known of a stack's versions on a day, with no one asked.

    `held_by` are the charts that do not take the next version of Kubernetes, `following`; None
    where none is known.
    """

    settings: Settings
    running: tuple[Running, ...]
    support: tuple[SupportFinding, ...]
    misfits: tuple[Misfit, ...]
    order: tuple[Raise, ...]
    following: str | None
    held_by: tuple[Running, ...]

    @property
    def kubernetes(self) -> SupportFinding:
        """That of the cluster itself."""
        return next(each for each in self.support if each.running.pin.name == KUBERNETES)

    @property
    def passes(self) -> bool:
        """Whether nothing is overdue and all that runs together fits."""
        return not any(each.overdue for each in self.support) and not any(
            each.binding for each in self.misfits
        )


def report_of(settings: Settings, today: date, *, root: Path = PROJECT_ROOT) -> VersionsReport:
    """Judge a stack's versions, those in other files of the repository too.

    Raises UnreadVersionError where such a file has none.
    """
    those = (*running(settings), *_written_elsewhere(root))
    following = next_kubernetes(settings.kubernetes_version)
    held = refusing(those, KUBERNETES, following) if following else ()
    return VersionsReport(
        settings=settings,
        running=those,
        support=support_findings(those, today),
        misfits=misfits(those),
        order=raise_order(those, today),
        following=following,
        held_by=tuple({each.whose.pin.name: each.whose for each in held}.values()),
    )


def _written_elsewhere(root: Path) -> Iterator[Running]:
    for pin in load_versions().of_kind(PinKind.PACKAGE):
        path = root / (pin.written_in or "")
        found = re.search(_WRITTEN[path.suffix], path.read_text(encoding="utf-8"), re.MULTILINE)
        if found is None:
            raise UnreadVersionError(f"{pin.written_in} has no version of {pin.title}")
        yield Running(pin=pin, version=found[1])
