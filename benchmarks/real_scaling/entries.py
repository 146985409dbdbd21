"""What a played burst compares: ours by each library, the prompt setting, the plan's HPA to the
letter, and a fixed maximum."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from benchmarks.real_scaling.lanes import LITERAL_LEAST, LITERAL_MOST, Entry, keda_of, literal_hpa
from rf.shared.plan import RecordedPlan
from rf.shared.stacks import plan_of
from rf.simulate.comparison import cpu_alone
from rf.simulate.configured import configured_workers
from rf.simulate.run import Scaling
from scaleplan.applications.workload_settings import ScalingBehavior
from scaleplan.settings import Settings
from scaleplan.sizes import QueueClient
from tests.apiserver.objects.exports import read_export

CONFIGURED, PROMPT, LITERAL, FIXED = "configured", "prompt", "literal", "fixed"

TITLES = {
    CONFIGURED: "ours, as configured",
    PROMPT: "ours, prompt",
    LITERAL: "the plan's HPA",
    FIXED: "fixed maximum",
}

PROMPT_OVERRIDE = f"scaling.behavior={ScalingBehavior.PROMPT}"


def entries_of(stack: str, settings: Settings, runs: int) -> list[Entry]:
    """`runs` of ours with each library; of prompt one with each; of the others one."""
    worker = settings.worker
    plan = plan_of(stack)
    usual = QueueClient.BULLMQ.value
    return [
        Entry(strategy=FIXED, client=usual, plan=plan, scaler=(), pods=worker.max_replicas),
        Entry(
            strategy=LITERAL, client=usual, plan=plan, scaler=(literal_hpa(),), pods=LITERAL_LEAST
        ),
        *_by_keda(PROMPT, stack, worker.min_replicas, PROMPT_OVERRIDE),
        *list(_by_keda(CONFIGURED, stack, worker.min_replicas)) * runs,
    ]


def _by_keda(strategy: str, stack: str, pods: int, *overrides: str) -> Iterator[Entry]:
    for client in QueueClient:
        plan = plan_of(stack, overrides=(f"queue.clients=[{client}]", *overrides))
        scaler = keda_of(read_export(plan))
        yield Entry(strategy=strategy, client=client, plan=plan, scaler=scaler, pods=pods)


def scaling_of(strategy: str, plan: RecordedPlan) -> Scaling | None:
    """What the simulation takes for that strategy; None for a fixed number."""
    if strategy == FIXED:
        return None
    configured = configured_workers(plan).scaling
    if strategy != LITERAL:
        return configured
    by_cpu = cpu_alone(configured)
    # An autoscaler that misses one of its metrics takes no pod away.
    down = replace(by_cpu.behavior.down, select="Disabled")
    behavior = replace(by_cpu.behavior, down=down)
    return replace(by_cpu, behavior=behavior, least=LITERAL_LEAST, most=LITERAL_MOST)


def durations(count: int, mean: float) -> list[float]:
    """What jobs take, exponentially distributed; their mean is what it shall be, so that another
    draw is no faster. Seconds."""
    random = Random("burst")
    drawn = [random.expovariate(1) for _ in range(count)]
    return [round(each * mean * count / sum(drawn), 3) for each in drawn]
