"""Recorded plans of the whole program, shared by the processes of one test session."""

from __future__ import annotations

import fcntl
import gc
import hashlib
import json
import pickle
from pathlib import Path

from rf.plan import RecordedPlan
from rf.stacks import plan_of, stack_config


class SharedPlans:
    """Plans by their configuration, in memory and in a folder that all processes can read.

    Recording takes seconds, reading what another process has recorded a fraction of one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, RecordedPlan] = {}

    def plan(
        self,
        stack: str,
        size: str | None = None,
        *,
        unknowns: bool = False,
        overrides: tuple[str, ...] = (),
    ) -> RecordedPlan:
        """As `rf.stacks.plan_of`, whose errors it raises."""
        config = stack_config(stack, size=size, overrides=overrides)
        text = json.dumps([stack, config, unknowns], sort_keys=True, default=str)
        key = hashlib.sha256(text.encode()).hexdigest()[:16]
        if key not in self._known:
            self._known[key] = self._shared(key, stack, size, unknowns, overrides)
        return self._known[key]

    def _shared(
        self, key: str, stack: str, size: str | None, unknowns: bool, overrides: tuple[str, ...]
    ) -> RecordedPlan:
        path = self._folder / f"plan-{key}.pickle"
        with (self._folder / f"plan-{key}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists():
                return pickle.loads(path.read_bytes())
            plan = plan_of(stack, size=size, unknowns=unknowns, overrides=overrides)
            path.write_bytes(pickle.dumps(plan))
        if not gc.get_freeze_count():
            # The SDKs' modules are millions of objects, which each collection would search.
            gc.freeze()
        return plan
