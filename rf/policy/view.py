"""What the policy pack's rules say of a stack: each rule, what breaks one, and exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from policy.rules import RULES
from policy.rules.shared.report import PolicyReport
from policy.rules.shared.rule import Level, Rule, Violation
from rf.shared.terminal import print_json

FORMAT = 1


def show(stack: str, size: str, report: PolicyReport, *, show_rules: bool, as_json: bool) -> None:
    """Print the report; JSON has every rule, whatever `show_rules` says."""
    if as_json:
        print_json(_document(stack, size, report))
    else:
        _show(stack, report, show_rules=show_rules)


def _document(stack: str, size: str, report: PolicyReport) -> dict[str, Any]:
    """The report as `--json` prints it; `rules` has every rule, `violations` what breaks one."""
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
