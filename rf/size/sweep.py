"""The cheapest configuration for 10 to 100,000 users, each doing what the plan's users do."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import cast

from rf.shared.errors import FailedError
from rf.shared.termination import begin
from scaleplan.capacity.evaluator import Evaluator
from scaleplan.capacity.sizing import attempts, bottleneck, cheapest
from scaleplan.load import load_of_users
from scaleplan.model import Plan, load_plan
from scaleplan.settings import Settings

USERS = (10, 20, 50, 99, 100, 200, 350, 500, 750, 1000, 1500, 2000, 3000, 5000, 7500)
"""Numbers of users that one stack is made for."""

BEYOND = (10_000, 15_000, 20_000, 50_000, 100_000)
"""Numbers of users for which one stack may be too small."""

ALL_USERS = (*USERS, *BEYOND)
"""Points of the sweep: close where sizes change, wide where one stack has come to its end."""


class SweepError(FailedError):
    """A process of the sweep that has gone."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """What so many users come to; without a base and a cost where no configuration carries them.

    `bottleneck` is the check that gives out first as the load grows, or that can't be mended.
    """

    users: int
    base: str | None
    usd_per_month: float | None
    bottleneck: str | None


@dataclass(frozen=True, kw_only=True)
class PlanThreshold:
    """A number of users at which the plan says to do something."""

    users: int
    said: str


def sweep(settings: Settings, users: Sequence[int] = ALL_USERS) -> Generator[Point, None, None]:
    """One point a number of users, each as soon as it is there, from a process a core.

    Close the iterator to end the processes. Raises SweepError where one of them ends by itself.
    """
    count = min(os.cpu_count() or 1, len(users))
    if count < 2:
        yield from (point_of(settings, each) for each in users)
        return
    waiting = iter(users)
    with ExitStack() as started:
        idle = [
            started.enter_context(
                begin("a process of the sweep", partial(_started, settings), _ended)
            )
            for _ in range(count)
        ]
        working = {worker.pipe: worker for worker in idle if worker.given(waiting)}
        while working:
            for pipe in wait(list(working)):
                worker = working[cast("Connection", pipe)]
                yield worker.answer()
                if not worker.given(waiting):
                    del working[worker.pipe]


@dataclass(frozen=True)
class _Worker:
    """A process that answers numbers of users with points, and our end of the pipe to it."""

    process: BaseProcess
    pipe: Connection

    def given(self, waiting: Iterator[int]) -> bool:
        """Whether there was something left to do, which it now does."""
        users = next(waiting, None)
        if users is None:
            return False
        with suppress(OSError):  # it is gone, which asking for its answer tells
            self.pipe.send(users)
        return True

    def answer(self) -> Point:
        """What it found. Raises SweepError where it is gone."""
        try:
            received = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join()
            code = self.process.exitcode
            raise SweepError(f"a process of the sweep ended by itself, exit code {code}") from None
        if isinstance(received, Exception):
            raise received
        return received


def _started(settings: Settings) -> _Worker:
    # Made anew rather than forked: a thread of ours may hold a lock at this moment.
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_answer_points, args=(settings, theirs), daemon=True)
    # Ctrl-C and a lost terminal reach every process; they are for ours, which ends this one. The
    # library's tracker unblocks SIGINT when the first process starts it (CPython,
    # Lib/multiprocessing/resource_tracker.py), so it is started before.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGHUP))
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    theirs.close()
    return _Worker(process, ours)


def _ended(worker: _Worker) -> None:
    worker.process.terminate()
    worker.process.join()
    worker.pipe.close()


def _answer_points(settings: Settings, pipe: Connection) -> None:
    """What a process of the sweep does, until the other end is closed or gone."""
    while True:
        try:
            users = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer: Point | Exception = point_of(settings, users)
        except Exception as error:  # noqa: BLE001 - raised where the sweep is
            answer = error
        try:
            pipe.send(answer)
        except OSError:
            return


def thresholds(plan: Plan) -> tuple[PlanThreshold, ...]:
    """All numbers of users in the plan, with its words, in order."""
    sizes = [
        PlanThreshold(users=estimate.users.min_users, said=f"size {size}")
        for size, estimate in plan.estimates.items()
    ]
    vertical = [
        PlanThreshold(users=step.from_concurrent_users, said=step.instance_class)
        for step in plan.vertical_path.steps
    ]
    horizontal = [
        PlanThreshold(
            users=step.from_concurrent_users,
            said=f"{step.orchestrators} orchestrators, {step.workers} workers",
        )
        for step in plan.horizontal_path.steps
    ]
    path = plan.horizontal_path
    single = [
        PlanThreshold(users=path.afterwards_from_concurrent_users, said="decomposition"),
        PlanThreshold(users=plan.replication.from_concurrent_users, said="read replicas"),
        PlanThreshold(users=plan.sharding.from_users, said="sharding"),
    ]
    all_thresholds = [*sizes, *vertical, *horizontal, *single]
    return tuple(
        sorted((each for each in all_thresholds if each.users), key=lambda each: each.users)
    )


def point_of(settings: Settings, users: int) -> Point:
    """What so many users come to on a stack like that one."""
    load = load_of_users(load_plan(), users, settings.load.assumptions)
    tried = attempts(settings, Evaluator(load))
    choice = cheapest(tried)
    if choice is None:
        failing = tried[-1].failing
        fault = None if failing is None else failing.fault
        stuck = None if fault is None else str(fault[0].name)
        return Point(users=users, base=None, usd_per_month=None, bottleneck=stuck)
    first = bottleneck(choice.settings, load)
    return Point(
        users=users,
        base=str(choice.base),
        usd_per_month=choice.usd_per_month,
        bottleneck=None if first is None else str(first),
    )
