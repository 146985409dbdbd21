"""Queueing theory of the workers: how long jobs wait for them, and what is too long a job.

The model is M/M/c: arrivals at random and independent of each other (Poisson), durations
exponential, `servers` workers, one queue, first come, first served. Formulas: D. Gross, J. Shortle,
J. Thompson, C. Harris, "Fundamentals of Queueing Theory", 4th edition, section 2.3; A. K. Erlang,
"Solution of some problems in the theory of probabilities of significance in automatic telephone
exchanges" (1917), for the two formulas that have his name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

SECONDS_PER_HOUR = 3600

JOBS_PER_POD = 1
"""Jobs that a pod runs at once: the plan gives a whole pod's CPU and memory to a job, and both RQ
and BullMQ's worker start with one."""


def erlang_b(servers: int, offered_load: float) -> float:
    """Share of arrivals that would find all servers busy if nobody queued (Erlang B, 0 to 1).

    By the recursion over servers, which neither overflows nor cancels as factorials would.
    Raises ValueError when `servers` or `offered_load` (in erlangs) is negative.
    """
    if servers < 0 or offered_load < 0:
        raise ValueError(f"servers {servers} and offered load {offered_load} must not be negative")
    blocked = 1.0
    for server in range(1, servers + 1):
        blocked = offered_load * blocked / (server + offered_load * blocked)
    return blocked


def erlang_c(servers: int, offered_load: float) -> float:
    """Share of arrivals that must wait (Erlang C, 0 to 1); 1 where the load is too much to serve.

    Raises ValueError as `erlang_b` does.
    """
    blocked = erlang_b(servers, offered_load)
    if offered_load >= servers:
        return 1.0
    return servers * blocked / (servers - offered_load * (1 - blocked))


def break_even_job_seconds(servers: int, jobs_per_hour: float) -> float:
    """Mean job duration from which on `servers` busy without pause fall behind, in seconds.

    Raises ValueError when one of the two is not above zero.
    """
    if servers <= 0 or jobs_per_hour <= 0:
        raise ValueError(f"servers {servers} and jobs an hour {jobs_per_hour} must be above zero")
    return servers * SECONDS_PER_HOUR / jobs_per_hour


@dataclass(frozen=True, kw_only=True)
class WorkerQueue:
    """Jobs at `jobs_per_hour`, of `job_seconds` on average, for `servers` workers.

    Where jobs come faster than they are served no steady state exists: its means are then infinite.
    Raises ValueError for a number out of range.
    """

    servers: int
    jobs_per_hour: float
    job_seconds: float

    def __post_init__(self) -> None:
        if self.servers < 1:
            raise ValueError(f"servers must be 1 or more, not {self.servers}")
        if self.jobs_per_hour < 0 or self.job_seconds <= 0:
            raise ValueError(
                f"{self.jobs_per_hour} jobs an hour of {self.job_seconds} s: neither may be"
                " negative, nor a job take no time"
            )

    @property
    def offered_load(self) -> float:
        """Workers that the jobs keep busy on average, in erlangs."""
        return self.jobs_per_hour / SECONDS_PER_HOUR * self.job_seconds

    @property
    def utilization(self) -> float:
        """Share of the workers' time that the jobs ask for; from 1 on the backlog grows forever."""
        return self.offered_load / self.servers

    @property
    def stable(self) -> bool:
        """Whether the workers keep up."""
        return self.utilization < 1

    @property
    def waiting_share(self) -> float:
        """Share of jobs that have to wait."""
        return erlang_c(self.servers, self.offered_load)

    @property
    def mean_wait_seconds(self) -> float:
        """Mean wait over all jobs, those that wait not at all included."""
        if not self.stable:
            return math.inf
        return self.waiting_share * self.job_seconds / (self.servers - self.offered_load)

    @property
    def mean_backlog(self) -> float:
        """Mean number of waiting jobs, by Little's law."""
        if self.jobs_per_hour == 0:
            return 0.0
        return self.jobs_per_hour / SECONDS_PER_HOUR * self.mean_wait_seconds

    def wait_percentile_seconds(self, percent: float) -> float:
        """Wait that `percent` of the jobs don't exceed: exponential beyond the share that waits.

        Raises ValueError unless 0 <= percent < 100.
        """
        if not 0 <= percent < 100:
            raise ValueError(f"a percentile lies from 0 to below 100, not at {percent}")
        if not self.stable:
            return math.inf
        longer = 1 - percent / 100
        if longer >= self.waiting_share:
            return 0.0
        mean = self.job_seconds / (self.servers - self.offered_load)
        return mean * math.log(self.waiting_share / longer)

    def drain_seconds(self, backlog: float) -> float:
        """Time until a burst of `backlog` jobs is gone with all servers at work, jobs coming on.

        The fluid approximation: backlog over spare capacity (Gross et al., section 2.12).
        """
        if backlog <= 0:
            return 0.0
        if not self.stable:
            return math.inf
        return backlog * self.job_seconds / (self.servers - self.offered_load)
