"""What a search asks of configurations under one load: verdicts, prices and changed settings."""

from __future__ import annotations

from functools import partial
from typing import Any

from scaleplan.capacity.checks import CHECKS, CapacityReport
from scaleplan.capacity.leaves import Leaf, changed
from scaleplan.capacity.result import CheckName, CheckResult, Loss
from scaleplan.config.section import Section
from scaleplan.cost.month import cost_at_load
from scaleplan.load import Load
from scaleplan.read_memo import ReadMemo
from scaleplan.settings import Settings


class Evaluator:
    """`capacity_report`, `estimate` and `changed`, each reckoned once for all settings that agree
    on what it reads. Belongs to one search: it keeps every result."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self._cost = cost_at_load(load)
        self._checks: dict[tuple[CheckName, Loss | None], ReadMemo[CheckResult]] = {}
        self._changed: dict[tuple[int, Leaf, Any], tuple[Section, Section | None]] = {}

    def price(self, settings: Settings) -> float:
        """What a configuration costs in a month, USD."""
        return float(self._cost(settings))

    def result(self, name: CheckName, settings: Settings, loss: Loss | None) -> CheckResult:
        """What one check says."""
        memo = self._checks.get((name, loss))
        if memo is None:
            memo = ReadMemo(partial(_checked, name, self.load, loss))
            self._checks[name, loss] = memo
        return memo(settings)

    def report(self, settings: Settings, loss: Loss | None = None) -> CapacityReport:
        """What every check says."""
        results = tuple(self.result(name, settings, loss) for name in CHECKS)
        return CapacityReport(settings=settings, load=self.load, loss=loss, results=results)

    def carries(self, settings: Settings, loss: Loss | None = None) -> bool:
        """Whether every check passes; stops at the first that doesn't."""
        return all(self.result(name, settings, loss).passes for name in CHECKS)

    def changed(self, settings: Settings, leaf: Leaf, value: Any) -> Settings | None:
        """The settings with one leaf changed; None where that breaks a rule of the section."""
        top = leaf.path[0]
        section = getattr(settings, top)
        place = (id(section), leaf, value)
        if place not in self._changed:
            after = changed(settings, leaf, value)
            # The old section is kept too, so that no other is given its identity.
            self._changed[place] = (section, None if after is None else getattr(after, top))
        new = self._changed[place][1]
        return None if new is None else settings.model_copy(update={top: new})


def _checked(name: CheckName, load: Load, loss: Loss | None, settings: Settings) -> CheckResult:
    return CHECKS[name](settings, load, loss)
