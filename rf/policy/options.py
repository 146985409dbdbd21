"""`rf policy`: its options."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from rf.shared.command_line import AsJson, Overrides, Size, Stack, progress, reported


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
        from rf.policy.stack import stack_of
        from rf.policy.view import show
        from rf.shared.stacks import plan_of, settings_of

        today = datetime.now(UTC).date()
        exceptions = read_exceptions(FILE.read_text(encoding="utf-8"), today)
        settings = settings_of(stack, size=size, overrides=overrides or ())
        plan = plan_of(stack, size=size, overrides=overrides or ())
        judged = stack_of(plan, protects_data=settings.protect_data)
        report = policy_report(stack, judged, exceptions, today)
    show(stack, plan.size, report, show_rules=show_rules, as_json=as_json)
    raise typer.Exit(1 if report.fails else 0)
