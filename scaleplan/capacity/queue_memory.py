"""Whether the queue's Redis, which may evict nothing, holds the backlog and the sessions."""

from __future__ import annotations

from scaleplan.capacity.redis_memory import RESERVED_PERCENT, usable_bytes
from scaleplan.capacity.result import CapacityTerm, CheckName, CheckResult, Loss, number
from scaleplan.load import Load
from scaleplan.model import load_plan
from scaleplan.settings import Settings
from scaleplan.sizes import QueueEngine

BROKER_MEMORY_GIB = {"large": 8, "xlarge": 16, "2xlarge": 32, "4xlarge": 64}
"""Memory of Amazon MQ's m7g classes: that of the EC2 class of the name."""

BROKER_WATERMARK_PERCENT = 40
"""Of a broker's memory, from which on RabbitMQ blocks who publishes (RabbitMQ, "Memory alarms";
the lower of its defaults over versions)."""

MIB = 2**20


def check_queue_memory(settings: Settings, load: Load, loss: Loss | None) -> CheckResult:
    """What piles up while no worker takes a job, with finished jobs that are kept and sessions.

    A copy holds the same keys, so no loss changes the sum.
    """
    del loss
    plan, assumed = load_plan(), load.assumptions
    job = plan.queue.job
    piled = load.worker_jobs_per_hour * assumed.stalled_hours + plan.thresholds.queue_depth.critical
    finished = len(plan.queue.names) * (job.keep_completed + job.keep_failed)
    jobs_mib = (piled + finished) * assumed.job_bytes / MIB
    sessions = load.concurrent_users * assumed.daily_users
    sessions_mib = sessions * assumed.session_bytes / MIB
    in_redis = settings.queue.engine is QueueEngine.REDIS
    warning = plan.thresholds.memory_utilization.warning
    limit = usable_bytes(settings.queue.node_class) * warning / 100 / MIB
    total = sessions_mib + (jobs_mib if in_redis else 0)
    terms = [
        CapacityTerm(
            name="jobs that wait",
            working=(
                f"{number(load.worker_jobs_per_hour)} × {number(assumed.stalled_hours)} h"
                f" + {plan.thresholds.queue_depth.critical} already"
            ),
            value=piled,
            unit="jobs",
        ),
        CapacityTerm(
            name="finished jobs that are kept",
            working=f"{len(plan.queue.names)} queues × ({job.keep_completed} + {job.keep_failed})",
            value=finished,
            unit="jobs",
        ),
        CapacityTerm(
            name="memory of jobs",
            working=f"{number(piled + finished)} × {number(assumed.job_bytes)} bytes",
            value=jobs_mib,
            unit="MiB",
            limit=None if in_redis else _broker_mib(settings),
            limit_working="" if in_redis else f"{BROKER_WATERMARK_PERCENT} % of a broker's memory",
        ),
        CapacityTerm(
            name="memory of sessions",
            working=(
                f"{number(load.concurrent_users)} × {number(assumed.daily_users)}"
                f" × {number(assumed.session_bytes)} bytes"
            ),
            value=sessions_mib,
            unit="MiB",
        ),
        CapacityTerm(
            name="memory of the queue's Redis",
            working=f"{number(jobs_mib)} + {number(sessions_mib)}" if in_redis else "sessions",
            value=total,
            unit="MiB",
            limit=limit,
            limit_working=(
                f"{warning} % of {settings.queue.node_class} less {RESERVED_PERCENT} % reserved"
            ),
        ),
    ]
    return CheckResult(
        name=CheckName.QUEUE_MEMORY,
        terms=tuple(terms),
        assumptions=("stalledHours", "jobBytes", "dailyUsers", "sessionBytes"),
    )


def _broker_mib(settings: Settings) -> float:
    gib = BROKER_MEMORY_GIB[settings.queue.broker_class.rsplit(".", 1)[1]]
    return gib * 1024 * BROKER_WATERMARK_PERCENT / 100
