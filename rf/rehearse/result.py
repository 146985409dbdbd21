"""What a rehearsal came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rf.rehearse.beside import ChangeBeside
from rf.shared.cluster.snapshot import Snapshot
from rf.shared.engine.runs import EngineRun

FORMAT = 1

_NEVER_PROVEN = (
    "what the embedded AWS lacks is checked against AWS's own model, and stands in the state alone",
    "no account's limits, delays, permissions or existing resources apply",
)

NOT_PROVEN = (
    "no pod runs, and nothing is waited for: objects are accepted by the API server, not ready",
    "no chart is pulled: a Helm release stands in the engine's state alone",
    *_NEVER_PROVEN,
)
"""What a rehearsal can't show, stated with every one."""

PROVEN_ON_CLUSTER = (
    "Kubernetes' own scheduler and controllers find a place for every pod, and the provider waits"
    " until they are ready",
)

NOT_PROVEN_ON_CLUSTER = (
    "no container runs: a pod is ready as soon as it has its node, and a Job's is done then",
    "no chart is pulled: its pods are played, with the requests, replicas and placement that its"
    " release asks for",
    "neither Karpenter nor KEDA runs: machines are those of the bill, and KEDA's applications have"
    " one pod",
    *_NEVER_PROVEN,
)
"""The same of a rehearsal on a cluster without machines."""


@dataclass(frozen=True, kw_only=True)
class RehearsedRun:
    """A run of the engine in the rehearsal: what it was for, and whether it had to be empty or had
    to fail. `beside` are the changes of a growth step's preview beside those of `rf grow`; `pods`
    what stood after it, where pods are played, and whether all controllers had what they want."""

    title: str
    run: EngineRun
    must_be_empty: bool = False
    must_fail: bool = False
    beside: tuple[ChangeBeside, ...] = ()
    pods: Snapshot | None = None
    settled: bool = True

    @property
    def fine(self) -> bool:
        """Whether it did as it had to."""
        if self.must_fail:
            return bool(self.run.failure)
        if self.must_be_empty:
            return self.run.empty
        return not self.run.failure and not self.disagreements and self.all_ready

    @property
    def disagreements(self) -> tuple[ChangeBeside, ...]:
        """Changes of which the engine and `rf grow` do not say the same."""
        return tuple(each for each in self.beside if not each.agrees)

    @property
    def all_ready(self) -> bool:
        """Whether each pod that there is was ready, and none was missing."""
        return self.settled and (self.pods is None or not self.pods.unready)

    def to_json(self) -> dict[str, Any]:
        """Counts, changes and the failure."""
        return {
            "title": self.title,
            "run": self.run.kind,
            "ok": self.fine,
            "counts": dict(sorted(self.run.counts.items())),
            "changes": [step.to_json() for step in self.run.changes],
            "failure": self.run.failure,
            "failed": list(self.run.failed),
            "besideGrow": [each.to_json() for each in self.beside],
            "violations": [each.to_json() for each in self.run.violations],
            "pods": None if self.pods is None else _pods(self.pods),
        }


def _pods(pods: Snapshot) -> dict[str, Any]:
    return {
        "all": len(pods.pods),
        "ready": pods.ready,
        "unready": pods.unready,
        "nodes": len(pods.nodes),
        "nodesUsed": pods.nodes_used,
    }


@dataclass(frozen=True, kw_only=True)
class RehearsalResult:
    """All runs, in their order, with the engine that made them."""

    stack: str
    engine: str
    runs: tuple[RehearsedRun, ...]
    on_cluster: bool = False

    @property
    def fine(self) -> bool:
        """Whether each did as it had to."""
        return all(each.fine for each in self.runs)

    @property
    def proven(self) -> tuple[str, ...]:
        """What it shows beyond any rehearsal."""
        return PROVEN_ON_CLUSTER if self.on_cluster else ()

    @property
    def not_proven(self) -> tuple[str, ...]:
        """What it can't show."""
        return NOT_PROVEN_ON_CLUSTER if self.on_cluster else NOT_PROVEN

    def to_json(self) -> Mapping[str, Any]:
        """The machine form; holds no secret."""
        return {
            "format": FORMAT,
            "stack": self.stack,
            "engine": self.engine,
            "ok": self.fine,
            "runs": [each.to_json() for each in self.runs],
            "proven": list(self.proven),
            "notProven": list(self.not_proven),
        }
