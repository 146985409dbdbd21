"""Facts about the pods of Helm's charts and EKS' add-ons, each with where it was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

NAME_LABEL = "app.kubernetes.io/name"
CRITICAL, NODE_CRITICAL = "system-cluster-critical", "system-node-critical"

_ONE_LEAVES = {"rollingUpdate": {"maxUnavailable": 1}, "type": "RollingUpdate"}
_RECREATED = {"type": "Recreate"}
_ONE_MAY_GO = {"maxUnavailable": 1}
_NOT_BY_KARPENTER = ({"key": "karpenter.sh/nodepool", "operator": "DoesNotExist"},)
# unhealthyPodEvictionPolicy: a pod that isn't ready may go whatever the budget says.
_ONE_STAYS = {"minAvailable": 1, "unhealthyPodEvictionPolicy": "AlwaysAllow"}


@dataclass(frozen=True, kw_only=True)
class ChartPod:
    """A kind of pod of a chart or add-on, beside its row of `CONTROLLERS`.

    `sections` are the values that place it, the last one the nearest; `spread` is where its spread
    constraints are, if in none of them. `budget` is the section of its disruption budget. The rest
    is what the chart does by itself (each row says where that was read): `labels` beside `app`,
    which is the stand-in's name whatever the chart's is, `apart` (hosts that its pods share: `soft`
    where they had better not, `hard` where they can't, or as `podAntiAffinity` in its section
    says), `zones_apart`, `nodes` (what it requires of a node's labels), `strategy` (unless its
    section has a `deploymentStrategy`), `priority` and `own_budget` (what a budget says that is on;
    without a `budget`, it is always on).
    """

    name: str
    namespace: str
    release: str
    sections: Sequence[tuple[str, ...]] = ((),)
    spread: tuple[str, ...] | None = None
    budget: tuple[str, ...] | None = None
    own_budget: Mapping[str, Any] | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    apart: str = ""
    zones_apart: bool = False
    nodes: Sequence[Mapping[str, Any]] = ()
    strategy: Mapping[str, Any] | None = None
    priority: str = ""
    stateful: bool = False
    volume: str = ""


_STACK = "kube-prometheus-stack"
_PROMETHEUS = ("prometheus", "prometheusSpec")
_ALERTMANAGER = ("alertmanager", "alertmanagerSpec")

CHART_PODS = (
    # EKS publishes no chart of it. eksctl-io/eksctl, pkg/addons/default/assets/coredns-1.35.json,
    # what EKS starts a cluster of 1.35 with: v1.13.2-eksbuild.3 at f9f5f68, v1.14.2-eksbuild.4 at
    # a263747, the same in all of this. Its spread over zones gives way to the stack's.
    ChartPod(
        name="coredns",
        namespace="kube-system",
        release="coredns",
        budget=("podDisruptionBudget",),
        labels={"eks.amazonaws.com/component": "coredns", "k8s-app": "kube-dns"},
        apart="soft",
        strategy=_ONE_LEAVES,
        priority=CRITICAL,
    ),
    # kubernetes-sigs/aws-ebs-csi-driver, tag helm-chart-aws-ebs-csi-driver-2.64.0 (driver 1.64, the
    # newest found; the add-on is 1.66), charts/aws-ebs-csi-driver: values.yaml `controller`,
    # templates/controller.yaml, templates/poddisruptionbudget-controller.yaml (maxUnavailable 1 for
    # two replicas). Not found: that EKS builds its add-on of this chart alone.
    ChartPod(
        name="ebs-csi-controller",
        namespace="kube-system",
        release="aws-ebs-csi-driver",
        sections=(("controller",),),
        own_budget=_ONE_MAY_GO,
        apart="soft",
        strategy=_ONE_LEAVES,
        priority=CRITICAL,
    ),
    # kubernetes-sigs/metrics-server, tag metrics-server-helm-chart-3.13.1, charts/metrics-server:
    # values.yaml (`affinity`, `topologySpreadConstraints` and `updateStrategy` empty),
    # templates/deployment.yaml, pdb.yaml, _helpers.tpl (labels).
    ChartPod(
        name="metrics-server",
        namespace="kube-system",
        release="metrics-server",
        budget=("podDisruptionBudget",),
        labels={NAME_LABEL: "metrics-server"},
        priority=CRITICAL,
    ),
    # kubernetes-sigs/aws-load-balancer-controller, tag v3.5.0, helm/aws-load-balancer-controller:
    # values.yaml (`configureDefaultAffinity`, `updateStrategy` empty), templates/deployment.yaml,
    # pdb.yaml.
    ChartPod(
        name="aws-load-balancer-controller",
        namespace="kube-system",
        release="aws-load-balancer-controller",
        budget=("podDisruptionBudget",),
        apart="soft",
        priority=CRITICAL,
    ),
    # kubernetes-sigs/external-dns, tag external-dns-helm-chart-1.21.1, charts/external-dns:
    # values.yaml (`deploymentStrategy`), templates/deployment.yaml; it has no budget.
    ChartPod(
        name="external-dns", namespace="external-dns", release="external-dns", strategy=_RECREATED
    ),
    # kedacore/charts, tag v2.20.2, keda: values.yaml (`upgradeStrategy`, `affinity`,
    # `topologySpreadConstraints`, `priorityClassName` empty),
    # templates/{manager,metrics-server,webhooks}: deployment.yaml (labels; its own section goes
    # before the chart's, but spread constraints are by part), poddisruptionbudget.yaml.
    *(
        ChartPod(
            name=name,
            namespace="keda",
            release="keda",
            sections=((), (section,)),
            spread=("topologySpreadConstraints", section),
            budget=("podDisruptionBudget", budget),
            labels={NAME_LABEL: name},
        )
        for name, section, budget in (
            ("keda-operator", "operator", "operator"),
            ("keda-operator-metrics-apiserver", "metricsServer", "metricServer"),
            ("keda-admission-webhooks", "webhooks", "webhooks"),
        )
    ),
    # aws/karpenter-provider-aws, tag v1.14.1, charts/karpenter: values.yaml,
    # templates/_helpers.tpl (affinity and spread select the pods' own labels),
    # templates/poddisruptionbudget.yaml.
    ChartPod(
        name="karpenter",
        namespace="kube-system",
        release="karpenter",
        own_budget=_ONE_MAY_GO,
        apart="hard",
        zones_apart=True,
        nodes=_NOT_BY_KARPENTER,
        strategy=_ONE_LEAVES,
        priority=CRITICAL,
    ),
    # ongres/stackgres, tag 1.18.6, stackgres-k8s/install/helm/stackgres-operator: values.yaml
    # (`operator.affinity` empty), templates/operator-deployment.yaml; no strategy, no budget.
    ChartPod(
        name="stackgres-operator",
        namespace="stackgres",
        release="stackgres-operator",
        sections=(("operator",),),
    ),
    # prometheus-community/helm-charts, tag kube-prometheus-stack-88.5.3,
    # charts/kube-prometheus-stack: values.yaml (`prometheusOperator`: `strategy` and `affinity`
    # empty, `podDisruptionBudget` off), templates/prometheus-operator/deployment.yaml.
    ChartPod(
        name="prometheus-operator",
        namespace="monitoring",
        release=_STACK,
        sections=(("prometheusOperator",),),
    ),
    # The same chart: values.yaml (`podAntiAffinity`, `podDisruptionBudget`), templates/prometheus/
    # and templates/alertmanager/: prometheus.yaml, alertmanager.yaml, podDisruptionBudget.yaml.
    # What becomes of them: prometheus-operator v0.93.0 (the chart has 0.93.1, not found),
    # pkg/{prometheus/server,alertmanager}/statefulset.go: StatefulSets, Parallel, RollingUpdate.
    ChartPod(
        name="prometheus",
        namespace="monitoring",
        release=_STACK,
        sections=(_PROMETHEUS,),
        budget=("prometheus", "podDisruptionBudget"),
        own_budget=_ONE_STAYS,
        apart="soft",
        stateful=True,
        volume="storageSpec",
    ),
    ChartPod(
        name="alertmanager",
        namespace="monitoring",
        release=_STACK,
        sections=(_ALERTMANAGER,),
        budget=("alertmanager", "podDisruptionBudget"),
        own_budget=_ONE_STAYS,
        apart="soft",
        stateful=True,
        volume="storage",
    ),
    # grafana-community/helm-charts, tag grafana-12.11.1, charts/grafana: values.yaml
    # (`podDisruptionBudget` and `affinity` empty, `deploymentStrategy` RollingUpdate, which the
    # stack's values replace), templates/deployment.yaml, pvc.yaml.
    ChartPod(
        name="grafana",
        namespace="monitoring",
        release=_STACK,
        sections=(("grafana",),),
        volume="persistence",
    ),
    # prometheus-community/helm-charts, tag kube-state-metrics-8.4.0, charts/kube-state-metrics:
    # values.yaml (`affinity` and `podDisruptionBudget` empty), templates/deployment.yaml.
    ChartPod(
        name="kube-state-metrics",
        namespace="monitoring",
        release=_STACK,
        sections=(("kube-state-metrics",),),
    ),
    # prometheus-community/helm-charts, tag prometheus-adapter-5.3.0, charts/prometheus-adapter:
    # values.yaml (`affinity` and `topologySpreadConstraints` empty; its `strategy` is Kubernetes'
    # default), templates/deployment.yaml, _helpers.tpl (labels), pdb.yaml.
    ChartPod(
        name="prometheus-adapter",
        namespace="monitoring",
        release="prometheus-adapter",
        budget=("podDisruptionBudget",),
        labels={NAME_LABEL: "prometheus-adapter"},
        own_budget=_ONE_MAY_GO,
    ),
)

NODE_CRITICAL_DAEMONS = ("aws-node", "kube-proxy", "eks-pod-identity-agent", "ebs-csi-node")
"""EKS' own, which tolerate every taint: aws/amazon-vpc-cni-k8s 10e9f18 (1.15.1, the newest found),
charts/aws-vpc-cni/values.yaml; aws/eks-pod-identity-agent 00bc058, charts/eks-pod-identity-agent/
values.yaml; aws-ebs-csi-driver as above, templates/_node.tpl. Not found: what EKS deploys as
kube-proxy, which stands here as if it were like the others.

The rest have no priority and tolerate NoSchedule, as prometheus-node-exporter 4.56.1 does
(prometheus-community/helm-charts cf408a2, charts/prometheus-node-exporter/values.yaml:
`tolerations`, `priorityClassName`). Who carries the logs is open."""
