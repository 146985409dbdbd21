"""Helm's releases of charts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rendering.shared.chart_values import UnlistedChartValue, check_values
from rf.shared.cards.changes import IN_PLACE, REFUSED, RESTART, Changes, PropertyRule
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


_CLAIMED = "volumeClaimTemplate.spec.resources.requests.storage"


def _enlarged_by_hand(whose: str, name: str) -> PropertyRule:
    """Of a StatefulSet that the Prometheus operator makes: its claims stay as they are."""
    claims = f"-l app.kubernetes.io/name={name}"
    return PropertyRule(
        effect=RESTART,
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
    )


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
                    name="Prometheus operator",
                    page='"Storage", "Resizing volumes"',
                    version=GUIDES_READ,
                ),
                kubernetes('"Expanding Persistent Volumes Claims"'),
            ),
            properties={
                f"values.prometheus.prometheusSpec.storageSpec.{_CLAIMED}": _enlarged_by_hand(
                    "Prometheus'", "prometheus"
                ),
                f"values.alertmanager.alertmanagerSpec.storage.{_CLAIMED}": _enlarged_by_hand(
                    "Alertmanager's", "alertmanager"
                ),
                "values.grafana.persistence.size": PropertyRule(
                    up=IN_PLACE,
                    down=REFUSED,
                    why="the claim is the chart's own, so Helm enlarges it; claims never shrink",
                    source=(
                        FactSource(
                            name="grafana chart 12.11.1",
                            page="templates/pvc.yaml",
                            version="12.11.1",
                        ),
                    ),
                ),
            },
        ),
        price=Free(
            reason="its pods run on the nodes; volumes it asks for are counted", count=_chart
        ),
    ),
)
