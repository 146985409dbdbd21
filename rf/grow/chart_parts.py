"""What a runbook says of charts whose CRDs a step changes: before the controllers, in this order.

Each was tried on a real API server with Helm 3.18.6 and the charts of Karpenter 1.12.0 and 1.14.1,
of the load balancer controller 3.4.0 and 3.5.0 and of the Prometheus operator's CRDs 30.0.1 and
31.0.1: an upgrade leaves the CRDs of a folder as they are; a release that takes ownership changes
those that stand, and no object of their kinds goes; server-side apply is refused without
`--force-conflicts`, because the fields are Helm's; an atomic installation that fails deletes what
it has taken over, objects and all, unless the CRDs are annotated to be kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rf.grow.chart_raises import ChartRaise
from rf.grow.upgrade_part import UpgradePart
from scaleplan.cluster.charts import KEPT
from scaleplan.versions.table import DefinitionsBy

_APPLY = "kubectl {verb} --server-side --force-conflicts -f -"
_OWNERS = (
    "-o custom-columns='CRD:.metadata.name"
    r",RELEASE:.metadata.annotations.meta\.helm\.sh/release-name"
    r",POLICY:.metadata.annotations.helm\.sh/resource-policy'"
)


def chart_parts(raises: Iterable[ChartRaise], stack: str) -> Iterator[UpgradePart]:
    """What is done by hand first, then what the deployment does itself."""
    # The way back is a finding, and has no order.
    all_of_them = [each for each in raises if not each.is_lowered]
    for each in all_of_them:
        yield from _stored_anew(each)
        if each.by is DefinitionsBy.FOLDER:
            yield _by_hand(each)
    for each in all_of_them:
        if each.controller and each.before is None:
            yield _taken_over(each, stack)
        elif each.controller:
            yield _with_deployment(each, stack)


def stored_anew(crd: str, kept: str) -> tuple[str, ...]:
    """Write every object of a CRD in the version that it stores now, and have no other on record
    (Kubernetes, "Versions in CustomResourceDefinitions", "Upgrade existing objects")."""
    return (
        f"kubectl get crd {crd} -o jsonpath='{{.status.storedVersions}}'",
        f"kubectl get {crd} -A -o json | kubectl replace -f -  # where that says more than {kept}",
        f"kubectl patch crd {crd} --subresource=status --type=merge"
        f""" -p '{{"status":{{"storedVersions":["{kept}"]}}}}'""",
    )


def _stored_anew(each: ChartRaise) -> Iterator[UpgradePart]:
    for crd, gone in each.dropped.items():
        if crd not in each.unstorable:
            kept = each.crds[crd].serves[0]
            yield UpgradePart(
                title=f"{crd}: {', '.join(gone)} goes, so nothing may be stored in it",
                commands=stored_anew(crd, kept),
                verify=(f'kubectl get crd {crd}: storedVersions is ["{kept}"]',),
            )


def _by_hand(each: ChartRaise) -> UpgradePart:
    chart = each.row.at(each.after)
    names = " ".join(f"crd/{name}" for name in each.crds)
    waits = (f"kubectl wait {names} --for=condition=Established --timeout=60s",) if names else ()
    return UpgradePart(
        title=f"CRDs of {each.chart} {each.before} -> {each.after}: by hand, before the controller",
        commands=(
            f"helm show crds {chart} | {_APPLY.format(verb='diff')}",
            f"helm show crds {chart} | {_APPLY.format(verb='apply')}",
            *waits,
        ),
        verify=("Helm itself changes no CRD of a chart's folder: the upgrade would pass without",),
    )


def _taken_over(each: ChartRaise, stack: str) -> UpgradePart:
    names = " ".join(each.crds)
    owners = f"kubectl get crd {names} --ignore-not-found {_OWNERS}"
    (policy,) = KEPT.values()
    return UpgradePart(
        title=f"CRDs of {each.controller}: {each.chart} {each.after} takes over those that stand",
        commands=(
            f'for crd in {names}; do kubectl get "$crd" -A -o yaml; done'
            f" > {each.chart}-before.yaml",
            f"{owners}  # another release's are another's: ask before you go on",
            f"helm template {each.row.at(each.after)} | {_APPLY.format(verb='diff')}",
            f"pulumi up --stack {stack}",
            owners,
        ),
        verify=(
            f"RELEASE {each.chart} and POLICY {policy} on each, and as many objects as before",
            'should Helm refuse them for "invalid ownership metadata", nothing has changed: kubectl'
            f" label crd {names} app.kubernetes.io/managed-by=Helm --overwrite; kubectl annotate"
            f" crd {names} meta.helm.sh/release-name={each.chart}"
            f" meta.helm.sh/release-namespace={each.namespace} --overwrite; then deploy again",
        ),
    )


def _with_deployment(each: ChartRaise, stack: str) -> UpgradePart:
    return UpgradePart(
        title=f"CRDs of {each.controller}: {each.chart} {each.before} -> {each.after}",
        commands=(
            f"helm template {each.row.at(each.after)} | {_APPLY.format(verb='diff')}",
            f"pulumi up --stack {stack}",
        ),
        verify=(f"the release {each.chart} is deployed before {each.controller} is",),
    )
