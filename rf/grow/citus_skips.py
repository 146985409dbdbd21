"""What can't be raised of Citus' versions so: an operator by too much, or back, or with Citus."""

from __future__ import annotations

from collections.abc import Iterator

from rf.kubernetes.helm import RELEASE
from rf.kubernetes.stackgres import SHARDED_CLUSTER
from rf.shared.plan_document import PlanDocument
from scaleplan.versions.fitting import OPERATOR
from scaleplan.versions.table import numbers

CITUS = "citus"
MOST_MINORS = 2
"""Minor releases that an operator may be raised by at once (StackGres docs, "Upgrade via Helm")."""


def version_findings(before: PlanDocument, after: PlanDocument) -> Iterator[tuple[str, str, str]]:
    """Resource, what, remedy of each step of Citus' versions that can't be gone so."""
    old, new = _of(before), _of(after)
    if old.get(OPERATOR) and new.get(OPERATOR):
        yield from _operator(numbers(old[OPERATOR]), numbers(new[OPERATOR]), old, new)
        if old[OPERATOR] != new[OPERATOR] and old.get(CITUS, new.get(CITUS)) != new.get(CITUS):
            yield (
                OPERATOR,
                f"is raised together with Citus, from {old[CITUS]} to {new[CITUS]}: the security"
                " upgrade would load the new library, which refuses queries until ALTER EXTENSION",
                "raise the operator in a revision of its own, Citus in a later one",
            )


def _operator(
    was: tuple[int, ...], becomes: tuple[int, ...], old: dict[str, str], new: dict[str, str]
) -> Iterator[tuple[str, str, str]]:
    what = f"goes from StackGres {old[OPERATOR]} to {new[OPERATOR]}"
    if becomes < was:
        yield (
            OPERATOR,
            f"{what}: an older operator does not know what the newer one wrote",
            "keep the newer one",
        )
    elif becomes[0] != was[0] or becomes[1] - was[1] > MOST_MINORS:
        yield (
            OPERATOR,
            f"{what}: it takes {MOST_MINORS} minor releases at once at most",
            "go by a release between, with a security upgrade of the cluster after each",
        )


def _of(plan: PlanDocument) -> dict[str, str]:
    found: dict[str, str] = {}
    for resource in plan.resources.values():
        if resource.type == RELEASE and resource.inputs.get("name") == OPERATOR:
            found[OPERATOR] = str(resource.inputs.get("version", ""))
        elif resource.type == SHARDED_CLUSTER:
            postgres = resource.inputs.get("spec", {}).get("postgres", {})
            for extension in postgres.get("extensions", ()):
                if extension["name"] == CITUS:
                    found[CITUS] = str(extension.get("version", ""))
    return found
