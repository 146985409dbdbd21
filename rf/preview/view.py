"""A plan for people: the tree of components, what each holds, the outputs and the totals."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from rf.local.pulumi import PROVIDER
from rf.shared.plan import RecordedPlan, RecordedResource, redact
from rf.shared.secret_digests import digesting, handed_key
from rf.shared.terminal import terminal

_LONGEST_OUTPUT = 400
"""Characters of an output that are shown; `--json` has all of them."""


def print_plan(plan: RecordedPlan) -> None:
    """Print the plan as JSON; with digests of its secrets where this process was handed a key."""
    key = handed_key()
    sys.stdout.write(plan.to_json(digesting(key) if key else None))


def show_plan(plan: RecordedPlan, *, seconds: float, console: Console | None = None) -> None:
    """Print the plan; coloured only on a terminal."""
    console = terminal(console=console)
    console.print(_tree(plan))
    if plan.outputs:
        console.print()
        console.print(_outputs(plan.outputs))
    console.print()
    console.print(_totals(plan, seconds))


def _tree(plan: RecordedPlan) -> Tree:
    size = f" ({plan.size})" if plan.size else ""
    root = Tree(Text(f"{plan.project}-{plan.stack}{size}", style="bold"))
    providers = sorted(
        resource.name for resource in plan.resources if resource.type.startswith(PROVIDER)
    )
    if providers:
        root.add(Text.assemble(("providers  ", "bold"), (", ".join(providers), "dim")))
    above = _holders(plan)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    inner: dict[str, list[RecordedResource]] = defaultdict(list)
    for resource in plan.resources:
        if not resource.custom:
            inner[above[resource.urn]].append(resource)
        elif not resource.type.startswith(PROVIDER):
            counts[above[resource.urn]][_short(resource.type)] += 1
    order = _order(plan, above)

    def grow(branch: Tree, urn: str) -> None:
        for component in sorted(inner[urn], key=lambda each: (order[each.urn], each.urn)):
            grow(branch.add(_component(component, counts[component.urn])), component.urn)

    grow(root, "")
    if counts[""]:
        root.add(_counted(counts[""]))
    return root


def _holders(plan: RecordedPlan) -> dict[str, str]:
    """For each resource the URN of the nearest component above it; empty at the stack's root."""
    by_urn = {resource.urn: resource for resource in plan.resources}
    holders: dict[str, str] = {}
    for resource in plan.resources:
        urn = resource.parent
        while urn and by_urn[urn].custom:
            urn = by_urn[urn].parent
        holders[resource.urn] = urn
    return holders


def _order(plan: RecordedPlan, above: Mapping[str, str]) -> dict[str, int]:
    """How deep in the chain of dependencies each component ends: the order of deployment."""
    depths: dict[str, int] = {}
    for resource in plan.resources:
        depths[resource.urn] = 1 + max(
            (depths.get(urn, 0) for urn in resource.dependencies), default=0
        )
    ends = dict.fromkeys(depths, 0)
    for urn, depth in depths.items():
        holder = above[urn]
        while holder:
            ends[holder] = max(ends[holder], depth)
            holder = above[holder]
    return ends


def _component(resource: RecordedResource, counts: Counter[str]) -> RenderableType:
    title = Text.assemble((resource.name, "bold cyan"), "  ", (resource.type, "dim"))
    summary = redact(resource.inputs)
    if summary:
        title.append("  " + _facts(summary), style="green")
    return Group(title, _counted(counts)) if counts else title


def _facts(summary: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {_plain(value)}" for key, value in sorted(summary.items()))


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(_plain(item) for item in value)
    if isinstance(value, Mapping):
        return "(" + _facts(value) + ")"
    return str(value)


def _counted(counts: Counter[str]) -> Text:
    ordered = sorted(counts.items())
    return Text(", ".join(f"{count} {token}" if count > 1 else token for token, count in ordered))


def _short(token: str) -> str:
    """`aws:ec2/subnet:Subnet` as `ec2.Subnet`; `kubernetes:apps/v1:Deployment` as `Deployment`."""
    package, module, name = token.split(":", 2)
    if package == "aws":
        return f"{module.split('/')[0]}.{name}"
    return name if package == "kubernetes" else f"{package}.{name}"


def _outputs(outputs: Mapping[str, Any]) -> Table:
    table = Table(title="Outputs", title_justify="left", box=None, show_header=False)
    for key, value in sorted(redact(outputs).items()):
        text = _plain(value)
        if len(text) > _LONGEST_OUTPUT:
            text = f"{text[:_LONGEST_OUTPUT]}... ({len(text)} characters)"
        table.add_row(Text(key, style="bold"), Text(text))
    return table


def _totals(plan: RecordedPlan, seconds: float) -> Text:
    custom = [r for r in plan.resources if r.custom and not r.type.startswith(PROVIDER)]
    packages = Counter(resource.type.split(":")[0] for resource in custom)
    by_package = ", ".join(f"{count} {package}" for package, count in sorted(packages.items()))
    protected = sum(resource.protect for resource in custom)
    components = sum(not resource.custom for resource in plan.resources)
    return Text(
        f"{len(custom)} resources ({by_package}) in {components} components,"
        f" {protected} protected; planned in {seconds:.1f} s"
    )
