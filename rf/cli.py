"""The command line: every command; its options stand in its own folder."""

from __future__ import annotations

from collections.abc import Callable

import typer

from rf.advise.options import advise
from rf.cells.options import cells
from rf.check.options import checks
from rf.conform.options import conform
from rf.cost.options import cost
from rf.doctor.options import doctor
from rf.drill.options import drill
from rf.examples import examples
from rf.export.options import export
from rf.grow.options import grow
from rf.images.options import images
from rf.jobs.options import jobs
from rf.policy.options import policy
from rf.preflight.options import preflight
from rf.preview.options import preview
from rf.prices.options import prices
from rf.publish_web.options import publish_web
from rf.rehearse.options import rehearse
from rf.report.options import report
from rf.shared import lean_help
from rf.shared.option_errors import Commands
from rf.simulate.options import simulate
from rf.size.options import size
from rf.up.options import up

lean_help.load()

app = typer.Typer(
    name="rf",
    cls=Commands,
    help="ResearchFlow's infrastructure: plan it offline, try it in a sandbox, check it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

GROUPS: dict[str, dict[str, Callable[..., None] | typer.Typer]] = {
    "Look: what a stack is, costs and carries": {
        "preview": preview,
        "export": export,
        "cost": cost,
        "prices": prices,
        "size": size,
        "simulate": simulate,
        "cells": cells,
    },
    "Prove: that it carries its load, loses no data and keeps the rules": {
        "check": checks,
        "policy": policy,
        "grow": grow,
        "report": report,
        "drill": drill,
        "conform": conform,
    },
    "Deploy: on this machine first, then to an account": {
        "up": up,
        "rehearse": rehearse,
        "preflight": preflight,
        "images": images,
        "publish-web": publish_web,
    },
    "Operate: what runs": {
        "doctor": doctor,
        "advise": advise,
        "jobs": jobs,
    },
}
"""All commands, by what one wants; the help shows them so."""

for group, commands in GROUPS.items():
    for name, command in commands.items():
        if isinstance(command, typer.Typer):
            for inner in command.registered_commands:
                inner.epilog = examples(f"{name} {getattr(inner.callback, '__name__', '')}")
            app.add_typer(command, name=name, rich_help_panel=group, epilog=examples(name))
        else:
            app.command(name, rich_help_panel=group, epilog=examples(name))(command)


@app.callback()
def _root() -> None:
    """ResearchFlow's infrastructure: plan it offline, try it in a sandbox, check it."""
