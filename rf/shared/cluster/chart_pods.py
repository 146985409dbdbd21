"""What Helm's charts, EKS' add-ons and StackGres run, as far as a scheduler sees it.

No chart is pulled here. In the place of each controller stands a workload of its name, with the
requests and replicas that `scaleplan.cluster.controllers` gives it, and where and how far apart its
pods run as the stack's own values say, over what the chart has by itself.

Left out is what changes nothing on a stack's machines: selectors of Linux, tolerations of taints
that no machine has (`CriticalAddonsOnly` of CoreDNS, Karpenter and the EBS driver), and probes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rendering.citus import names as citus
from rf.kubernetes.helm import RELEASE
from rf.shared.cluster.charts import (
    CHART_PODS,
    NODE_CRITICAL,
    NODE_CRITICAL_DAEMONS,
    ChartPod,
)
from rf.shared.cluster.objects import Document
from rf.shared.plan import RecordedPlan, reveal
from scaleplan.applications.workloads import PlannedWorkload, temporal_servers
from scaleplan.catalog import load_catalog
from scaleplan.citus.data_nodes import placements, pod_resources
from scaleplan.cluster.controllers import CONTROLLERS, ControllerPod
from scaleplan.cluster.machines import DAEMONS, Daemon, ResourceTotals
from scaleplan.settings import Settings

ADDON = "aws:eks/addon:Addon"
SHARDED_CLUSTER = "kubernetes:stackgres.io/v1alpha1:SGShardedCluster"
TEMPORAL = "temporal"

Values = Mapping[str, Any]

_HOST, _ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
_SPREAD = "topologySpreadConstraints"
_PLACED_BY = ("nodeSelector", "tolerations", "affinity", _SPREAD)


class UnmatchedSpreadError(Exception):
    """A chart's values spread pods by labels that these pods don't carry: nothing is spread."""


def daemonsets() -> Iterator[Document]:
    """What every node carries."""
    yield from (_daemonset(each) for each in DAEMONS)


def chart_workloads(plan: RecordedPlan, settings: Settings) -> Iterator[Document]:
    """The controllers of a stack, Temporal's server and Citus' servers, where it has them."""
    for release in plan.of_type(RELEASE):
        yield from release_workloads(reveal(release.inputs), settings)
    for addon in plan.of_type(ADDON):
        yield from addon_workloads(reveal(addon.inputs), settings)
    for cluster in plan.of_type(SHARDED_CLUSTER):
        yield from citus_workloads(reveal(cluster.inputs), settings)


def release_workloads(release: Values, settings: Settings) -> Iterator[Document]:
    """What a Helm release runs, by the inputs of its resource."""
    name, values = release["name"], release.get("values", {})
    yield from _controllers(name, values, settings)
    if name == TEMPORAL:
        for server in temporal_servers(settings):
            yield from _temporal(server, values)


def addon_workloads(addon: Values, settings: Settings) -> Iterator[Document]:
    """What an add-on of EKS runs, by the inputs of its resource."""
    values = json.loads(addon.get("configurationValues") or "{}")
    yield from _controllers(addon["addonName"], values, settings)


def _controllers(release: str, values: Values, settings: Settings) -> Iterator[Document]:
    rows = {row.name: row for row in CONTROLLERS}
    for pod in CHART_PODS:
        if pod.release == release and rows[pod.name].replicas_of(settings):
            yield from _controller(pod, rows[pod.name], settings, values)


def _section(values: Values, path: Sequence[str]) -> Values:
    for key in path:
        values = values.get(key, {})
    return values


def _controller(
    pod: ChartPod, row: ControllerPod, settings: Settings, values: Values
) -> Iterator[Document]:
    labels = {"app": pod.name, **pod.labels}
    sections = [_section(values, path) for path in pod.sections]
    spec = _pod_spec(row.requests_of(settings), pod.priority)
    spec |= _kept_apart(pod, sections[-1], labels)
    for section in sections:
        spec |= {key: section[key] for key in _PLACED_BY if section.get(key)}
    if pod.spread is not None:
        spec[_SPREAD] = _section(values, pod.spread[:-1]).get(pod.spread[-1], [])
    _check_spread(pod.name, spec, labels)
    replicas = row.replicas_of(settings)
    metadata = {"name": pod.name, "namespace": pod.namespace}
    claims = _claims(pod, sections[-1])
    if pod.stateful:
        yield _statefulset(metadata, labels, replicas, spec, claims)
    else:
        for claim in claims:
            metadata_of_claim = {**claim["metadata"], "namespace": pod.namespace}
            yield {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **claim} | {
                "metadata": metadata_of_claim
            }
            source = {"claimName": claim["metadata"]["name"]}
            spec["volumes"] = [{"name": "storage", "persistentVolumeClaim": source}]
        strategy = sections[-1].get("deploymentStrategy") or pod.strategy
        yield _deployment(metadata, labels, replicas, spec, strategy)
    budget = _budget(pod, values)
    if budget:
        yield _disruption_budget(metadata, labels, budget)


def _budget(pod: ChartPod, values: Values) -> Mapping[str, Any]:
    """What the values ask for, over what the chart has by itself; none where they ask for none."""
    own = pod.own_budget or {}
    if pod.budget is None:
        return own
    asked = dict(_section(values, pod.budget))
    if not asked.pop("enabled", bool(asked)):
        return {}
    return {**own, **asked}


def _kept_apart(pod: ChartPod, section: Values, labels: Mapping[str, str]) -> dict[str, Any]:
    term = {"labelSelector": {"matchLabels": dict(labels)}, "topologyKey": _HOST}
    match section.get("podAntiAffinity") or pod.apart:
        case "hard":
            rule: dict[str, Any] = {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
        case "soft":
            weighted = {"weight": 100, "podAffinityTerm": term}
            rule = {"preferredDuringSchedulingIgnoredDuringExecution": [weighted]}
        case _:
            return {}
    kept: dict[str, Any] = {"affinity": {"podAntiAffinity": rule}}
    if pod.nodes:
        terms = [{"matchExpressions": list(pod.nodes)}]
        required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
        kept["affinity"]["nodeAffinity"] = required
    if pod.zones_apart:
        kept[_SPREAD] = [
            {
                "maxSkew": 1,
                "topologyKey": _ZONE,
                "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": {"matchLabels": dict(labels)},
            }
        ]
    return kept


def _check_spread(name: str, spec: Mapping[str, Any], labels: Mapping[str, str]) -> None:
    for constraint in spec.get(_SPREAD, ()):
        wanted = constraint["labelSelector"]["matchLabels"]
        if not wanted.items() <= labels.items():
            raise UnmatchedSpreadError(f"{name}: {wanted} are none of {dict(labels)}")


def _claims(pod: ChartPod, section: Values) -> list[dict[str, Any]]:
    """The volume's claim, as the chart's section describes it."""
    match section.get(pod.volume, {}):
        case {"volumeClaimTemplate": {"spec": spec}}:
            return [_claim(pod.name, spec)]
        case {"enabled": True, "size": size, "storageClassName": storage_class}:
            requests = {"requests": {"storage": size}}
            modes = {"accessModes": ["ReadWriteOnce"]}
            return [
                _claim(
                    pod.name,
                    {**modes, "resources": requests, "storageClassName": storage_class},
                )
            ]
    return []


def _claim(name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": f"{name}-storage"}, "spec": dict(spec)}


def _temporal(server: PlannedWorkload, values: Values) -> Iterator[Document]:
    """A role of Temporal's server, or its pages.

    temporalio/helm-charts, tag temporal-1.6.0, charts/temporal/templates: server-deployment.yaml (a
    role's values before the server's), server-pdb.yaml, web-deployment.yaml (which reads no
    strategy), web-pdb.yaml, _helpers.tpl (labels). Of itself the chart places nothing.
    """
    role = server.name.removeprefix("temporal-")
    pages = role == "web"
    section = _section(values, (role,) if pages else ("server", role))
    above = {} if pages else values["server"]
    labels = {
        "app": server.name,
        "app.kubernetes.io/component": role,
        "app.kubernetes.io/instance": "temporal",
        "app.kubernetes.io/name": "temporal",
    }
    pod = server.pod
    spec = _pod_spec(
        ResourceTotals(cpu_millicores=pod.cpu_millicores, memory_mib=pod.memory_mib), ""
    )
    for each in (above, section):
        spec |= {key: each[key] for key in _PLACED_BY if each.get(key)}
    _check_spread(server.name, spec, labels)
    metadata = {"name": server.name, "namespace": "temporal"}
    strategy = None if pages else section.get("deploymentStrategy", above.get("deploymentStrategy"))
    yield _deployment(metadata, labels, server.min_replicas, spec, strategy)
    if section.get("podDisruptionBudget"):
        yield _disruption_budget(metadata, labels, section["podDisruptionBudget"])


def citus_workloads(cluster: Values, settings: Settings) -> Iterator[Document]:
    """A StatefulSet for each group of servers, as the operator makes of the SGShardedCluster.

    ongres/stackgres, tag 1.18.6, stackgres-k8s/src/operator/…/conciliation/factory/cluster:
    ClusterPodTemplateSpecFactory.java (no two of them on a host, whatever their cluster),
    ClusterStatefulSet.java; no budget anywhere. Its StatefulSets are OrderedReady and OnDelete: the
    operator itself replaces pods, on an SGDbOps. A rolling update stands in for that, and Parallel,
    because under OrderedReady it would never get past a pod that doesn't become ready.
    """
    spec = cluster["spec"]
    shards = spec["shards"]
    overrides = {each["index"]: each["pods"] for each in shards.get("overrides", ())}
    requests = pod_resources(load_catalog().instance_class(settings.citus.instance_class))
    for index, group in enumerate(placements(settings.citus, settings.availability_zones)):
        pods = spec["coordinator"]["pods"] if index == 0 else shards["pods"]
        scheduling = overrides.get(index - 1, pods)["scheduling"] if index else pods["scheduling"]
        labels = citus.pod_labels(group.name)
        term = {"labelSelector": {"matchLabels": citus.SERVER_LABELS}, "topologyKey": _HOST}
        own = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
        pod = _pod_spec(requests, "")
        pod |= {key: scheduling[key] for key in _PLACED_BY if scheduling.get(key)}
        pod["affinity"] = own | (
            {"nodeAffinity": scheduling["nodeAffinity"]} if "nodeAffinity" in scheduling else {}
        )
        _check_spread(group.name, pod, labels)
        volume = pods["persistentVolume"]
        claim = {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": volume["size"]}},
            "storageClassName": volume["storageClass"],
        }
        metadata = {"name": citus.group_name(group.name), "namespace": citus.NAMESPACE}
        claims = [_claim(group.name, claim)]
        yield _statefulset(metadata, labels, group.instances, pod, claims)


def _daemonset(daemon: Daemon) -> Document:
    name = daemon.name.replace(" ", "-")
    labels = {"app": name}
    critical = daemon.name in NODE_CRITICAL_DAEMONS
    spec = _pod_spec(daemon.requests, NODE_CRITICAL if critical else "")
    tolerated = {} if critical else {"effect": "NoSchedule"}
    spec["tolerations"] = [{"operator": "Exists", **tolerated}]
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": "kube-system"},
        "spec": {"selector": {"matchLabels": labels}, "template": _template(labels, spec)},
    }


def _deployment(
    metadata: Mapping[str, Any],
    labels: Mapping[str, str],
    replicas: int,
    pod: Mapping[str, Any],
    strategy: Mapping[str, Any] | None,
) -> Document:
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": dict(labels)},
        "template": _template(labels, pod),
    }
    if strategy:
        spec["strategy"] = dict(strategy)
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def _statefulset(
    metadata: Mapping[str, Any],
    labels: Mapping[str, str],
    replicas: int,
    pod: Mapping[str, Any],
    claims: Sequence[Mapping[str, Any]],
) -> Document:
    spec = {
        "replicas": replicas,
        "serviceName": metadata["name"],
        "podManagementPolicy": "Parallel",
        "selector": {"matchLabels": dict(labels)},
        "template": _template(labels, pod),
        "volumeClaimTemplates": list(claims),
    }
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata, "spec": spec}


def _disruption_budget(
    metadata: Mapping[str, Any], labels: Mapping[str, str], budget: Mapping[str, Any]
) -> Document:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata,
        "spec": {**budget, "selector": {"matchLabels": dict(labels)}},
    }


def _template(labels: Mapping[str, str], spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"metadata": {"labels": dict(labels)}, "spec": dict(spec)}


def _pod_spec(requests: ResourceTotals, priority: str) -> dict[str, Any]:
    """One container that stands for all of the pod's; as locked down as any namespace asks."""
    asked = {"cpu": f"{requests.cpu_millicores}m", "memory": f"{requests.memory_mib}Mi"}
    spec: dict[str, Any] = {
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65534,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "stand-in",
                "image": "stand-in.invalid/pod",
                "resources": {"requests": asked},
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                },
            }
        ],
    }
    if priority:
        spec["priorityClassName"] = priority
    return spec
