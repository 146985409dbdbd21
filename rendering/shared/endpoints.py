"""Ports, health paths and drain times of the four applications: what pods, Services, target
groups and the edge must agree on."""

from __future__ import annotations

from dataclasses import dataclass

from scaleplan.applications import workloads
from scaleplan.model import load_plan

NAMESPACE = "researchflow"
"""Where the applications run, for good: it is part of the names that they connect to."""

LIVE_PATH = "/health/live"
"""Answers 200 while the process works at all; a failure restarts the container."""

READY_PATH = "/health/ready"
"""Answers 200 while the pod can serve, its connections included; a failure takes it out of
traffic."""

LONGEST_REQUEST_SECONDS = 60
"""What the edge waits for a response, hence what a pod is given to finish one. Longer work is a
job in the queue."""

BALANCER_IDLE_TIMEOUT_SECONDS = 4000
"""The longest an ALB takes (1 to 4000): a quiet socket must outlive its hourly keep-alive."""

HTTP_KEEP_ALIVE_SECONDS = BALANCER_IDLE_TIMEOUT_SECONDS + 60
"""A server must keep idle connections for longer than the load balancer, which otherwise sends a
request on one that is just being closed and answers 502 (ALB guide, "Troubleshoot")."""

PRE_STOP_SECONDS = 15
"""How long a pod keeps serving after it was told to go, so that the load balancer has taken it out
first: the controller reacts within seconds, and a target's draining takes a few more."""

STOP_MARGIN_SECONDS = 15
"""Between the end of the drain and the kill, for closing connections."""


def stickiness_seconds() -> int:
    """As long as the plan's user session: a reconnecting user meets the same pod."""
    return load_plan().cache_patterns.user_session.ttl_seconds


def termination_grace_seconds(drain_seconds: int, *, serves: bool) -> int:
    """Time from the order to stop until the kill: serving on, the drain, and a margin."""
    return (PRE_STOP_SECONDS if serves else 0) + drain_seconds + STOP_MARGIN_SECONDS


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where an application listens, and how long it drains: its longest request or socket."""

    application: str
    port: int
    drain_seconds: int

    @property
    def termination_grace_seconds(self) -> int:
        """Time from the order to stop until the kill."""
        return termination_grace_seconds(self.drain_seconds, serves=True)


ORCHESTRATOR = Endpoint(
    application=workloads.ORCHESTRATOR, port=3001, drain_seconds=LONGEST_REQUEST_SECONDS
)
# Sockets live for hours and are told to reconnect elsewhere; two minutes spread that out.
COLLABORATION = Endpoint(application=workloads.COLLABORATION, port=1234, drain_seconds=120)
EDGE_SOCKET_IDLE_SECONDS = 600
"""CloudFront closes a socket after ten minutes without a byte, for good (CloudFront quotas)."""

COLLABORATION_PING_SECONDS = 30
"""Far below that, because proxies of hospitals and universities close within a minute or two."""

WEB = Endpoint(application=workloads.WEB, port=8080, drain_seconds=15)

SERVED = (ORCHESTRATOR, COLLABORATION, WEB)
"""The applications behind the load balancer."""

WORKER_HEALTH_PORT = 8081
"""Workers take jobs from the queue and no requests; this port answers probes alone."""

METRICS_PORT = 9464
METRICS_PATH = "/metrics"
"""Where Prometheus reads orchestrator, worker and collaboration: a port of its own, which no path
of the load balancer leads to. The number is OpenTelemetry's for its Prometheus exporter."""

API_PATHS = ("/api/*",)
"""What the orchestrator answers."""

SOCKET_PATHS = ("/collab", "/collab/*")
"""What the collaboration server answers: the path itself and all below it."""

HEALTH_PATHS = (LIVE_PATH, READY_PATH)
"""The orchestrator's, from outside: for health checks of names and for status pages."""
