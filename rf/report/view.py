"""The comment's text: a verdict a stack, what endangers data first, then figures, then details."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from policy.rules.shared.secret_forms import masked
from rf.cost.view import usd
from rf.grow.classify import NOT_COMPARED, GrowthStep, Kind, ResourceChange
from rf.report.facts import StackFacts
from rf.report.markdown import code, folded, plain, size_of, table

MARKER = "<!-- researchflow: report -->"
"""First line, by which a workflow finds the comment that it made before."""

MOST_BYTES = 60_000
"""Of the whole text: GitHub refuses a comment of more than 65,536 characters."""

MOST_FINDINGS = 50
"""Listed in full; further ones are counted."""

UPDATES = (Kind.IN_PLACE, Kind.RESTART, Kind.ACTION, Kind.PROMOTE, Kind.CANNOT, Kind.MOVE)


def show(base: str, head: str, stacks: Sequence[StackFacts]) -> None:
    """Print the comment."""
    sys.stdout.write(report_text(base, head, stacks))


def report_text(base: str, head: str, stacks: Sequence[StackFacts]) -> str:
    """The whole comment, under the limit: details are left out from the end, and that is said."""
    top = [MARKER, f"# ResearchFlow: {plain(base)} → {plain(head)}", ""]
    heads = [_head(facts) for facts in stacks]
    fixed = "\n".join([*top, *heads])
    left = MOST_BYTES - size_of(fixed) - 1_000 * len(stacks)
    parts = list(top)
    for facts, text in zip(stacks, heads, strict=True):
        parts.append(text)
        blocks, omitted = _fitting(facts, left)
        left -= sum(size_of(block) + 2 for block in blocks)
        parts += blocks
        if omitted:
            parts.append(_left_out(facts, omitted, base))
    return "\n\n".join(part for part in parts if part) + "\n"


def at_risk(stacks: Sequence[StackFacts]) -> bool:
    """Whether data is at risk somewhere, or a head can't be planned, so that nobody knows."""
    return any(
        facts.head_failure or (facts.step is not None and not facts.step.safe) for facts in stacks
    )


def _head(facts: StackFacts) -> str:
    """What is said of a stack in any case: verdict, risks, counts and figures."""
    lines = [f"## {plain(facts.stack)}: {_verdict(facts)}", ""]
    if facts.gone:
        return "\n".join(lines)
    for what, failure in (("base", facts.base_failure), ("head", facts.head_failure)):
        if failure:
            lines += [f"The {what} revision can't be planned:", "", *_block(failure), ""]
    if facts.step is not None:
        lines += _risks(facts.step)
    if facts.has_figures:
        lines += _figures(facts)
    return "\n".join(lines)


def _verdict(facts: StackFacts) -> str:
    """One line: what someone must know who reads no further."""
    if facts.gone:
        return "its file is gone; what it deployed stays until it is destroyed"
    if facts.head_failure:
        return "**the head can't be planned**"
    if facts.step is None:
        return "nothing to compare with: the base can't be planned"
    return _verdict_of(facts.step, facts)


def _verdict_of(step: GrowthStep, facts: StackFacts) -> str:
    if step.findings:
        count = len(step.findings)
        return f"**data at risk: {count} finding{'s' if count > 1 else ''}**"
    if facts.new:
        return "a new stack"
    if not step.changes:
        return "no change of a resource" if facts.cost_differs else "no change"
    interrupted = step.count(Kind.RESTART)
    return f"no data at risk{f', {interrupted} interrupted' if interrupted else ''}"


def _risks(step: GrowthStep) -> list[str]:
    lines = [
        f"- **{plain(each.resource)}**: {plain(each.what)}. Instead: {plain(each.remedy)}."
        for each in step.findings[:MOST_FINDINGS]
    ]
    further = len(step.findings) - MOST_FINDINGS
    if further > 0:
        lines.append(f"- and {further} further findings, which `rf grow` lists")
    interrupted = [
        f"- {plain(change.name)} is interrupted: {plain(change.outage)}"
        + (f" (window {change.window} UTC)" if change.window else "")
        for change in step.changes
        if change.kind is Kind.RESTART and change.stateful
    ]
    actions = [
        f"- {plain(change.name)}, before it is deployed: {code(command, len(command))}"
        for change in step.changes
        for command in change.actions
    ]
    charts = [f"- chart {plain(str(each))}; `rf grow` has the order" for each in step.charts]
    all_lines = [*lines, *interrupted, *actions, *charts]
    return [*all_lines, ""] if all_lines else []


def _figures(facts: StackFacts) -> list[str]:
    rows: list[list[str]] = []
    if facts.step is not None:
        step = facts.step
        updates = sum(step.count(kind) for kind in UPDATES)
        rows.append(
            [
                "resources",
                f"{step.count(Kind.CREATE)} create, {updates} update,"
                f" {step.count(Kind.REPLACE)} replace, {step.count(Kind.DELETE)} delete",
            ]
        )
        if not step.secrets_compared:
            rows.append(["secrets", plain(NOT_COMPARED)])
    rows += [
        ["cost a month, USD", _cost(facts)],
        ["smallest capacity margin", _margin(facts)],
        ["policy", _policy(facts)],
    ]
    return [*table(["", ""], rows), ""]


def _cost(facts: StackFacts) -> str:
    before, after = facts.cost_before, facts.cost_after
    if after is None:
        return f"unknown: {plain(facts.cost_failure)}"
    if before is None:
        return f"{usd(after)} (before: unknown)" if not facts.new else usd(after)
    change = (after - before).quantize(Decimal("0.01"))
    return f"{usd(before)} → {usd(after)} ({change:+,})" if change else f"{usd(after)}, as before"


def _margin(facts: StackFacts) -> str:
    margin = facts.margin
    if margin is None:
        return f"unknown: {plain(facts.margin_failure)}"
    where = f"{plain(margin.check)}: {plain(margin.term)}"
    if not margin.passes:
        return f"**fails** by {-margin.share:.0%} of its limit ({where})"
    return f"{margin.share:.0%} of its limit left ({where})"


def _policy(facts: StackFacts) -> str:
    policy = facts.policy
    if policy is None:
        return f"unknown: {plain(facts.policy_failure)}"
    if not policy.broken:
        return f"clean, {policy.rules} rules"
    violations = "; ".join(plain(line) for line in policy.broken[:5])
    further = len(policy.broken) - 5
    return f"**{len(policy.broken)} broken**: {violations}" + (
        f"; {further} more" if further > 0 else ""
    )


def _block(text: str) -> list[str]:
    """Text as it is, indented: nothing in it can end the block. Secrets that it holds are not."""
    return [f"    {line}" for line in masked(text).splitlines()]


def _fitting(facts: StackFacts, budget: int) -> tuple[list[str], int]:
    """The layers' details that fit into the budget, and how many changes don't."""
    if facts.step is None:
        return [], 0
    blocks: list[str] = []
    omitted = 0
    for layer, changes in _by_layer(facts.step):
        count, block = len(changes), ""
        # Half as many, until they fit: a huge layer is shown in part, and says so.
        while count:
            block = _details(layer, changes, count)
            if size_of(block) + 2 <= budget:
                break
            count //= 2
        if count:
            blocks.append(block)
            budget -= size_of(block) + 2
        omitted += len(changes) - count
    return blocks, omitted


def _by_layer(step: GrowthStep) -> Iterator[tuple[str, list[ResourceChange]]]:
    for layer in sorted({change.layer for change in step.changes}):
        changes = [change for change in step.changes if change.layer == layer]
        # What holds data first, so that it is the last to be left out.
        yield layer, sorted(changes, key=lambda each: (not each.stateful, each.name, each.type))


def _details(layer: str, changes: Sequence[ResourceChange], most: int) -> str:
    counts = Counter(str(change.kind) for change in changes)
    summary = f"{layer}: {', '.join(f'{count} {kind}' for kind, count in sorted(counts.items()))}"
    rows = [row for change in changes[:most] for row in _rows(change)]
    lines = table(["resource", "what", "property", "old", "new"], rows)
    if most < len(changes):
        lines += ["", f"{len(changes) - most} more of this layer are left out."]
    return folded(summary, lines)


def _rows(change: ResourceChange) -> Iterator[list[str]]:
    mark = "⚠ " if change.stateful else ""
    what = plain(str(change.kind))
    if not change.properties:
        yield [f"{mark}{code(change.name)}", what, code(change.type), "", ""]
    for position, each in enumerate(change.properties):
        follows = f" (follows {plain(each.change.follows)})" if each.change.follows else ""
        yield [
            f"{mark}{code(change.name)}" if not position else "",
            what if not position else "",
            code(each.change.path) + follows,
            code(each.change.old),
            code(each.change.new),
        ]


def _left_out(facts: StackFacts, omitted: int, base: str) -> str:
    return (
        f"{omitted} of {len(facts.step.changes) if facts.step else 0} changes are left out, because"
        f" a comment holds {MOST_BYTES:,} bytes. All of them:"
        f" {code(f'python -m rf grow --stack {facts.stack} --base {base}')}"
    )
