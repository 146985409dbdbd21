"""Alerts on what really is so in a cluster, by kube-state-metrics and Prometheus with our rules.

Each alert's `for` is left out: how long something must last is no matter of this. KEDA doesn't run
here: of its errors a stand-in tells, in KEDA's own metric.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter, start_http_server

from rf.shared.cluster.controllers import HELD
from rf.shared.servers.processes import free_port, wait_until
from rf.shared.servers.programs import MissingServersError
from rf.shared.stacks import settings_of
from rf.shared.termination import begin
from scaleplan.applications.pods import ROLLOUT_SURGE_PODS
from scaleplan.applications.workloads import WORKER
from tests.apiserver.objects.state_metrics import ADDRESS, start_state_metrics
from tests.cluster.standing import APPLICATIONS, Standing, stand
from tests.conftest import Planned
from tests.services.observability.monitored import Monitored, read_monitored
from tests.services.observability.prometheus_server import Prometheus, start_prometheus
from tests.unavailable import unavailable

pytestmark = pytest.mark.cluster

STACK = "staging"


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A stack on a cluster, the Prometheus that watches it, and the errors that KEDA counts of its
    workers' first trigger."""

    standing: Standing
    prometheus: Prometheus
    keda_errors: Counter

    def firing(self, alert: str) -> list[Mapping[str, str]]:
        """Labels of the alert where it fires."""
        query = f'ALERTS{{alertname="{alert}",alertstate="firing"}}'
        return [labels for labels, _ in self.prometheus.values(query)]

    def wait_for(self, alert: str, **labels: str) -> None:
        """Until it fires with these labels. Raises TimeoutError."""

        def fires() -> bool:
            return any(labels.items() <= each.items() for each in self.firing(alert))

        wait_until(fires, f"{alert} fires for {labels}", interval_seconds=0.5)

    def wait_for_the_end(self, alert: str) -> None:
        """Until it fires nowhere. Raises TimeoutError."""
        wait_until(lambda: not self.firing(alert), f"{alert} has ended", interval_seconds=0.5)


@pytest.fixture(scope="module")
def watched(planned: Planned, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """The stack at its minima, with the machines of its maxima."""
    directory = tmp_path_factory.mktemp("alerts")
    monitored = read_monitored(planned(STACK))
    with ExitStack() as stack:
        standing = stand(
            stack,
            directory,
            planned(STACK),
            settings_of(STACK),
            lambda each: each.max_replicas + ROLLOUT_SURGE_PODS,
        )
        assert standing.cluster.kubeconfig is not None
        keda_errors, keda = start_keda_stand_in(stack)
        try:
            states = start_state_metrics(stack, directory, standing.cluster.kubeconfig, monitored)
            prometheus = start_prometheus(
                stack, directory, [states, keda], without_patience(monitored)
            )
        except MissingServersError as error:
            unavailable(str(error))
        standing.scale(lambda each: each.min_replicas)
        standing.settle()
        yield Watched(standing=standing, prometheus=prometheus, keda_errors=keda_errors)


def start_keda_stand_in(stack: ExitStack) -> tuple[Counter, dict[str, Any]]:
    """Serves KEDA's counter of a ScaledObject's errors (v2.20, pkg/metricscollector/
    prommetrics.go), and how it is scraped."""
    labels = ("namespace", "scaledObject")
    registry = CollectorRegistry()
    errors = Counter("keda_scaled_object_errors", "As KEDA's.", labels, registry=registry)
    port = free_port(ADDRESS)
    stack.enter_context(
        begin(
            "a stand-in for KEDA's metrics",
            lambda: start_http_server(port, ADDRESS, registry)[0],
            lambda server: server.shutdown(),
        )
    )
    targets = [{"targets": [f"{ADDRESS}:{port}"]}]
    return errors, {"job_name": "keda", "honor_labels": True, "static_configs": targets}


def without_patience(monitored: Monitored) -> list[dict[str, Any]]:
    """The stack's rules, whose alerts fire as soon as they are true."""
    return [
        {
            **group,
            "rules": [
                {key: value for key, value in rule.items() if key != "for"}
                for rule in group["rules"]
            ],
        }
        for group in monitored.rule_groups
    ]


def test_pods_without_a_place_are_pending(watched: Watched) -> None:
    watched.wait_for_the_end("PodsPending")
    standing = watched.standing
    standing.cordon(list(standing.look().nodes))
    assert standing.cluster.evict(standing.look().of(WORKER)[0].document)
    watched.wait_for("PodsPending", namespace=APPLICATIONS)
    assert {each["namespace"] for each in watched.firing("PodsPending")} == {APPLICATIONS}
    standing.open_nodes()
    standing.settle()
    watched.wait_for_the_end("PodsPending")


def test_pods_that_wait_for_their_image_are_pending_too(watched: Watched) -> None:
    watched.wait_for_the_end("PodsPending")
    standing = watched.standing
    standing.roll_out("bad image", HELD, namespace=APPLICATIONS)
    assert standing.settle().pending == {}
    watched.wait_for("PodsPending", namespace=APPLICATIONS)
    standing.roll_out("good", namespace=APPLICATIONS)
    standing.settle()
    watched.wait_for_the_end("PodsPending")


def test_an_autoscaler_that_has_all_its_pods_is_at_its_maximum(watched: Watched) -> None:
    autoscaled = {"orchestrator", "collaboration", "web"}
    watched.wait_for_the_end("AutoscalerAtMaximum")
    watched.standing.scale(lambda each: each.max_replicas)
    for name in autoscaled:
        watched.wait_for("AutoscalerAtMaximum", workload=name)
    assert {each["workload"] for each in watched.firing("AutoscalerAtMaximum")} == autoscaled
    watched.standing.scale(lambda each: each.min_replicas)
    watched.wait_for_the_end("AutoscalerAtMaximum")


def test_an_autoscaler_without_its_metrics_has_a_failing_trigger(watched: Watched) -> None:
    """No metrics are served here: so it is where metrics-server or the adapter is gone."""
    for name in ("orchestrator", "collaboration", "web"):
        watched.wait_for("AutoscalerTriggerFailing", workload=name)


def test_errors_that_keda_counts_are_a_failing_trigger(watched: Watched) -> None:
    errors = watched.keda_errors.labels(namespace=APPLICATIONS, scaledObject=WORKER)
    wait_until(
        lambda: watched.prometheus.values("keda_scaled_object_errors_total"), "it is scraped"
    )
    assert WORKER not in {each["workload"] for each in watched.firing("AutoscalerTriggerFailing")}
    errors.inc()
    watched.wait_for("AutoscalerTriggerFailing", workload=WORKER, severity="critical")
