"""Helm's releases of charts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rendering.shared.chart_values import UnlistedChartValue, check_values
from rf.shared.cards.changes import (
    DANGEROUS,
    IN_PLACE,
    REFUSED,
    RESTART,
    Changes,
    Effect,
    PropertyRule,
)
from rf.shared.cards.creation import Creation
from rf.shared.cards.kinds import kubernetes_card
from rf.shared.cards.prices import Counted, Free, fixed
from rf.shared.cards.source import GUIDES_READ, FactSource, assumed, kubernetes, thread
from rf.shared.cards.values import ListedKeys
from rf.shared.offline.invention import Computed, Registration
from rf.shared.plan import RecordedPlan, RecordedResource, reveal

RELEASE = "kubernetes:helm.sh/v3:Release"


def _invented_release(registration: Registration) -> Computed:
    name = registration.named()
    namespace = registration.text("namespace", "default")
    status = {
        "name": name,
        "namespace": namespace,
        "revision": 1,
        "status": "deployed",
        "chart": registration.text("chart"),
        "version": registration.text("version"),
        "appVersion": registration.text("version"),
    }
    outputs = {"name": name, "namespace": namespace, "status": status, "resourceNames": {}}
    return Computed(f"{namespace}/{name}", outputs)


def _volumes(values: Any, pods: int) -> Iterator[int]:
    """GiB that a chart's values claim: a claim's template a pod, or a size of persistence, as
    charts spell it."""
    if isinstance(values, Mapping):
        pods = int(values.get("replicas") or pods)
        template = values.get("volumeClaimTemplate")
        if isinstance(template, Mapping):
            claimed = template["spec"]["resources"]["requests"]["storage"]
            yield pods * int(str(claimed).removesuffix("Gi"))
        elif values.get("enabled") is not False and {"storageClassName", "size"} <= set(values):
            yield pods * int(str(values["size"]).removesuffix("Gi"))
        else:
            for item in values.values():
                yield from _volumes(item, pods)
    elif isinstance(values, list):
        for item in values:
            yield from _volumes(item, pods)


def _chart(resource: RecordedResource, _plan: RecordedPlan) -> Counted:
    for gib in _volumes(resource.inputs.get("values"), pods=1):
        yield "ebs:gp3", fixed(gib)


def _with_new_claims(name: str) -> tuple[str, ...]:
    """How a template that claims can't follow is taken all the same: a copy after the other."""
    return (
        "set the new template and deploy; then of one copy: kubectl -n monitoring delete pvc CLAIM"
        f" --wait=false (one of get pvc -l app.kubernetes.io/name={name}), and its pod; what it"
        " held is lost, and the other copy goes on",
        "wait until the new one has as much history as you need, then the next copy",
    )


def _claims_of(path: str, whose: str, name: str) -> dict[str, PropertyRule]:
    """The rules of a template of claims of a StatefulSet that the Prometheus operator makes."""
    claims = f"-l app.kubernetes.io/name={name}"
    fixed = PropertyRule(
        effect=REFUSED,
        why=f"{whose} claims that exist keep it: a claim is immutable but for its size",
        way=_with_new_claims(name),
    )
    template = f"{path}.volumeClaimTemplate"
    return {
        path: PropertyRule(
            effect=DANGEROUS,
            why=f"{whose} pods would begin anew on other disks, or on none that outlives them",
        ),
        template: fixed,
        f"{template}.spec.resources.requests.storage": PropertyRule(
            effect=RESTART,
            down=REFUSED,
            outage=(
                f"the operator makes {whose} StatefulSet anew and stops all its pods at once; they"
                " are back within minutes"
            ),
            why="claims that exist keep their size until they are enlarged themselves; claims never"
            " shrink",
            actions=(
                f"kubectl -n monitoring patch $(kubectl -n monitoring get pvc {claims} -o name)"
                """ --type merge -p '{"spec":{"resources":{"requests":{"storage":"{new}"}}}}'""",
                f"kubectl -n monitoring wait pvc {claims}"
                " --for=jsonpath='{.status.capacity.storage}'={new} --timeout=30m",
            ),
            way=_with_new_claims(name),
            again="EBS changes a volume once in six hours",
        ),
    }


_KEPT = PropertyRule(
    up=RESTART,
    effect=DANGEROUS,
    outage="Prometheus' pods are replaced one after another",
    why="metrics beyond it are deleted",
    source=(FactSource(name="Prometheus", page='"Storage"', version=GUIDES_READ),),
)
_GRAFANA = (FactSource(name="grafana chart 12.11.1", page="templates/pvc.yaml", version="12.11.1"),)
_GRAFANAS_OWN = (
    "export the dashboards and data sources that were made by hand",
    "set persistence.enabled false and deploy, which deletes the claim; then the new value, and"
    " import them",
)
_TEMPORAL = (
    FactSource(
        name="temporal chart", page="templates/server-namespace-job.yaml", version="this revision's"
    ),
    FactSource(name="Temporal", page='"Retention Period"', version=GUIDES_READ),
)
_TO_NAMESPACE = "temporal operator namespace update -n researchflow --retention {new}"

_DATA_OF_CHARTS: dict[str, Effect | PropertyRule] = {
    **_claims_of("values.prometheus.prometheusSpec.storageSpec", "Prometheus'", "prometheus"),
    **_claims_of("values.alertmanager.alertmanagerSpec.storage", "Alertmanager's", "alertmanager"),
    "values.prometheus.prometheusSpec.retention": _KEPT,
    "values.prometheus.prometheusSpec.retentionSize": _KEPT,
    "values.grafana.persistence": PropertyRule(
        effect=REFUSED,
        why="the claim keeps its class: a claim is immutable but for its size",
        way=_GRAFANAS_OWN,
        source=_GRAFANA,
    ),
    "values.grafana.persistence.enabled": PropertyRule(
        to={"true": IN_PLACE},
        effect=DANGEROUS,
        why="the chart deletes the claim, and what was made by hand in Grafana with it",
        source=_GRAFANA,
    ),
    "values.grafana.persistence.size": PropertyRule(
        up=IN_PLACE,
        down=REFUSED,
        why="the claim is the chart's own, so Helm enlarges it; claims never shrink",
        way=_GRAFANAS_OWN,
        again="EBS changes a volume once in six hours",
        source=_GRAFANA,
    ),
    "values.server.config.namespaces.namespace.retention": PropertyRule(
        up=IN_PLACE,
        effect=DANGEROUS,
        why=(
            "histories of closed workflows are deleted sooner; the chart's Job makes a namespace"
            " and changes none, so it takes the command too"
        ),
        actions=(_TO_NAMESPACE,),
        source=_TEMPORAL,
    ),
    "values.server.config.namespaces.namespace": PropertyRule(
        effect=IN_PLACE,
        why="the chart's Job makes namespaces, and neither changes nor deletes one",
        source=_TEMPORAL,
    ),
}
"""What values of charts do to what their pods hold, by path: no two charts have one of them."""


def _unlisted_values(inputs: Mapping[str, Any]) -> Iterator[str]:
    """Of a chart that is listed, and of one that is not."""
    chart = str(inputs.get("chart", "")).rsplit("/", 1)[-1]
    try:
        check_values(chart, str(inputs.get("version", "")), reveal(inputs.get("values") or {}))
    except UnlistedChartValue as error:
        yield str(error)


CARDS = (
    kubernetes_card(
        RELEASE,
        values=ListedKeys(
            mistakes=_unlisted_values,
            source="the values.yaml of each chart (rendering/shared/chart_values.py)",
        ),
        creation=Creation(
            minutes=1.5,
            source=(
                thread(
                    "particuleio/terraform-kubernetes-addons#1766", "12 s for a chart of one pod"
                ),
                assumed("charts of several images wait longer"),
            ),
        ),
        computed=_invented_release,
        changes=Changes(
            source=(
                FactSource(
                    name="Helm", page='"helm upgrade", "Custom Resource Definitions"', version="4"
                ),
                FactSource(
                    name="Prometheus operator",
                    page='"Storage", "Resizing volumes"',
                    version=GUIDES_READ,
                ),
                kubernetes('"Expanding Persistent Volumes Claims"'),
            ),
            properties={
                **dict.fromkeys(
                    (
                        "atomic",
                        "compat",
                        "createNamespace",
                        "repositoryOpts",
                        "skipAwait",
                        "skipCrds",
                        "takeOwnership",
                        "timeout",
                    ),
                    IN_PLACE,
                ),
                "chart": PropertyRule(
                    effect=RESTART,
                    outage="another chart: what the old one made and it has not, goes",
                ),
                "version": PropertyRule(
                    up=RESTART,
                    effect=DANGEROUS,
                    # One of CRDs alone, which has no pods.
                    beside={"takeOwnership": IN_PLACE},
                    outage="the chart's pods are replaced one after another",
                    why="an older release may not read what a newer one wrote",
                ),
                "values": PropertyRule(
                    effect=IN_PLACE,
                    why="pods whose template changes are replaced one after another",
                ),
                **_DATA_OF_CHARTS,
            },
        ),
        price=Free(
            reason="its pods run on the nodes; volumes it asks for are counted", count=_chart
        ),
    ),
)
