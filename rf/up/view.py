"""A sandbox run as tables: what was created, what was read back, and what differs."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rf.shared.sandbox.comparisons import Check, ReadBack
from rf.shared.terminal import print_json
from rf.up.result import NEVER_SHOWN, KeptServer, SandboxResult

WIDEST_VALUE = 48
"""Characters of a property's values in a table; longer ones stand in `--json` alone."""


def show(result: SandboxResult, *, as_json: bool) -> None:
    """Print all of a run's results, differences last of the tables so that they aren't missed."""
    if as_json:
        print_json(result.to_json(), sort_keys=True)
        return
    console = Console()
    console.print(_created(result))
    console.print(_verified(result))
    _print_validated_only(console, result)
    _print_not_shown(console, result)
    _print_kubernetes(console, result)
    if result.differing:
        console.print(_differences(result))
    good = sum(check.status is ReadBack.OK for check in result.checks)
    state = "[red]differs from the plan[/]" if result.differing else "[green]as planned[/]"
    console.print(
        f"{result.plan.stack} ({result.plan.size}): {state}. {len(result.created)} resources, "
        f"{result.requests} requests, {good} of {len(result.checks)} checks fine, "
        f"{result.seconds:.0f} s"
    )
    if result.kept is not None:
        _print_kept(console, result.kept)


def _created(result: SandboxResult) -> Table:
    table = Table(title="Created in the emulator", title_justify="left")
    table.add_column("service")
    table.add_column("resources", justify="right")
    table.add_column("types")
    for service, types in result.created_by_service().items():
        names = ", ".join(f"{name} {count}" for name, count in sorted(types.items()))
        table.add_row(service, str(types.total()), names)
    return table


def _verified(result: SandboxResult) -> Table:
    table = Table(title="Read back and compared with the plan", title_justify="left")
    table.add_column("what")
    table.add_column("as planned", justify="right")
    table.add_column("found", overflow="fold")
    kinds: dict[str, list[Check]] = {}
    for check in result.checks:
        if check.status is not ReadBack.NOT_SHOWN:
            kinds.setdefault(check.kind, []).append(check)
    for kind, checks in sorted(kinds.items(), key=lambda item: item[0].lower()):
        good = sum(check.status is ReadBack.OK for check in checks)
        colour = "green" if good == len(checks) else "red"
        count = f"[{colour}]{good} of {len(checks)}[/]"
        table.add_row(kind, count, escape(_facts(checks)))
    return table


def _facts(checks: list[Check]) -> str:
    """Each property with what was found; one whose values are long by its name alone."""
    subjects: dict[str, list[Check]] = {}
    for check in checks:
        subjects.setdefault(check.subject, []).append(check)
    facts = [f"{subject}{_values(group)}" for subject, group in subjects.items()]
    return "; ".join(facts)


def _values(checks: list[Check]) -> str:
    """The values found, most frequent first, each with how often; nothing for unwieldy ones."""
    counts = Counter(_text(check.found) for check in checks)
    parts = [f"{value} x{count}" if count > 1 else value for value, count in counts.most_common()]
    text = ", ".join(parts)
    return f" {text}" if len(text) <= WIDEST_VALUE else ""


def _text(value: Any) -> str:
    match value:
        case True:
            return "yes"
        case False:
            return "no"
        case list():
            return f"[{', '.join(_text(item) for item in value)}]"
        case _:
            return str(value)


def _differences(result: SandboxResult) -> Table:
    table = Table(title="The world differs from the plan", title_justify="left", style="red")
    for column in ("what", "name", "property", "planned", "found"):
        table.add_column(column, overflow="fold")
    for check in result.differing:
        row = (check.kind, check.name, check.subject, _text(check.expected), _text(check.found))
        table.add_row(*(escape(cell) for cell in row))
    return table


def _print_validated_only(console: Console, result: SandboxResult) -> None:
    if not result.missing:
        return
    console.print("\n[bold]Validated only, the emulator has no such operation[/]")
    console.print("[dim]Each request passed the API's own model; nothing was created for it.[/]")
    for gap, count in sorted(result.missing.items()):
        times = f" x{count}" if count > 1 else ""
        console.print(f"  {gap.service} {gap.operation}{times}", highlight=False)


def _print_not_shown(console: Console, result: SandboxResult) -> None:
    console.print("\n[bold]Not shown by the emulator[/]")
    for kind, subject in result.hidden:
        console.print(f"  {kind}: {subject} (asked for, but not in the answer)", highlight=False)
    for text in result.simplified:
        console.print(f"  {text}", highlight=False)
    for limit in NEVER_SHOWN:
        console.print(f"  {limit}", highlight=False)


def _print_kubernetes(console: Console, result: SandboxResult) -> None:
    exported = result.exported
    console.print(
        f"\n[bold]Kubernetes[/]: {exported.count('kubernetes')} objects fit their schemas, and "
        f"the values of {exported.count('helm')} Helm charts, in {escape(str(exported.folder))}\n",
        soft_wrap=True,
        highlight=False,
    )


def _print_kept(console: Console, server: KeptServer) -> None:
    console.print("\n[bold]The server stays up.[/] To reach it:")
    for name, value in server.environment().items():
        console.print(f"  export {name}={value}", highlight=False, soft_wrap=True)
    console.print(f"To stop it: kill {server.pid}", highlight=False)
