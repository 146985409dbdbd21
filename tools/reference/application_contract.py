"""Writes `docs/application-contract.md`: what the four images must honour, from the program itself.

`python -m tools.reference.application_contract` prints it; a test compares it with
the committed file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

from rendering.applications import pods
from rendering.applications.config import ApplicationPlan, application_config
from rendering.applications.metrics import application_metrics
from rendering.applications.pods import TEMPORARY_DIRECTORY
from rendering.applications.retryable_errors import RETRYABLE_ERRORS
from rendering.applications.variables import VARIABLES, Source, Variable
from rendering.shared import endpoints
from rendering.workflows.client import workflow_variables
from rf.conform.points.table import POINTS
from scaleplan.applications.workloads import APPLICATIONS
from scaleplan.database.connection_chain import SYSTEM_POOL_MAX
from scaleplan.model import Plan, load_plan
from scaleplan.queue.backlog import JOBS_PER_POD
from scaleplan.sizes import Size
from tools.reference.application_rules import OPENING, sentences_under
from tools.reference.markdown import table

BY_STACK = "by stack"

_IMAGES = tuple(each.name for each in APPLICATIONS)


def render() -> str:
    """The whole page."""
    plan = load_plan()
    latency = plan.thresholds.response_latency
    errors, retries = sentences_under("Errors to try again")
    (probes,), (variables,) = sentences_under("Probes"), sentences_under("Variables")
    (workflows,), (metrics,) = sentences_under("Workflows"), sentences_under("Metrics")
    parts = [
        OPENING,
        "## Images\n",
        _images(plan),
        *sentences_under("Images"),
        "## Probes\n",
        probes,
        _probes(),
        "## Time on the way of a request\n",
        _times(),
        "## Variables\n",
        variables,
        *(
            f"### From {source}\n\n{_variables(plan, source)}"
            for source in (Source.POD, Source.CONFIG, Source.SECRET)
        ),
        "## Errors to try again\n",
        errors,
        _errors(),
        retries,
        *(
            part
            for title in ("Redis", "Collaboration", "Migrations")
            for part in sentences_under(title, headed=True)
        ),
        "## Workflows\n\nWhere a stack has `workflows.enabled`:\n",
        workflows,
        "## Metrics\n",
        metrics,
        _metrics((latency.warning, latency.critical)),
    ]
    return "\n".join(parts)


def _images(plan: Plan) -> str:
    job = plan.queue.job.timeout_seconds
    health = f"`{endpoints.LIVE_PATH}`, `{endpoints.READY_PATH}`"
    metrics = str(endpoints.METRICS_PORT)
    drains = {each.application: each for each in endpoints.SERVED}
    rows = []
    for application in _IMAGES:
        served = drains.get(application)
        drain = served.drain_seconds if served else job
        port = served.port if served else endpoints.WORKER_HEALTH_PORT
        grace = endpoints.termination_grace_seconds(drain, serves=served is not None)
        rows.append((application, str(port), health, metrics, f"{drain} s", f"{grace} s"))
    head = ("image", "`PORT`", "health", "`METRICS_PORT`", "drain", "killed after")
    return table(head, rows)


def _probes() -> str:
    kinds = {
        "startup": pods.STARTUP,
        "liveness": pods.LIVENESS,
        "readiness": pods.READINESS,
    }
    return table(
        ("probe", "path", "every", "waits", "acts after"),
        [
            (
                kind,
                f"`{probe.path}`",
                f"{probe.period_seconds} s",
                f"{probe.timeout_seconds} s",
                f"{probe.failures * probe.period_seconds} s",
            )
            for kind, probe in kinds.items()
        ],
    )


def _times() -> str:
    rows = [
        ("a response, from the edge's request on", f"{endpoints.LONGEST_REQUEST_SECONDS} s"),
        ("a socket without a byte, at CloudFront", f"{endpoints.EDGE_SOCKET_IDLE_SECONDS} s"),
        ("the same at the load balancer", f"{endpoints.BALANCER_IDLE_TIMEOUT_SECONDS} s"),
        ("an idle connection, at the application", f"{endpoints.HTTP_KEEP_ALIVE_SECONDS} s"),
        ("the cookie that brings a user back to a pod", f"{endpoints.stickiness_seconds()} s"),
        *(
            (f"what a stopping {each.application} pod has open", f"{each.drain_seconds} s")
            for each in endpoints.SERVED
        ),
    ]
    return table(("what", "ends after"), rows)


def _variables(plan: Plan, source: Source) -> str:
    values = _values(plan)
    return table(
        ("variable", "value", "read by", "meaning", "tried by"),
        [
            (
                f"`{variable.name}`",
                values.get(variable.name, BY_STACK) if source is not Source.SECRET else "secret",
                ", ".join(variable.readers),
                variable.meaning,
                ", ".join(f"`{each.id}`" for each in POINTS if variable.name in each.variables),
            )
            for variable in _from(source)
        ],
    )


def _from(source: Source) -> Iterable[Variable]:
    return (variable for variable in VARIABLES if variable.source is source)


def _errors() -> str:
    return table(
        ("from", "error", "what has happened", "what to do"),
        [
            (
                each.store,
                f"{each.code} `{each.text}`" if each.text else each.code,
                each.when,
                each.repeat,
            )
            for each in RETRYABLE_ERRORS
        ],
    )


def _values(plan: Plan) -> Mapping[str, str]:
    """Values that are the same in every stack; with Citus serving, which sets one more."""
    pods = {
        "METRICS_PORT": str(endpoints.METRICS_PORT),
        "HTTP_KEEP_ALIVE_SECONDS": str(endpoints.HTTP_KEEP_ALIVE_SECONDS),
        "QUEUE_NAMES": ",".join(plan.queue.names),
        "WORKER_CONCURRENCY": str(JOBS_PER_POD),
        "HOME": TEMPORARY_DIRECTORY,
        **workflow_variables(plan.workflows),
    }
    configs = [
        application_config(
            ApplicationPlan(
                pools=plan.pools,
                system_pool_max=SYSTEM_POOL_MAX,
                cache_patterns=plan.cache_patterns,
                cache_client=plan.cache_client,
                queue=plan.queue,
                jobs=plan.sizes[size].queue,
                edge=plan.edge,
            )
        )
        for size in Size
    ]
    chosen = {"QUEUE_ENGINE", "QUEUE_CLIENTS", "BULLMQ_PREFIX", "BULL_PREFIX"}
    common = {
        name: value
        for name, value in configs[0].items()
        if name not in chosen and all(config[name] == value for config in configs)
    }
    return {name: f"`{value}`" for name, value in {**pods, **common}.items()} | {
        "PORT": "see above",
        "SHUTDOWN_DRAIN_SECONDS": "see above",
    }


def _metrics(latency_bounds_seconds: tuple[int, int]) -> str:
    return table(
        ("metric", "kind", "labels", "of", "meaning"),
        [
            (
                f"`{metric.name}`",
                metric.kind,
                ", ".join(metric.labels),
                ", ".join(metric.readers),
                metric.meaning,
            )
            for metric in application_metrics(latency_bounds_seconds)
        ],
    )


if __name__ == "__main__":
    sys.stdout.write(render())
