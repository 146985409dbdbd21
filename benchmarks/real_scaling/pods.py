"""The workers' pods of all lanes, as the API server tells of their changes."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from rf.shared.cluster.objects import ClusterClient, Document
from scaleplan.applications.workloads import WORKER


@dataclass(kw_only=True)
class SeenPod:
    """When its changes were seen, seconds of this machine's clock; None for what was not."""

    name: str
    created: float
    ready: float | None = None
    told_to_stop: float | None = None
    gone: float | None = None

    @property
    def takes_jobs(self) -> bool:
        """Whether it has a consumer."""
        return self.ready is not None and self.told_to_stop is None and self.gone is None


@dataclass
class PodWatch:
    """`changed` is called with a namespace and the names of its pods that take jobs."""

    changed: Callable[[str, set[str]], None]
    _pods: dict[str, dict[str, SeenPod]] = field(default_factory=lambda: defaultdict(dict))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, namespace: str) -> list[SeenPod]:
        """Every pod that there ever was."""
        with self._lock:
            return list(self._pods[namespace].values())

    def see(self, kind: str, pod: Document) -> None:
        """One change."""
        now, metadata = time.time(), pod["metadata"]
        namespace = metadata["namespace"]
        with self._lock:
            pods = self._pods[namespace]
            seen = pods.setdefault(metadata["name"], SeenPod(name=metadata["name"], created=now))
            conditions = pod.get("status", {}).get("conditions") or ()
            if any((each["type"], each["status"]) == ("Ready", "True") for each in conditions):
                seen.ready = seen.ready or now
            if "deletionTimestamp" in metadata:
                seen.told_to_stop = seen.told_to_stop or now
            if kind == "DELETED":
                seen.gone = now
            names = {each.name for each in pods.values() if each.takes_jobs}
        self.changed(namespace, names)


def watch_pods(cluster: ClusterClient, watch: PodWatch) -> None:
    """Let it see the workers' pods, until the API server ends."""

    def follow() -> None:
        for change in cluster.changes("/api/v1/pods", labelSelector=f"app={WORKER}"):
            if change["type"] in {"ADDED", "MODIFIED", "DELETED"}:
                watch.see(change["type"], change["object"])

    threading.Thread(target=follow, daemon=True).start()
