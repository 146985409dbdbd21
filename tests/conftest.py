"""Fixtures of all suites: `build` for a single component, `planned` for the whole program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from researchflow_testing import build
from rf.plan import RecordedPlan
from rf.project import PROJECT_ROOT
from rf.stacks import serving_overrides
from tests.shared_plans import SharedPlans

# No time limit for a single example: on a busy machine the slowest says nothing of the code. The
# rest is Hypothesis' own default, which in CI draws the same examples each time.
hypothesis_settings.register_profile("suite", hypothesis_settings.default, deadline=None)
hypothesis_settings.load_profile("suite")

__all__ = ["build"]

ROOT = PROJECT_ROOT
"""The project's directory."""


Planned = Callable[..., RecordedPlan]


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Planned:
    """The whole program's plan: `planned("prod")`, `planned("dev", size="large")`,
    `planned("dev", unknowns=True)`, `planned("dev", overrides=("worker.maxReplicas=9",))`.

    Each configuration is recorded once a session, whichever process asks first.
    """
    own = tmp_path_factory.getbasetemp()
    plans = SharedPlans(own if worker_id == "master" else own.parent)
    return plans.plan


@pytest.fixture(scope="session")
def serving(planned: Planned) -> Planned:
    """As `planned`, of a stack with its applications: a recovery site's once it took over."""

    def plan(stack: str, *, overrides: tuple[str, ...] = ()) -> RecordedPlan:
        return planned(stack, overrides=serving_overrides(stack, overrides=overrides))

    return plan


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], Path]:
    """Write the text of a small Pulumi program and return its path."""

    def write(text: str) -> Path:
        path = tmp_path / "__main__.py"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have counted, as the seeded faults that were caught."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "call":
                for name, value in report.user_properties:
                    terminalreporter.write_line(f"{name}: {value}")
