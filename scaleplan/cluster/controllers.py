"""The controllers' pods: what each requests, and when a stack runs it.

One row for each kind of pod that a chart or an EKS add-on runs besides its daemonsets. Components
give a chart the row's requests and limits, so the arithmetic of nodes counts what is deployed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scaleplan.applications.workload_settings import WorkerScaler
from scaleplan.cluster.machines import ResourceTotals
from scaleplan.observability import pods as monitoring_pods
from scaleplan.observability.pods import together
from scaleplan.settings import Settings


def _always(_: Settings) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class ControllerPod:
    """One kind of pod on the system nodes.

    `release` is the chart's or the add-on's name. `replicas` None means one, and two where
    Karpenter may move machines under them. `surge` is how many more a rollout starts. `limits` is
    None for an add-on, which keeps its own. Where a setting sizes or counts the pods, `sized` and
    `counted` say how; `requests` is then what stands beside that.
    """

    name: str
    release: str
    requests: ResourceTotals
    limits: ResourceTotals | None = None
    replicas: int | None = None
    surge: int = 1
    sized: Callable[[Settings], ResourceTotals] | None = None
    counted: Callable[[Settings], int] | None = None
    wanted: Callable[[Settings], bool] = _always

    def replicas_of(self, settings: Settings) -> int:
        """Pods of this kind in a stack; none where the stack goes without it."""
        if not self.wanted(settings):
            return 0
        if self.counted is not None:
            return self.counted(settings)
        return self.replicas or controller_replicas(karpenter=settings.nodes.karpenter)

    def requests_of(self, settings: Settings) -> ResourceTotals:
        """What one pod requests in a stack."""
        return self.requests if self.sized is None else self.sized(settings)


def controller_replicas(*, karpenter: bool) -> int:
    """Replicas of a controller: two where Karpenter may take a machine away from one."""
    return 2 if karpenter else 1


def _scaled_by_keda(settings: Settings) -> bool:
    return settings.scaling.worker is WorkerScaler.KEDA


def _amount(cpu_millicores: int, memory_mib: int) -> ResourceTotals:
    return ResourceTotals(cpu_millicores=cpu_millicores, memory_mib=memory_mib)


def _prometheus(settings: Settings) -> ResourceTotals:
    own = settings.observability
    return together(_amount(own.cpu_millicores, own.memory_mib), monitoring_pods.RELOADER)


CONTROLLERS = (
    # EKS add-on v1.13: its own requests.
    ControllerPod(name="coredns", release="coredns", requests=_amount(100, 70), replicas=2),
    # aws-ebs-csi-driver v1.66, controller: six containers of 10 m and 40 MiB.
    ControllerPod(
        name="ebs-csi-controller",
        release="aws-ebs-csi-driver",
        requests=_amount(60, 240),
        replicas=2,
    ),
    ControllerPod(
        name="metrics-server",
        release="metrics-server",
        requests=_amount(100, 200),
        limits=_amount(500, 400),
    ),
    ControllerPod(
        name="aws-load-balancer-controller",
        release="aws-load-balancer-controller",
        requests=_amount(100, 128),
        limits=_amount(500, 256),
    ),
    # One alone, replaced and never doubled (chart 1.21.1, templates/deployment.yaml: `replicas: 1`,
    # values.yaml: `deploymentStrategy`). While it is away, no record changes.
    ControllerPod(
        name="external-dns",
        release="external-dns",
        requests=_amount(50, 64),
        limits=_amount(200, 128),
        replicas=1,
        surge=0,
        wanted=lambda settings: settings.domain is not None,
    ),
    # KEDA: the chart's own requests and limits (2.20.2, `resources`).
    ControllerPod(
        name="keda-operator",
        release="keda",
        requests=_amount(100, 100),
        limits=_amount(1000, 1000),
        wanted=_scaled_by_keda,
    ),
    ControllerPod(
        name="keda-operator-metrics-apiserver",
        release="keda",
        requests=_amount(100, 100),
        limits=_amount(1000, 1000),
        wanted=_scaled_by_keda,
    ),
    ControllerPod(
        name="keda-admission-webhooks",
        release="keda",
        requests=_amount(100, 100),
        limits=_amount(1000, 1000),
        wanted=_scaled_by_keda,
    ),
    # The chart derives its memory target from the limit, so the two are equal.
    ControllerPod(
        name="karpenter",
        release="karpenter",
        requests=_amount(250, 1024),
        limits=_amount(1000, 1024),
        wanted=lambda settings: settings.nodes.karpenter,
    ),
    # A Java program. Databases serve on while it is away.
    ControllerPod(
        name="stackgres-operator",
        release="stackgres-operator",
        requests=_amount(100, 512),
        limits=_amount(1000, 1024),
        replicas=1,
        wanted=lambda settings: settings.sharding.present,
    ),
    ControllerPod(
        name="prometheus-operator",
        release="kube-prometheus-stack",
        requests=monitoring_pods.OPERATOR,
        replicas=1,
    ),
    ControllerPod(
        name="prometheus",
        release="kube-prometheus-stack",
        requests=monitoring_pods.RELOADER,
        # A StatefulSet on volumes: it replaces its pods one by one, and starts none beside them.
        surge=0,
        sized=_prometheus,
        counted=lambda settings: settings.observability.prometheus_replicas,
    ),
    ControllerPod(
        name="alertmanager",
        release="kube-prometheus-stack",
        requests=together(monitoring_pods.ALERTMANAGER, monitoring_pods.RELOADER),
        surge=0,
        counted=lambda settings: settings.observability.alertmanager_replicas,
    ),
    ControllerPod(
        name="grafana",
        release="kube-prometheus-stack",
        requests=together(
            monitoring_pods.GRAFANA,
            *(monitoring_pods.GRAFANA_SIDECAR,) * monitoring_pods.GRAFANA_SIDECARS,
        ),
        replicas=1,
        surge=0,
    ),
    ControllerPod(
        name="kube-state-metrics",
        release="kube-prometheus-stack",
        requests=monitoring_pods.STATE_METRICS,
        replicas=1,
    ),
    ControllerPod(
        name="prometheus-adapter",
        release="prometheus-adapter",
        requests=monitoring_pods.ADAPTER,
        limits=_amount(500, 192),
    ),
)


def controller(name: str) -> ControllerPod:
    """The row of that name. Raises KeyError when there is none."""
    return {row.name: row for row in CONTROLLERS}[name]
