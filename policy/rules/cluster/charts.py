"""Rules of Helm releases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import RELEASE
from ..shared.values import at, is_true, listed

ALWAYS = "AlwaysAllow"
"""Of a budget: a pod that isn't ready may leave, whatever the others are."""


def _releases_pinned(resource: Resource, stack: StackResources) -> Iterator[str]:
    version = str(at(resource.inputs, "version", ""))
    if not version or any(mark in version for mark in "*^~><x"):
        yield f"is of version {version or 'whatever is newest'}"
    repository = str(at(resource.inputs, "repositoryOpts.repo", ""))
    if repository.startswith("http://"):
        yield "comes over HTTP"


def _chart_privileged(resource: Resource, stack: StackResources) -> Iterator[str]:
    for path, value in _switches(at(resource.inputs, "values", {})):
        yield f"values.{path} is {value}"


def _switches(values: object, path: str = "") -> Iterator[tuple[str, object]]:
    powers = {"privileged", "hostNetwork", "hostPID", "hostIPC", "allowPrivilegeEscalation"}
    if isinstance(values, dict):
        for key, value in values.items():
            below = f"{path}.{key}" if path else str(key)
            if key in powers and value is True:
                yield below, value
            yield from _switches(value, below)
    elif isinstance(values, list | tuple):
        for index, value in enumerate(values):
            yield from _switches(value, f"{path}[{index}]")


@dataclass(frozen=True, kw_only=True)
class Part:
    """A kind of pod of a chart: where the chart is told how many there are, their budget, and what
    keeps them off one another's machines.

    `apart` is None where the chart keeps them apart by itself (read at the pinned versions in
    `rf/shared/cluster/charts.py`), `budget` where it has one by itself, `own` what that says beside
    the values.
    `unready_may_go`: whether the chart can be told that pods which aren't ready may leave.
    """

    copies: str
    budget: str | None
    apart: str | None = None
    own: Mapping[str, int | str] = field(default_factory=dict)
    unready_may_go: bool = True


_OF_STACK = {"minAvailable": 1, "unhealthyPodEvictionPolicy": ALWAYS}

PARTS: Mapping[str, Sequence[Part]] = {
    "aws-load-balancer-controller": (Part(copies="replicaCount", budget="podDisruptionBudget"),),
    "karpenter": (Part(copies="replicas", budget=None),),
    "keda": tuple(
        Part(
            copies=f"{part}.replicaCount",
            budget=f"podDisruptionBudget.{budget}",
            apart=f"topologySpreadConstraints.{part}",
            unready_may_go=False,
        )
        for part, budget in (
            ("operator", "operator"),
            ("metricsServer", "metricServer"),
            ("webhooks", "webhooks"),
        )
    ),
    "kube-prometheus-stack": tuple(
        Part(
            copies=f"{part}.{part}Spec.replicas",
            budget=f"{part}.podDisruptionBudget",
            apart=f"{part}.{part}Spec.podAntiAffinity",
            own=_OF_STACK,
        )
        for part in ("prometheus", "alertmanager")
    ),
    "metrics-server": (
        Part(copies="replicas", budget="podDisruptionBudget", apart="topologySpreadConstraints"),
    ),
    "prometheus-adapter": (
        Part(
            copies="replicas",
            budget="podDisruptionBudget",
            apart="topologySpreadConstraints",
            own={"maxUnavailable": 1},
        ),
    ),
    "temporal": tuple(
        Part(
            copies=f"server.{role}.replicaCount",
            budget=f"server.{role}.podDisruptionBudget",
            apart=f"server.{role}.topologySpreadConstraints",
        )
        for role in ("frontend", "history", "matching", "worker")
    ),
}
"""What each chart runs that others wait for. What the charts have by themselves was read in their
templates and values, at the versions of `rendering/shared/chart_values.py`."""

WATCHED = {
    "aws-load-balancer-controller": "watchNamespace",
    "keda": "watchNamespace",
    "stackgres-operator": "allowedNamespaces",
}
"""Where each controller is told which namespaces it may act in: empty means all of them."""


DEFINITIONS = {
    "karpenter-crd": "additionalAnnotations",
    "keda": "crds.additionalAnnotations",
    "prometheus-operator-crds": "crds.annotations",
}
"""By what value each chart that has CRDs among its templates annotates them."""

DEFINED_BY = {"karpenter": "karpenter-crd", "kube-prometheus-stack": "prometheus-operator-crds"}
"""Which chart has the CRDs of another, whose own Helm makes once and changes never."""


def _definitions_kept(resource: Resource, stack: StackResources) -> Iterator[str]:
    path = DEFINITIONS.get(at(resource.inputs, "name"))
    if path and at(resource.inputs, f"values.{path}[helm.sh/resource-policy]") != "keep":
        yield f"takes every object of its kinds with it: values.{path} does not keep its CRDs"


def _definitions_raised(resource: Resource, stack: StackResources) -> Iterator[str]:
    chart = DEFINED_BY.get(at(resource.inputs, "name"))
    if chart is None:
        return
    if not any(at(each.inputs, "name") == chart for each in stack.of_type(RELEASE)):
        yield f"keeps the CRDs of its first version: no release of {chart} changes them"
    elif not is_true(resource.inputs, "skipCrds"):
        yield f"makes CRDs that are of {chart}"


def _atomic(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not is_true(resource.inputs, "atomic"):
        yield "may be left half installed, or half upgraded"


def _survives_machine(resource: Resource, stack: StackResources) -> Iterator[str]:
    name = at(resource.inputs, "name")
    for each in PARTS.get(name, ()):
        if _copies(resource, each) < 2:
            yield f"has one pod of values.{each.copies}"


def _apart(resource: Resource, stack: StackResources) -> Iterator[str]:
    for part in PARTS.get(at(resource.inputs, "name"), ()):
        if part.apart and _copies(resource, part) > 1 and not _kept_apart(resource, part.apart):
            yield f"may have all pods of values.{part.copies} on one machine"


def _kept_apart(resource: Resource, path: str) -> bool:
    # "hard" is how Prometheus' chart is told.
    return at(resource.inputs, f"values.{path}") == "hard" or any(
        at(each, "topologyKey") == "kubernetes.io/hostname"
        and at(each, "labelSelector.matchLabels", {})
        for each in listed(resource.inputs, f"values.{path}")
    )


def _copies(resource: Resource, part: Part) -> int:
    return at(resource.inputs, f"values.{part.copies}", 1)


def _budgets_give(resource: Resource, stack: StackResources) -> Iterator[str]:
    for part in PARTS.get(at(resource.inputs, "name"), ()):
        if part.budget is None:
            continue
        where, copies = f"values.{part.budget}", _copies(resource, part)
        asked = dict(at(resource.inputs, where, {}))
        if not asked.pop("enabled", bool(asked)):
            if copies > 1:
                yield f"has no {where}: one drain may take all {copies} pods"
            continue
        budget = {**part.own, **asked}
        if "maxUnavailable" in asked:
            budget.pop("minAvailable", None)
        if _may_go(budget, copies) < 1:
            yield f"lets no pod go by {where}: no machine of theirs can be replaced"
        if part.unready_may_go and budget.get("unhealthyPodEvictionPolicy") != ALWAYS:
            yield f"keeps a machine by {where} because of pods that are broken anyway"


def _may_go(budget: Mapping[str, Any], copies: int) -> int:
    """How many pods of so many may go at once; a share of them is rounded as Kubernetes does."""
    if "maxUnavailable" in budget:
        return _number(budget["maxUnavailable"], copies)
    return copies - _number(budget.get("minAvailable", 0), copies)


def _number(amount: int | str, copies: int) -> int:
    text = str(amount)
    return ceil(int(text[:-1]) * copies / 100) if text.endswith("%") else int(text)


def _keeps_to_namespaces(resource: Resource, stack: StackResources) -> Iterator[str]:
    path = WATCHED.get(at(resource.inputs, "name"))
    if path and not at(resource.inputs, f"values.{path}"):
        yield f"acts in every namespace: values.{path} is empty"


RULES = (
    Rule(
        id="charts-pinned",
        layer=RuleLayer.CLUSTER,
        demand="Every Helm release names one version, from a repository over HTTPS.",
        reason="The next deployment would install what nobody has read.",
        source="Helm docs, helm install --version; SLSA, dependencies",
        remedy="pin it in `scaleplan/versions.yaml`",
        types=(RELEASE,),
        check=_releases_pinned,
    ),
    Rule(
        id="charts-unprivileged",
        layer=RuleLayer.CLUSTER,
        demand="No chart is told to run privileged or on the machine's own network.",
        reason="Such a pod is the machine, and reads every other pod's Secrets on it.",
        source="Kubernetes docs, Pod Security Standards, restricted",
        remedy="remove the value",
        types=(RELEASE,),
        check=_chart_privileged,
    ),
    Rule(
        id="charts-atomic",
        layer=RuleLayer.CLUSTER,
        demand="A Helm release is installed whole or not at all.",
        reason="Half an upgrade of a webhook stops every deployment in the cluster.",
        source="Helm docs, helm upgrade --atomic",
        remedy="use `components/shared/chart_release.py`",
        types=(RELEASE,),
        check=_atomic,
    ),
    Rule(
        id="definitions-kept",
        layer=RuleLayer.CLUSTER,
        demand="CRDs among a chart's templates outlive its release.",
        reason="With a CRD goes every object of its kind: node pools, rules, autoscalers. Helm"
        " deletes them with the release, and when an atomic installation fails.",
        source="Helm docs, Chart tips and tricks, Tell Helm not to uninstall a resource",
        remedy="give the chart `keeping_definitions` of `scaleplan/cluster/charts.py`",
        types=(RELEASE,),
        check=_definitions_kept,
    ),
    Rule(
        id="definitions-raised",
        layer=RuleLayer.CLUSTER,
        demand="Where a chart's CRDs have a chart of their own, a release of that brings them.",
        reason="Helm changes no CRD of a chart's folder: a newer controller finds the old ones.",
        source="Helm docs, Custom resource definitions; Karpenter docs, CRD upgrades;"
        " kube-prometheus-stack, UPGRADE.md",
        remedy="use `definitions_release` of `components/shared/chart_release.py` before the chart",
        types=(RELEASE,),
        whole_stack=True,
        check=_definitions_raised,
    ),
    Rule(
        id="controllers-survive-machine",
        layer=RuleLayer.CLUSTER,
        demand="From medium each controller, Prometheus, Alertmanager and Temporal have two pods.",
        reason="With the machine of the only one go scaling, new targets, or the alert about it.",
        source="EKS best practices, Reliability; Prometheus Operator docs, High availability",
        remedy="give the chart two replicas; observability.prometheusReplicas and"
        " observability.alertmanagerReplicas say how many there",
        types=(RELEASE,),
        from_size="medium",
        check=_survives_machine,
    ),
    Rule(
        id="chart-budgets-let-go",
        layer=RuleLayer.CLUSTER,
        demand="Of a chart's pods one may go at a time, those that are broken anyway always.",
        reason="No budget loses all copies to one drain; a tight one stops every upgrade.",
        source="Kubernetes docs, Specifying a Disruption Budget, unhealthyPodEvictionPolicy; EKS"
        " user guide, Update behavior details, PodEvictionFailure",
        remedy="use `disruption_budget` of `components/shared/chart_release.py`",
        types=(RELEASE,),
        check=_budgets_give,
    ),
    Rule(
        id="controllers-apart",
        layer=RuleLayer.CLUSTER,
        demand="Each chart keeps a controller's, Prometheus' or Temporal's pods on machines apart.",
        reason="Two replicas on one machine are one: with it go both, and what they were two for.",
        source="Kubernetes docs, Pod Topology Spread Constraints; EKS best practices, Reliability",
        remedy="give the chart's values the constraints of `components/shared/chart_release.py`",
        types=(RELEASE,),
        check=_apart,
    ),
    Rule(
        id="controllers-keep-to-namespaces",
        layer=RuleLayer.CLUSTER,
        demand="A controller that can be kept to a namespace acts in that alone.",
        reason="It holds rights over whatever it watches; one that is taken over has all of them.",
        source="NIST SP 800-53, AC-6; EKS best practices, Identity and access management",
        remedy="set watchNamespace, or allowedNamespaces",
        types=(RELEASE,),
        check=_keeps_to_namespaces,
    ),
)
