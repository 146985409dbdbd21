"""Plays bursts in real time: KEDA, Kubernetes' controllers, Redis and consumers are real."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.real_scaling.lanes import Entry, Lane, Means, let_scale, put_workers, set_up
from benchmarks.real_scaling.pods import PodWatch, watch_pods
from benchmarks.real_scaling.record import LaneRecord
from rf.shared.cluster.controllers import AUTOSCALERS_LOOK_SECONDS
from rf.shared.cluster.objects import Document
from rf.shared.files import temporary_folder
from rf.shared.servers.certificates import LocalAuthority
from rf.shared.servers.processes import wait_until
from rf.shared.servers.programs import runnable_programs
from scaleplan.settings import Settings
from tests.apiserver.objects.exports import read_export
from tests.cluster.scaling.played import Pace, Played, play
from tests.services.queue.node_clients import find_node_clients

WARM_UP_SECONDS = 90
"""Before the bursts: longer than the window in which an autoscaler remembers what it wanted when it
scales up, and a few looks more."""

TELL_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class PlayedBursts:
    """All lanes of one run, and what the machine's load was: one minute's average, each half
    minute."""

    lanes: tuple[LaneRecord, ...]
    loads: tuple[float, ...]


def play_bursts(
    entries: Sequence[Entry],
    settings: Settings,
    seconds: Sequence[float],
    *,
    busy_percent: float,
    pod_seconds: float,
) -> PlayedBursts:
    """Play all entries at once, with jobs that take `seconds` for each. Raises MissingServersError.

    It ends when all jobs are done and every autoscaler has its workers back where they began.
    """
    with ExitStack() as stack:
        directory = stack.enter_context(temporary_folder("a folder", "scaling-"))
        directory.chmod(0o755)
        trusted = directory / "trusted"
        trusted.mkdir(mode=0o755)
        authority = LocalAuthority(trusted, "queue-ca")
        means = Means(
            programs=runnable_programs(directory),
            clients=find_node_clients(),
            authority=authority,
        )
        pace = Pace(
            look_seconds=AUTOSCALERS_LOOK_SECONDS,
            pods_start_seconds=pod_seconds,
            workers_of_stacks=len(entries),
            namespace="",
        )
        cluster_folder = directory / "cluster"
        cluster_folder.mkdir(mode=0o755)
        export = read_export(entries[0].plan)
        played = play(stack, cluster_folder, export, settings, authority, pace=pace)
        lanes = {}
        for number, entry in enumerate(entries):
            folder = directory / f"lane-{number}"
            folder.mkdir(mode=0o755)
            lanes[folder.name] = set_up(stack, folder, entry, means)
        run = _Run(played, lanes, busy_percent)
        return run.play(seconds)


class _Run:
    def __init__(self, played: Played, lanes: dict[str, Lane], busy_percent: float) -> None:
        self._played, self._lanes, self._busy_percent = played, lanes, busy_percent
        self._watch = PodWatch(self._changed)
        self._loads: list[float] = []
        self._told_at = 0.0

    def play(self, seconds: Sequence[float]) -> PlayedBursts:
        """From empty lanes to the last one's end."""
        lanes = list(self._lanes.values())
        self._played.metrics.cpu_of = self._cpu
        watch_pods(self._played.cluster, self._watch)
        for lane in lanes:
            put_workers(self._played, lane)
        wait_until(lambda: all(map(self._stands, lanes)), "workers are ready", interval_seconds=1)
        for lane in lanes:
            let_scale(self._played, lane)
        self._say("all is there")
        self._wait(WARM_UP_SECONDS)
        for number, lane in enumerate(lanes):
            # Each at another moment of the autoscalers' interval.
            self._wait(AUTOSCALERS_LOOK_SECONDS / len(lanes) if number else 0)
            lane.consumers.add(list(seconds))
        while not all(self._done(lane, len(seconds)) for lane in lanes):
            self._wait(1)
        return PlayedBursts(lanes=tuple(map(self._record, lanes)), loads=tuple(self._loads))

    def _changed(self, namespace: str, names: set[str]) -> None:
        if namespace in self._lanes:
            self._lanes[namespace].consumers.shall_be(names)

    def _stands(self, lane: Lane) -> bool:
        pods = self._watch.of(lane.namespace)
        return sum(pod.takes_jobs for pod in pods) == lane.entry.pods

    def _done(self, lane: Lane, jobs: int) -> bool:
        return len(lane.consumers.jobs) == jobs and self._stands(lane)

    def _cpu(self, pod: Document) -> float:
        metadata = pod["metadata"]
        lane = self._lanes.get(metadata["namespace"])
        busy = lane is not None and metadata["name"] in lane.consumers.busy
        return self._busy_percent if busy else 0

    def _wait(self, seconds: float) -> None:
        """So long, and take in meanwhile what the consumers say."""
        until = time.monotonic() + seconds
        while True:
            for lane in self._lanes.values():
                lane.consumers.read()
            if time.monotonic() - self._told_at > TELL_SECONDS:
                self._told_at = time.monotonic()
                self._loads.append(os.getloadavg()[0])
                self._say(", ".join(self._states()))
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, 0.5))

    def _states(self) -> Iterator[str]:
        for lane in self._lanes.values():
            pods = sum(pod.takes_jobs for pod in self._watch.of(lane.namespace))
            yield f"{lane.entry.strategy[:4]} {len(lane.consumers.jobs)}/{pods}"

    def _say(self, what: str) -> None:
        print(f"{time.strftime('%X')} load {os.getloadavg()[0]:.1f}: {what}", file=sys.stderr)

    def _record(self, lane: Lane) -> LaneRecord:
        burst = min(job.added for job in lane.consumers.jobs)
        return LaneRecord(
            strategy=lane.entry.strategy,
            client=lane.entry.client,
            least=lane.entry.pods,
            burst=burst,
            jobs=tuple(lane.consumers.jobs),
            pods=tuple(self._watch.of(lane.namespace)),
        )
