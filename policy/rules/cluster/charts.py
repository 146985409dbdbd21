"""Rules of Helm releases."""

from __future__ import annotations

from collections.abc import Iterator

from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import RELEASE
from ..shared.values import at


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


RULES = (
    Rule(
        id="charts-pinned",
        layer=RuleLayer.CLUSTER,
        demand="Every Helm release names one version, from a repository over HTTPS.",
        reason="The next deployment would install what nobody has read.",
        source="Helm docs, helm install --version; SLSA, dependencies",
        remedy="pin it in `scaleplan/cluster/charts.py`",
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
)
