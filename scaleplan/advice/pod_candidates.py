"""Changes of the applications' pods: more of them, or larger ones."""

from __future__ import annotations

from math import ceil

from scaleplan.advice.candidates import (
    Candidate,
    Candidates,
    Situation,
    by_matrix,
    decision_of,
    outwards,
    upwards,
)
from scaleplan.applications.workloads import ORCHESTRATOR, WEB, WORKER, application
from scaleplan.model import Plan
from scaleplan.tables import Decision

MEMORY_STEP_MIB = 128
"""What a pod's memory is rounded up to: the plan's own sizes are multiples of it."""

MATRIX_NAMES = {ORCHESTRATOR: "Orchestrator", WORKER: "Worker", WEB: "Web Frontend"}
"""The matrix has no row of the collaboration server; "Architecture Summary" scales it out."""


def pods_in_proportion(workload: str) -> Candidates:
    """As many more at most as brings a measure per pod back to its limit, as an autoscaler counts
    (Kubernetes, "Horizontal Pod Autoscaling", algorithm)."""

    def candidates(situation: Situation) -> list[Candidate]:
        most = application(workload).settings_of(situation.settings).max_replicas
        wanted = max(most + 1, ceil(most * situation.excess))
        return _out(situation, workload, outwards(f"{workload}.maxReplicas", wanted))

    return candidates


def next_pods(workload: str) -> Candidates:
    """The next number of the plan's horizontal path as the most."""

    def candidates(situation: Situation) -> list[Candidate]:
        most = application(workload).settings_of(situation.settings).max_replicas
        wanted = _next(situation.plan, workload, most)
        return _out(situation, workload, outwards(f"{workload}.maxReplicas", wanted))

    return candidates


def next_pods_always(workload: str) -> Candidates:
    """The same as the fewest, for an autoscaler that has pods to add and sees no reason to."""

    def candidates(situation: Situation) -> list[Candidate]:
        pods = application(workload).settings_of(situation.settings)
        wanted = min(pods.max_replicas, _next(situation.plan, workload, pods.min_replicas))
        return _out(situation, workload, outwards(f"{workload}.minReplicas", wanted))

    return candidates


def larger_pods(workload: str) -> Candidates:
    """Memory in proportion. The matrix is about load, which pods share; a pod that is full is
    killed however many there are, and "Alerting Thresholds" says to scale up."""

    def candidates(situation: Situation) -> list[Candidate]:
        present = application(workload).settings_of(situation.settings).memory_mib
        # One step more at least, from where it stands.
        needed = max(present * situation.excess, present + 1)
        wanted = ceil(needed / MEMORY_STEP_MIB) * MEMORY_STEP_MIB
        return upwards(f"{workload}.memoryMib", wanted)

    return candidates


def _out(situation: Situation, workload: str, out: list[Candidate]) -> list[Candidate]:
    return by_matrix(_decision(situation.plan, workload), up=(), out=out)


def _decision(plan: Plan, workload: str) -> Decision:
    name = MATRIX_NAMES.get(workload)
    if name is not None:
        return decision_of(plan, name)
    return Decision(component=workload, vertical_first="No", horizontal_first="Yes", hybrid="N/A")


def _next(plan: Plan, workload: str, present: int) -> int:
    """The path's next number; after its end, and of what it doesn't speak of, one step more: the
    plan's own of its workers, else one pod."""
    steps = plan.horizontal_path.steps
    path = {
        ORCHESTRATOR: [step.orchestrators for step in steps],
        WORKER: [step.workers for step in steps],
    }.get(workload, [])
    further = plan.autoscaling.worker_hpa.scale_up.pods if workload == WORKER else 1
    return next((number for number in path if number > present), present + further)
