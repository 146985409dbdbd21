"""The plan's guidance tables as text, and what our checks say at each step of its two paths."""

from __future__ import annotations

from collections.abc import Sequence

from scaleplan.capacity.checks import capacity_report
from scaleplan.capacity.result import CheckName
from scaleplan.catalog import load_catalog
from scaleplan.load import load_of_users
from scaleplan.model import Plan
from scaleplan.settings import Settings
from scaleplan.tables import HorizontalStep, VerticalStep

DATABASE_CHECKS = (
    CheckName.CONNECTIONS,
    CheckName.DATABASE_MEMORY,
    CheckName.DATABASE_STORAGE,
    CheckName.DATABASE_IO,
)
APPLICATION_CHECKS = (CheckName.REQUESTS, CheckName.QUEUE)

NOW_MADE = {"db.t3.medium": "db.t4g.medium", "db.r5.large": "db.r7g.large"} | {
    f"db.r5.{size}": f"db.r7g.{size}" for size in ("xlarge", "2xlarge")
}
"""The plan's classes as we run them: same size, processors of today (docs/plan-deviations.md)."""


def guidance(plan: Plan, medium: Settings) -> str:
    """Every guidance table in Markdown. `medium` is a stack of that size, which the steps vary."""
    indicators = plan.indicators
    parts = [
        "### When to scale vertically\n",
        _table(
            ("indicator", "action"), [(each.indicator, each.action) for each in indicators.vertical]
        ),
        "### When to scale horizontally\n",
        _table(
            ("indicator", "action"),
            [(each.indicator, each.action) for each in indicators.horizontal],
        ),
        "### The database's vertical path\n",
        _vertical(plan, medium),
        "### The applications' horizontal path\n",
        _horizontal(plan, medium),
        "### Decision matrix\n",
        _table(
            ("component", "vertical first", "horizontal first", "hybrid"),
            [
                (each.component, each.vertical_first, each.horizontal_first, each.hybrid)
                for each in plan.decision_matrix
            ],
        ),
    ]
    return "\n".join(parts)


def _vertical(plan: Plan, medium: Settings) -> str:
    steps = plan.vertical_path.steps
    ends = [step.from_concurrent_users for step in steps[1:]]
    rows = []
    for step, end in zip(steps, [*ends, None], strict=True):
        users = end or step.from_concurrent_users
        rows.append(
            (
                f"from {step.from_concurrent_users}",
                f"{step.instance_class} ({step.vcpus} vCPU, {step.memory_gb} GB)",
                NOW_MADE[step.instance_class],
                f"{users}",
                _said(_with_class(medium, step), users, plan, DATABASE_CHECKS),
            )
        )
    head = ("users", "the plan's class", "ours", "checked for", "the database's checks say")
    return _table(head, rows) + f"\nThen, the plan says: {plan.vertical_path.afterwards}.\n"


def _horizontal(plan: Plan, medium: Settings) -> str:
    path = plan.horizontal_path
    ends = [step.from_concurrent_users for step in path.steps[1:]]
    rows = []
    for step, users in zip(path.steps, [*ends, path.afterwards_from_concurrent_users], strict=True):
        verdicts = _said(_with_pods(medium, step), users, plan, APPLICATION_CHECKS)
        rows.append(
            (
                f"from {step.from_concurrent_users}",
                f"{step.orchestrators} orchestrators, {step.workers} workers",
                step.addition or "",
                f"{users}",
                verdicts,
            )
        )
    head = ("users", "the plan's pods", "added", "checked for", "the applications' checks say")
    last = f"from {path.afterwards_from_concurrent_users} users on: {path.afterwards}"
    return _table(head, rows) + f"\nThen, the plan says, {last}.\n"


def _said(settings: Settings, users: int, plan: Plan, names: Sequence[CheckName]) -> str:
    """The first of these checks that fails for so many users, or that all pass."""
    report = capacity_report(settings, load_of_users(plan, users, plan.assumed))
    for name in names:
        fault = report.result(name).fault
        if fault is not None:
            return (
                f"{name} fails: {fault.name} {fault.value:,.4g} of {fault.limit:,.4g} {fault.unit}"
            )
    return "pass"


def _with_class(medium: Settings, step: VerticalStep) -> Settings:
    name = load_catalog().for_architecture(NOW_MADE[step.instance_class], medium.architecture)
    changed = {"instance_class": name, "read_replicas": 0, "multi_az": False}
    database = medium.database.model_copy(update=changed)
    return medium.model_copy(update={"database": database})


def _with_pods(medium: Settings, step: HorizontalStep) -> Settings:
    return medium.model_copy(
        update={
            "orchestrator": medium.orchestrator.model_copy(
                update={"min_replicas": 1, "max_replicas": step.orchestrators}
            ),
            "worker": medium.worker.model_copy(
                update={"min_replicas": 1, "max_replicas": step.workers}
            ),
        }
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
