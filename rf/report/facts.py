"""What is known of each stack at two revisions; each one's program and arithmetic speak for it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from rf.grow.chart_facts import ChartFacts, read_facts
from rf.grow.classify import GrowthStep, step_between
from rf.shared.plan_document import PlanDocument, PlanDocumentError, read_document
from rf.shared.project import PROJECT_ROOT
from rf.shared.revisions import Checkout, Ran, checked_out, run_all, stacks_of
from rf.shared.unchanged import unchanged_stacks

COMPARED: Mapping[str, tuple[str, ...]] = {
    "plan": ("preview", "--json"),
    "cost": ("cost", "--no-plan", "--json"),
}
"""What both revisions are asked about a stack; `--stack` is added."""

JUDGED: Mapping[str, tuple[str, ...]] = {
    "check": ("check", "--json"),
    "policy": ("policy", "--json"),
}
"""What the head is asked besides, where anything is said of a stack at all."""


@dataclass(frozen=True, kw_only=True)
class StackAnswer:
    """What a revision's command printed as JSON, or in one line why there is nothing."""

    document: Mapping[str, Any] | None = None
    failure: str = ""


@dataclass(frozen=True, kw_only=True)
class Margin:
    """The term nearest to its limit: share of the limit that is left, negative beyond it."""

    check: str
    term: str
    share: float
    passes: bool


@dataclass(frozen=True, kw_only=True)
class PolicyResult:
    """How many rules were looked at, and the lines of what breaks one."""

    rules: int
    broken: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class StackFacts:
    """Everything the report says of one stack. What is None is unknown, and says why."""

    stack: str
    step: GrowthStep | None
    base_failure: str = ""
    head_failure: str = ""
    new: bool = False
    gone: bool = False
    cost_before: Decimal | None = None
    cost_after: Decimal | None = None
    cost_failure: str = ""
    margin: Margin | None = None
    margin_failure: str = ""
    policy: PolicyResult | None = None
    policy_failure: str = ""

    @property
    def cost_differs(self) -> bool:
        """Whether the bill is another one than before."""
        return self.cost_before != self.cost_after and self.cost_before is not None

    @property
    def has_figures(self) -> bool:
        """Whether there is more to say than that nothing changes."""
        if self.gone:
            return False
        return self.step is None or bool(self.step.changes) or self.cost_differs


def gather(
    base: str, head: str, stack: str | None, repository: Path = PROJECT_ROOT
) -> tuple[StackFacts, ...]:
    """Ask both revisions about a stack, or about every stack that either has.

    No more is asked than is said: nothing where a stack's files are the same in both, and where
    its plan and bill are, neither for its checks nor for its policy.

    Raises RevisionError where a revision is unknown; one that fails is told in the facts.
    """
    with checked_out(base, repository) as before, checked_out(head, repository) as after:
        at_base, at_head = stacks_of(before), stacks_of(after)
        stacks = [stack] if stack is not None else sorted({*at_base, *at_head})
        same = unchanged_stacks(before, after)
        changed = [name for name in stacks if name in at_head and name not in same]
        sides = [("base", before, at_base), ("head", after, at_head)]
        # All plans before any bill: they take longest.
        answers = run_all(
            {
                f"{side} {what} {name}": _question(checkout, name, command)
                for what, command in COMPARED.items()
                for name in changed
                for side, checkout, there in sides
                if name in there
            }
        )
        facts = {name: StackFacts(stack=name, step=None, gone=True) for name in stacks}
        facts |= {name: _unchanged(name) for name in stacks if name in same}
        charts = read_facts(before.directory), read_facts(after.directory)
        facts |= {
            name: _compared(name, answers, charts, new=name not in at_base) for name in changed
        }
        answers = run_all(
            {
                f"{what} {name}": _question(after, name, command)
                for what, command in JUDGED.items()
                for name in changed
                if facts[name].has_figures
            }
        )
    return tuple(_judged(each, answers) if each.has_figures else each for each in facts.values())


def _question(
    checkout: Checkout, stack: str, command: Sequence[str]
) -> tuple[Checkout, Sequence[str]]:
    return checkout, (command[0], "--stack", stack, *command[1:])


def _unchanged(stack: str) -> StackFacts:
    return StackFacts(stack=stack, step=step_between(_nothing(stack), _nothing(stack)))


def _nothing(stack: str) -> PlanDocument:
    return PlanDocument(stack=stack, size="", resources={}, outputs={})


def _compared(
    stack: str, answers: Mapping[str, Ran], charts: tuple[ChartFacts, ChartFacts], *, new: bool
) -> StackFacts:
    before, base_failure = (None, "") if new else _plan(answers.get(f"base plan {stack}"))
    after, head_failure = _plan(answers.get(f"head plan {stack}"))
    step = None
    if after is not None and (new or before is not None):
        step = step_between(before or _nothing(stack), after, facts=charts)
    cost_before, _ = _cost(answers.get(f"base cost {stack}"))
    cost_after, cost_failure = _cost(answers.get(f"head cost {stack}"))
    return StackFacts(
        stack=stack,
        step=step,
        base_failure=base_failure,
        head_failure=head_failure,
        new=new,
        cost_before=cost_before,
        cost_after=cost_after,
        cost_failure=cost_failure,
    )


def _judged(facts: StackFacts, answers: Mapping[str, Ran]) -> StackFacts:
    margin, margin_failure = _margin(answers.get(f"check {facts.stack}"))
    policy, policy_failure = _policy(answers.get(f"policy {facts.stack}"))
    return replace(
        facts,
        margin=margin,
        margin_failure=margin_failure,
        policy=policy,
        policy_failure=policy_failure,
    )


def _plan(ran: Ran | None) -> tuple[PlanDocument | None, str]:
    if ran is None or ran.failure:
        return None, ran.failure if ran else "was not asked"
    try:
        return read_document(ran.output), ""
    except PlanDocumentError as error:
        return None, f"what it printed {error}"


def _answer(ran: Ran | None) -> StackAnswer:
    """The JSON object that a command printed."""
    if ran is None:
        return StackAnswer(failure="was not asked")
    if ran.failure:
        # Usage, a table of options and the reason: the last line is the one that says why.
        lines = [line.strip(" │╭╮╰╯─") for line in ran.failure.splitlines()]
        lines = [line for line in lines if line]
        return StackAnswer(failure=lines[-1] if lines else "failed")
    try:
        document = json.loads(ran.output)
    except ValueError:
        return StackAnswer(failure="printed no JSON")
    return (
        StackAnswer(document=document)
        if isinstance(document, Mapping)
        else StackAnswer(failure="no object")
    )


def _cost(ran: Ran | None) -> tuple[Decimal | None, str]:
    answer = _answer(ran)
    if answer.document is None:
        return None, answer.failure
    try:
        return Decimal(str(answer.document["total"]["atLoad"])), ""
    except (KeyError, TypeError, ArithmeticError):
        return None, "says no total"


def _margin(ran: Ran | None) -> tuple[Margin | None, str]:
    answer = _answer(ran)
    if answer.document is None:
        return None, answer.failure
    margins = [
        Margin(
            check=str(check["name"]),
            term=str(term["name"]),
            share=term["margin"] / term["limit"],
            passes=bool(term["passes"]),
        )
        for check in answer.document.get("checks", ())
        for term in check.get("terms", ())
        if term.get("limit") and term.get("margin") is not None
    ]
    if not margins:
        return None, "names no limit"
    # A term that fails comes first, however little it fails by.
    return min(margins, key=lambda each: (each.passes, each.share)), ""


def _policy(ran: Ran | None) -> tuple[PolicyResult | None, str]:
    answer = _answer(ran)
    if answer.document is None:
        return None, answer.failure
    try:
        broken = [
            f"{each['rule']} ({each['level']}): {each['resource']}: {each['message']}"
            for each in answer.document["violations"]
        ]
        broken += [
            f"{each['rule']}: {each['resource']}: its exception expired on {each['expired']}"
            for each in answer.document["expiredExceptions"]
        ]
        rules = len(answer.document["rules"])
    except (KeyError, TypeError):
        return None, "says neither rules nor violations"
    return PolicyResult(rules=rules, broken=tuple(broken)), ""
