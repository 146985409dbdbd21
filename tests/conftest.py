"""Fixtures of all suites: `planned` is the whole program's plan, as often as a test asks for it."""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings as hypothesis_settings
from xdist.remote import Producer

from rf.shared.project import PROJECT_ROOT
from tests.distribution import Distribution, turn_of

if TYPE_CHECKING:
    # For the fixtures, not for the process that only hands tests out: it loads no SDK.
    from rf.shared.plan import RecordedPlan

# No time limit for a single example: on a busy machine the slowest says nothing of the code. The
# rest is Hypothesis' own default, which in CI draws the same examples each time.
hypothesis_settings.register_profile("suite", hypothesis_settings.default, deadline=None)
hypothesis_settings.load_profile("suite")

Planned = Callable[..., "RecordedPlan"]


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder of this session, which all its processes have in common."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session", autouse=True)
def _only_named_recordings(shared_folder: Path) -> Iterator[None]:
    from tests.shared_plans import only_named_recordings

    with only_named_recordings(shared_folder):
        yield


@pytest.fixture(scope="session")
def planned(shared_folder: Path) -> Planned:
    """The whole program's plan: `planned("prod")`, `planned("prod", size="small")`,
    `planned("prod", unknowns=True)`, `planned("prod", overrides=RABBITMQ)`.

    Of the configurations of tests/configurations.py alone, each recorded once.
    """
    from tests.shared_plans import SharedPlans

    return SharedPlans(shared_folder).plan


@pytest.fixture(scope="session")
def serving(planned: Planned) -> Planned:
    """As `planned`, of a stack with its applications: a recovery site's once it took over."""
    from rf.shared.stacks import serving_overrides

    @cache
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


_MARK_OF_SUITE = {
    PROJECT_ROOT / "tests/services": "services",
    PROJECT_ROOT / "tests/apiserver": "kubernetes",
    PROJECT_ROOT / "tests/engine": "engine",
    PROJECT_ROOT / "tests/cluster": "cluster",
    PROJECT_ROOT / "tests/workflows": "workflows",
}

_ALLOCATIONS_BETWEEN_COLLECTIONS = 50_000
"""Python's own is 700; a single recording makes a million objects. It saved a fifteenth."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A suite that the marks leave out whole isn't read: its clients alone take seconds."""
    mark = _MARK_OF_SUITE.get(collection_path)
    return True if mark and f"not {mark}" in config.option.markexpr else None


def pytest_configure() -> None:
    """Modules and plans last as long as the session: nothing is gained by looking often.

    A shell has what it runs in the background ignore Ctrl-C, which tests send to commands.
    """
    gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """The tests' modules last as long as the session."""
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first."""
    items.sort(key=lambda item: turn_of(item.nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Distribution:
    """Processes are handed what belongs together."""
    return Distribution(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have counted, as the seeded faults that were caught."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "call":
                for name, value in report.user_properties:
                    terminalreporter.write_line(f"{name}: {value}")
