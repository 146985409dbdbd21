"""Everything that a simulation takes for granted, with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from rf.simulate.configured import ConfiguredWorkers
from rf.simulate.signals import SYNC_SECONDS, TOLERANCE
from rf.simulate.workload import Demand
from scaleplan.assumptions import Assumptions


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """What is assumed, and on what ground: the plan, the recorded objects, a source, or us."""

    what: str
    ground: str

    def to_json(self) -> dict[str, str]:
        """Both texts."""
        return {"what": self.what, "ground": self.ground}


def assumptions_of(
    workers: ConfiguredWorkers, demand: Demand, assumed: Assumptions, *, busy_percent: float
) -> tuple[Assumption, ...]:
    """All assumptions of one comparison."""
    return (
        *_of_jobs(workers, demand, busy_percent),
        *_of_pods(workers, assumed),
        *_of_the_autoscaler(workers),
        *_of_the_run(demand),
    )


def _of_jobs(
    workers: ConfiguredWorkers, demand: Demand, busy_percent: float
) -> tuple[Assumption, ...]:
    queues = ", ".join(demand.queues)
    return (
        _said(
            f"{demand.jobs_per_hour:g} jobs an hour, arriving by chance (Poisson)",
            'the plan, "Load Projections"; the distribution is ours',
        ),
        _said(
            f"a job takes {demand.job_seconds:g} s on average, exponentially distributed",
            "load.assumptions.jobSeconds, or --job-seconds: the plan gives no duration",
        ),
        _said(
            f"a job is cut off after {workers.job_timeout_seconds} s; no job fails or is retried",
            "the recorded worker Deployment; no retries is ours",
        ),
        _said(
            f"each of the queues {queues} is equally likely, of one priority, first come first"
            " served over all of them",
            "ours: the plan gives jobs one default priority and no shares",
        ),
        _said(
            f"a running job shows {busy_percent:g} % of its pod's CPU request, an idle worker none",
            "load.assumptions.busyPercent, or --busy-percent",
        ),
    )


def _of_pods(workers: ConfiguredWorkers, assumed: Assumptions) -> tuple[Assumption, ...]:
    pods = (
        _said(f"a pod runs {workers.slots} job at once", "the recorded worker Deployment"),
        _said(
            f"a pod takes {assumed.pod_seconds:g} s from its node to its first job",
            "load.assumptions.podSeconds; the start-up probe gives it 120 s",
        ),
        _said(
            "a pod told to stop takes no further job, finishes its own, and is killed after"
            f" {workers.grace_seconds} s",
            "the recorded worker Deployment",
        ),
        _said(
            "pods that are not ready are the first to stop, then the newest, busy or not",
            'Kubernetes, "ReplicaSet"',
        ),
    )
    if workers.pool is None:
        return (*pods, _said("there is always room on a node", "ours: a group of fixed size"))
    sizes = ", ".join(f"{each}: {workers.pool.pods_on(each)}" for each in workers.pool.node_vcpus)
    return (
        *pods,
        _said(
            f"a new node takes {assumed.node_seconds:g} s until it takes pods",
            "load.assumptions.nodeSeconds: measured on EKS before tuning (scaleplan/plan.yaml)",
        ),
        _said(
            f"workers on a node by its vCPUs: {sizes}; the least node that holds all pending ones"
            " is bought, less what kubelet and daemonsets keep, and zones are not looked at",
            "the recorded NodePool and requests; the arithmetic of rf check; the packing is ours",
        ),
        _said(
            f"an empty node goes after {workers.pool.idle_seconds:g} s; the pool's limits hold",
            "the recorded NodePool",
        ),
    )


def _of_the_autoscaler(workers: ConfiguredWorkers) -> tuple[Assumption, ...]:
    scaling = workers.scaling
    up, down = scaling.behavior.up, scaling.behavior.down
    rules = ", ".join(
        f"{name} {' or '.join(f'{p.value} {p.kind} in {p.period_seconds} s' for p in way.policies)}"
        f" after {way.stabilization_seconds} s"
        for name, way in (("up", up), ("down", down))
    )
    queue = [
        _said(
            "the three signals share these bounds, so that only what they watch differs",
            "ours: the plan's own HPA has 2 to 20",
        ),
        _said(
            "the plan's HPA sees CPU alone: nothing in the plan serves its queue metric. While one"
            " of its metrics can't be read, Kubernetes would also never scale it in; that is left"
            " out here, in its favour",
            'Kubernetes, "Horizontal Pod Autoscaling"',
        ),
    ]
    if workers.polling_seconds is not None:
        live = (
            "its polling every {} s decides on the first pod only: above zero each look of the"
            " HPA reads the queue itself"
            if scaling.cached_seconds is None
            else "the HPA sees the queue as KEDA's polling every {} s left it"
        )
        queue.append(
            _said(
                f"KEDA: {live.format(workers.polling_seconds)}",
                "the recorded ScaledObject; kedacore/keda#2282, `useCachedMetrics`",
            )
        )
    unread = [each.name for each in workers.readings if not (each.waiting or each.active)]
    if unread:
        queue.append(
            _said(
                f"no jobs lie where these look: {', '.join(unread)}",
                "the plan's default priority, and one client for all jobs",
            )
        )
    return (
        _said(
            f"{scaling.least} to {scaling.most} replicas; {rules}",
            "the recorded autoscaler",
        ),
        _said(
            f"the HPA looks every {SYNC_SECONDS} s, the first time at a moment that the seed draws,"
            f" and lets {TOLERANCE:.0%} pass",
            "kube-controller-manager's defaults, which EKS keeps",
        ),
        _said(
            "a look takes no time: of a real one, a policy's minute may end a look later",
            "played in real time (docs/queues.md): 60 to 78 s, and waits within 6 %",
        ),
        *queue,
    )


def _of_the_run(demand: Demand) -> tuple[Assumption, ...]:
    return (
        _said(
            f"{demand.warm_up_hours:g} h from idle at the minimum are not measured; then"
            f" {demand.hours:g} h are, with the burst of {demand.burst} at their beginning",
            f"ours; seed {demand.seed}, the same jobs for every strategy",
        ),
        _said(
            "a job that has not started by the end counts with the wait it had until then",
            "ours: where the backlog grows, the true wait is longer",
        ),
    )


def _said(what: str, ground: str) -> Assumption:
    return Assumption(what=what, ground=ground)
