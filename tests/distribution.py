"""Which tests go to one process together, where several share the suite.

pytest-xdist's own marks for that have no effect with pytest 9.2 (pytest-xdist issue 1386: they were
written into the tests' names, which no longer can be changed), so the scheduler is told by paths.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

APART = "tests/program/shared/test_configurations.py"
"""Its recordings are what other tests wait for: each goes to whoever is free."""

TOGETHER = {
    "tests/cluster/scaling/test_work": "KEDA on a cluster, for workers of jobs and of workflows",
    "tests/cluster/scaling/": "KEDA on a cluster",
    "tests/components/": "the SDKs' modules",
    "tests/commands/preflight/": "AWS's clients and their descriptions",
    "tests/program/policy/test_policy": "what the rules say of each plan",
    "tests/sandbox/": "an emulator",
    "tests/services/conform/test_conform_trials.py::test_a_fault": "real servers, for faults",
    "tests/services/conform/": "real servers, for applications on trial",
    "tests/services/": "real servers",
}
"""Paths, or beginnings of tests' names, whose tests share what takes a process seconds to make."""


def group_of(nodeid: str) -> str:
    """The name of what a test belongs to: a group of files, its own file, or nothing but itself."""
    path = nodeid.partition("::")[0]
    if path == APART:
        return nodeid
    return next((shared for start, shared in TOGETHER.items() if nodeid.startswith(start)), path)


def turn_of(nodeid: str) -> int:
    """What takes longest comes first: recordings, then what goes to one process."""
    group = group_of(nodeid)
    if group == nodeid:
        return 0
    return 1 if group in TOGETHER.values() else 2


class Distribution(LoadScopeScheduling):
    """Hands whole groups to whichever process is free, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
