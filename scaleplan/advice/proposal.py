"""The change that is proposed: valid, with every capacity check run again, and its price."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic.alias_generators import to_snake

from scaleplan.advice.candidates import AdviceDirection, Candidate
from scaleplan.capacity.checks import CapacityReport, capacity_report
from scaleplan.capacity.evaluator import Evaluator
from scaleplan.capacity.fixes import climb
from scaleplan.capacity.leaves import Leaf, changed, leaves, value_at
from scaleplan.capacity.sizing import SEARCHED
from scaleplan.capacity.summary import fault_line
from scaleplan.catalog import load_catalog
from scaleplan.config.mistakes import InvalidSettings
from scaleplan.cost.bill import Bounds
from scaleplan.cost.month import estimate
from scaleplan.load import Load
from scaleplan.settings import Settings

Validate = Callable[[Mapping[str, Any]], Settings]
"""The stack's settings with these config keys changed, as `settings.parse` reads them. Raises
InvalidSettings."""


SUPPORTS = frozenset(
    key for key in SEARCHED if key.partition(".")[0] in ("nodes", "database", "pgbouncer", "citus")
)
"""Settings that pods and pools stand on."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One config key, its present value and the one to write."""

    key: str
    old: Any
    new: Any


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """Changes to make together. The first `own` of them are the action, the others let it pass.

    `faults` are the capacity checks, or rules of the settings, that would fail only because of it;
    `extra` what it adds to the month's bill, USD.
    """

    direction: AdviceDirection
    changes: tuple[Change, ...]
    own: int
    faults: tuple[str, ...]
    extra: Bounds

    @property
    def passes(self) -> bool:
        """Whether the stack carries its load with it as well as without."""
        return not self.faults

    @property
    def values(self) -> dict[str, Any]:
        """New values by config key."""
        return {change.key: change.new for change in self.changes}


class Proposer:
    """Tries candidates on one stack under the load that it must carry."""

    def __init__(self, settings: Settings, load: Load, validate: Validate) -> None:
        self._before = capacity_report(settings, load)
        self._validate = validate
        self._bill = estimate(settings, load).total

    @property
    def settings(self) -> Settings:
        """The stack as it is."""
        return self._before.settings

    def first_that_passes(self, candidates: Sequence[Candidate]) -> Proposal | None:
        """The first candidate with which no check fails that passes now, mended by other settings
        if it must be; else the first of all, with its faults. None without candidates."""
        proposals: list[Proposal] = []
        for candidate in candidates:
            proposal = self._proposal(candidate)
            if proposal is None:
                continue
            if proposal.passes:
                return proposal
            proposals.append(proposal)
        return proposals[0] if proposals else None

    def together(self, proposals: Sequence[Proposal]) -> Proposal | None:
        """All of them as one, the larger value where two change a key. None without proposals."""
        values: dict[str, Any] = {}
        for proposal in proposals:
            for change in proposal.changes[: proposal.own]:
                present = values.get(change.key, change.old)
                values[change.key] = _larger(present, change.new)
        if not values:
            return None
        return self._proposal(Candidate(direction=proposals[0].direction, values=values))

    def _proposal(self, candidate: Candidate) -> Proposal | None:
        """None where a value is out of its bounds."""
        own = {key: leaf_of(key) for key in candidate.values}
        settings = self._before.settings
        for key, value in candidate.values.items():
            laid = changed(settings, own[key], value)
            if laid is None:
                return None
            settings = laid
        report = capacity_report(settings, self._before.load)
        steps: dict[str, Leaf] = {}
        if self._before.passes and not report.passes:
            fixes, reached = climb(report, Evaluator(self._before.load), _raisable(settings, own))
            if reached.passes and all(_larger(fix.old, fix.new) == fix.new for fix in fixes):
                report = reached
                steps = {fix.key: leaf_of(fix.key) for fix in fixes}
        changes = tuple(
            Change(
                key=key,
                old=value_at(self._before.settings, leaf),
                new=value_at(report.settings, leaf),
            )
            for key, leaf in (own | steps).items()
        )
        bill = estimate(report.settings, report.load).total
        return Proposal(
            direction=candidate.direction,
            changes=changes,
            own=len(own),
            faults=(*self._new_faults(report), *self._mistakes(changes)),
            extra=bill - self._bill,
        )

    def _new_faults(self, report: CapacityReport) -> list[str]:
        """Checks that fail now, did not before, and whose risk nobody has accepted."""
        old = {result.name for result in self._before.failures}
        accepted = old | set(report.settings.allow_capacity_risk)
        return [
            fault_line(result, result.fault)
            for result in report.unaccepted(accepted)
            if result.fault is not None
        ]

    def _mistakes(self, changes: Sequence[Change]) -> list[str]:
        try:
            self._validate({change.key: change.new for change in changes})
        except InvalidSettings as error:
            return [str(mistake) for mistake in error.mistakes]
        return []


def _raisable(settings: Settings, own: Collection[str]) -> list[Leaf]:
    """What may be raised so that a change passes: nodes, pools and stores, not what the change is
    about, and no pod of others, who may need what they have."""
    return [
        replace(leaf, lowest=value_at(settings, leaf))
        for leaf in leaves()
        if leaf.key in SUPPORTS and leaf.key not in own
    ]


def leaf_of(key: str) -> Leaf:
    """The leaf of a config key, as `worker.maxReplicas`."""
    path = tuple(to_snake(part) for part in key.split("."))
    return Leaf(path, key, None, None)


def _larger(first: Any, second: Any) -> Any:
    """The larger number, or the class with more memory, then CPUs, then one of its own."""
    if not isinstance(first, str):
        return max(first, second)
    catalog = load_catalog()

    def strength(name: str) -> tuple[float, int, bool]:
        entry = catalog.instance_class(name)
        return entry.memory_gib, entry.vcpus, not entry.burstable

    return max(first, second, key=strength)
