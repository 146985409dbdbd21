"""`rf policy`: the pack's rules over a stack's plan, without an engine."""
# ruff: noqa: PLC0415 - loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rf.shared.command_line import AsJson, Overrides, Size, Stack, progress, reported

if TYPE_CHECKING:
    from policy.rules.shared.report import PolicyReport
    from policy.rules.shared.rule import Rule, Violation

FORMAT = 1


def policy(
    stack: Stack,
    size: Size = None,
    overrides: Overrides = None,
    *,
    show_rules: Annotated[
        bool, typer.Option("--rules", help="Show every rule and how much it looked at.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Judge a stack's plan by the policy pack's rules, as `pulumi preview --policy-pack policy`.

    Exit code 1 where a mandatory rule is broken or an exception has expired.
    """
    with reported(), progress(f"Judging {stack}"):
        from policy.rules.shared.exceptions import FILE, read_exceptions
        from policy.rules.shared.report import policy_report
        from rf.policy.view import stack_of
        from rf.shared.stacks import plan_of, settings_of

        today = datetime.now(UTC).date()
        exceptions = read_exceptions(FILE.read_text(encoding="utf-8"), today)
        chosen = overrides or ()
        settings = settings_of(stack, size=size, overrides=chosen)
        plan = plan_of(stack, size=size, overrides=chosen)
        seen = stack_of(plan, protects_data=settings.protect_data)
        report = policy_report(stack, seen, exceptions, today)
    if as_json:
        sys.stdout.write(json.dumps(document(stack, plan.size, report), indent=1) + "\n")
    else:
        _show(stack, report, show_rules=show_rules)
    raise typer.Exit(1 if report.fails else 0)


def document(stack: str, size: str, report: PolicyReport) -> dict[str, Any]:
    """The report as `--json` prints it; `rules` has every rule, `violations` what breaks one."""
    from policy.rules import RULES

    return {
        "format": FORMAT,
        "stack": stack,
        "size": size,
        "passes": not report.fails,
        "rules": [_rule(rule, report.looked_at[rule.id]) for rule in RULES],
        "violations": [_violation(each) for each in report.violations],
        "excused": [
            {**_violation(each), "expires": cover.expires.isoformat(), "reason": cover.reason}
            for each, cover in report.excused
        ],
        "expiredExceptions": [
            {
                "rule": each.rule,
                "resource": each.resource,
                "expired": each.expires.isoformat(),
                "reason": each.reason,
            }
            for each in report.expired
        ],
    }


def _rule(rule: Rule, looked_at: int) -> Mapping[str, Any]:
    return {
        "id": rule.id,
        "layer": str(rule.layer),
        "level": str(rule.level),
        "fromSize": rule.from_size,
        "demand": rule.demand,
        "resources": looked_at,
    }


def _violation(violation: Violation) -> dict[str, Any]:
    return {
        "rule": violation.rule.id,
        "level": str(violation.rule.level),
        "resource": violation.resource.label,
        "urn": violation.resource.urn,
        "message": violation.message,
        "remedy": violation.rule.remedy,
    }


def _show(stack: str, report: PolicyReport, *, show_rules: bool) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from policy.rules import RULES
    from policy.rules.shared.rule import Level

    console = Console()
    if show_rules:
        table = Table("layer", "rule", "level", "from", "demand", "resources")
        for rule in RULES:
            count = str(report.looked_at[rule.id])
            table.add_row(rule.layer, rule.id, rule.level, rule.from_size, rule.demand, count)
        console.print(table)
    if report.violations:
        table = Table("rule", "resource", "what is wrong", "remedy")
        for column in table.columns:
            column.overflow = "fold"
        for each in report.violations:
            texts = (each.resource.label, each.message, each.rule.remedy)
            mark = "red" if each.rule.level is Level.MANDATORY else "yellow"
            rule = f"[{mark}]{each.rule.id}[/] ({each.rule.level})"
            table.add_row(rule, *(escape(text) for text in texts))
        console.print(table)
    for each, cover in report.excused:
        console.print(
            f"excused until {cover.expires}: {each.rule.id}: {escape(each.resource.label)}: "
            f"{escape(cover.reason)}"
        )
    for each in report.expired:
        console.print(f"[red]exception expired on {each.expires}[/]: {each.rule}: {each.resource}")
    judged = sum(1 for count in report.looked_at.values() if count)
    broken = len({each.rule.id for each in report.violations})
    console.print(
        f"{stack}: {len(RULES)} rules, {judged} of them with something to judge, {broken} broken"
    )
