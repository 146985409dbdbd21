"""Recorded plans of the whole program, shared by the processes of one test session and by sessions.

What was recorded before is in the project's own cache of plans. Where that is turned off, a session
has one of its own, so that a configuration is recorded once all the same.
"""

from __future__ import annotations

import fcntl
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rf.shared import stacks
from rf.shared.offline import record as recorder
from rf.shared.plan import RecordedPlan
from rf.shared.plan_cache import OFF, PlanCache
from rf.shared.project import PROGRAM
from tests.configurations import CONFIGURATIONS, OF_THE_ENGINE, Configuration


class OneOffRecordingError(AssertionError):
    """A test asks for a recording of the program that the table of configurations hasn't."""


class SharedPlans:
    """Plans of the named configurations, each read once by a process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[Configuration, RecordedPlan] = {}
        self._read: dict[str, RecordedPlan] = {}

    def plan(
        self,
        stack: str,
        size: str | None = None,
        *,
        unknowns: bool = False,
        overrides: tuple[str, ...] = (),
    ) -> RecordedPlan:
        """As `rf.shared.stacks.plan_of`, whose errors it raises, of a configuration of the table
        alone.

        Raises OneOffRecordingError for any other, recorded or not.
        """
        asked = Configuration(stack, size, overrides, unknowns)
        if asked not in self._known:
            self._known[asked] = self._planned(asked)
        return self._known[asked]

    def _planned(self, asked: Configuration) -> RecordedPlan:
        name = _name_of(asked.stack, _config_of(asked), unknowns=asked.unknowns)
        if name not in self._read:
            with (self._folder / f"plan-{name}.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self._read[name] = stacks.plan_of(
                    asked.stack,
                    size=asked.size,
                    unknowns=asked.unknowns,
                    overrides=asked.overrides,
                )
            # Plans are millions of lasting objects, which each collection would search.
            gc.freeze()
        return self._read[name]


@contextmanager
def only_named_recordings(folder: Path) -> Iterator[None]:
    """Refuse, in this process, every recording of the program that is none of the table's.

    `folder` is the session's own, for its plans where the project's cache is turned off.
    """
    record = recorder.record

    def record_named(
        program: Path, project: str, stack: str, size: str | None, config: Any, **options: Any
    ) -> RecordedPlan:
        plan = record(program, project, stack, size, config, **options)
        # What the program itself refuses was no recording.
        if program == PROGRAM:
            _name_of(stack, config, unknowns=options.get("unknowns", False))
        return plan

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recorder, "record", record_named)
        if os.environ.get(OFF):
            kept = PlanCache(folder / "plans", environment={})
            patch.setattr(stacks, "plans_kept", lambda: kept)
        yield


def _config_of(asked: Configuration) -> dict[str, object]:
    return stacks.stack_config(asked.stack, size=asked.size, overrides=asked.overrides)


def _name_of(stack: str, config: Any, *, unknowns: bool) -> str:
    for name, each in {**CONFIGURATIONS, **OF_THE_ENGINE}.items():
        if (each.stack, each.unknowns) == (stack, unknowns) and _config_of(each) == config:
            return name
    raise OneOffRecordingError(
        f"no row of tests/configurations.py plans {stack} so: is there one that a test could look "
        f"at instead? unknowns: {unknowns}; config: {config}"
    )
