"""`python -m tools.approval keep|compare`, for the workflow that deploys (docs/deployment.md)."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tools.approval.plan import Plan, PlannedOperation, ciphertexts, differences, plan_of
from tools.approval.stack import PulumiError, StackCommands

AGAIN = "Nothing was changed. Re-run all jobs of the deployment: its new preview is to be approved."

SHOWN = 50
"""Differences that are listed; of more only the number."""


class NotApprovedError(Exception):
    """What was approved is not what would be deployed; says why."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 done or the same, 1 refused or Pulumi failed, 2 bad usage."""
    asked = parser().parse_args(arguments)
    stack = StackCommands(asked.stack)
    try:
        if asked.command == "keep":
            stack.seal(json.dumps(_approval(stack, asked)), asked.approval)
            return 0
        _compare(stack, asked)
    except PulumiError as error:
        return _failed(str(error))
    except NotApprovedError as reason:
        return _failed(f"{reason}\n{AGAIN}")
    sys.stdout.write("this is what was approved\n")
    return 0


def parser() -> argparse.ArgumentParser:
    """The options of both commands."""
    whole = argparse.ArgumentParser(prog="python -m tools.approval", description=__doc__)
    commands = whole.add_subparsers(dest="command", required=True)
    keep = commands.add_parser("keep", help="keep the plan that is to be approved")
    keep.add_argument("--to", type=Path, required=True, dest="approval", metavar="FILE")
    compare = commands.add_parser("compare", help="whether a plan is the one that was kept")
    compare.add_argument("--with", type=Path, required=True, dest="approval", metavar="FILE")
    for each in (keep, compare):
        each.add_argument("--stack", required=True)
        each.add_argument("--commit", required=True)
        each.add_argument("--plan", type=Path, required=True, help="what --save-plan wrote")
    return whole


def _compare(stack: StackCommands, asked: argparse.Namespace) -> None:
    if not asked.approval.is_file():
        raise NotApprovedError(
            "the approved plan is gone: it is kept for a day, and until the first deployment of it"
        )
    approved = json.loads(stack.unseal(asked.approval))
    now = _approval(stack, asked)
    for key, what in (("stack", "stack"), ("commit", "commit")):
        if approved[key] != now[key]:
            raise NotApprovedError(f"{approved[key]} was approved, which is another {what}")
    if approved["state"] != now["state"]:
        raise NotApprovedError("the stack has been changed since the preview: its state is another")
    found = differences(_plan(approved), _plan(now))
    if found:
        more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
        lines = "\n".join(f"  {each}" for each in [*found[:SHOWN], *more])
        raise NotApprovedError(f"the plan is not the one that was approved:\n{lines}")


def _approval(stack: StackCommands, asked: argparse.Namespace) -> dict[str, Any]:
    """What an approval is of."""
    written = json.loads(asked.plan.read_text(encoding="utf-8"))
    plan = plan_of(written, stack.decrypted(ciphertexts(written)))
    return {
        "stack": asked.stack,
        "commit": asked.commit,
        "state": stack.state(),
        "plan": {urn: each.to_json() for urn, each in plan.items()},
    }


def _plan(approval: dict[str, Any]) -> Plan:
    return {urn: PlannedOperation.from_json(each) for urn, each in approval["plan"].items()}


def _failed(message: str) -> int:
    sys.stderr.write(f"{message}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
