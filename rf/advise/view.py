"""Advice for people: the rows that need a look, then each action as commands to copy."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rf.advise.advice import Advised
from rf.advise.documents import advice_document, moment
from rf.shared.terminal import print_json, terminal
from scaleplan.advice.findings import AdviceFinding, AdviceState
from scaleplan.advice.proposal import Change, Proposal
from scaleplan.capacity.result import number
from scaleplan.capacity.summary import load_line
from scaleplan.cost.bill import Bounds

WIDTH_OF_FILES = 190
"""Columns where the output is no terminal."""

_STYLES = {AdviceState.FINE: "green", AdviceState.DUE: "red", AdviceState.NOT_KNOWN: "yellow"}


def show(advised: Advised, *, show_all: bool, as_json: bool) -> None:
    """Print the table, the actions, and the counts."""
    if as_json:
        print_json(advice_document(advised), ensure_ascii=False)
        return
    console, advice = terminal(WIDTH_OF_FILES), advised.advice
    visible = [each for each in advice.findings if show_all or each.state is not AdviceState.FINE]
    if visible:
        console.print(_table(advised, visible))
    due = [each for each in advice.findings if each.state is AdviceState.DUE]
    for finding in due:
        _show_action(console, finding)
    if advice.together is not None:
        stack, project = advised.settings.stack, advised.settings.project
        console.print("[bold]To do[/]")
        for change in advice.together.changes:
            _say(console, f"  {_command(project, stack, change)}")
        _say(console, f"  {_outcome(advice.together)}, for {load_line(advised.load)}")
    counts = ", ".join(
        f"{advice.count(state)} {state}" for state in (AdviceState.DUE, AdviceState.FINE)
    )
    unknown = advice.count(AdviceState.NOT_KNOWN)
    hidden = "" if show_all or not advice.count(AdviceState.FINE) else " (--all shows what is fine)"
    _say(console, f"{advised.settings.stack}: {counts}, {unknown} not known{hidden}")


def _table(advised: Advised, findings: list[AdviceFinding]) -> Table:
    at = moment(advised.at)
    said = f"{advised.settings.stack} ({advised.settings.size}) by {advised.source}"
    table = Table(title=escape(f"{said}, {at}" if at else said), title_justify="left")
    for heading in ("part", "the plan's sign", "measure", "read", "in an hour", "limit", "", "why"):
        right = heading in {"read", "in an hour", "limit"}
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    for each in findings:
        reading = each.reading
        ahead = None if reading is None else reading.projected
        table.add_row(
            escape(each.component),
            escape(each.words.indicator),
            escape(_measure(each)),
            _measured(None if reading is None else reading.value, each.unit),
            _measured(ahead, each.unit),
            _measured(each.limit, each.unit),
            f"[{_STYLES[each.state]}]{each.state}[/]",
            escape(each.why),
        )
    return table


def _measure(finding: AdviceFinding) -> str:
    """What was read, and of which series the worst was."""
    if finding.question is None:
        return "the settings"
    labels = {} if finding.reading is None else finding.reading.labels
    which = ", ".join(f"{name} {value}" for name, value in sorted(labels.items()))
    return f"{finding.question.measure}: {which}" if which else str(finding.question.measure)


def _measured(value: float | None, unit: str) -> str:
    return "" if value is None else f"{number(value)} {escape(unit)}"


def _show_action(console: Console, finding: AdviceFinding) -> None:
    heading = f"{finding.component}: {finding.words.action}"
    proposal = finding.proposal
    if proposal is None:
        said = f"[bold]{escape(heading)}[/]: no setting does it; {escape(finding.why)}"
        console.print(said, highlight=False, soft_wrap=True)
        return
    console.print(f"[bold]{escape(heading)}[/] ({proposal.direction})", highlight=False)
    for position, change in enumerate(proposal.changes):
        along = "" if position < proposal.own else ", so that the checks pass"
        _say(console, f"  {change.key}: {_text(change.new)} (now {_text(change.old)}){along}")
    _say(console, f"  {_outcome(proposal)}")


def _outcome(proposal: Proposal) -> str:
    checks = "capacity checks pass"
    if proposal.faults:
        checks = "does NOT pass: " + "; ".join(proposal.faults)
    return f"{_cost(proposal.extra)}; {checks}"


def _cost(extra: Bounds) -> str:
    amount = f"{extra.at_load:+,.2f} USD a month"
    if extra.low == extra.high:
        return amount
    return (
        f"{amount} ({extra.low:+,.2f} with autoscalers at minimum, {extra.high:+,.2f} at maximum)"
    )


def _command(project: str, stack: str, change: Change) -> str:
    return f"pulumi config set --path '{project}:{change.key}' {_text(change.new)} --stack {stack}"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _say(console: Console, line: str) -> None:
    """On one line, so that a command can be copied whole."""
    console.print(escape(line), highlight=False, soft_wrap=True)
