"""A rehearsal that stays until it is told to stop, for whoever wants to look at it."""

from __future__ import annotations

import shlex
import signal
from typing import NoReturn

from rich.console import Console
from rich.text import Text

from rf.shared.engine.rehearsal import Rehearsal

_FORGOTTEN = "^(AWS_|PULUMI_|KUBE|HELM_)"
"""Variables of the shell by which its tools would find something real."""


def stand_until_stopped(stack: str, rehearsal: Rehearsal) -> NoReturn:
    """Say how to look at what stands, and wait for the signal that ends the command."""
    file = rehearsal.folder / "environment"
    file.touch(mode=0o600)
    file.write_text(_environment(rehearsal), encoding="utf-8")
    out = Console(stderr=True)
    for line in (
        "It stands until Ctrl-C. In another shell:",
        f"  . {shlex.quote(str(file))}",
        f"  pulumi -C {shlex.quote(str(rehearsal.work_folder(stack)))} stack --stack {stack}",
        "  kubectl get all --all-namespaces",
        "  aws rds describe-db-instances",
    ):
        out.print(Text(line), soft_wrap=True)
    while True:
        signal.pause()


def _environment(rehearsal: Rehearsal) -> str:
    """For a shell: nothing of its own that leads to something real, and the way to what stands."""
    forgotten = f"unset none $(env | cut -d= -f1 | grep -E '{_FORGOTTEN}')"
    path = f'PATH={shlex.quote(str(rehearsal.engine.parent))}:"$PATH"'
    variables = sorted(rehearsal.environment.items())
    given = [f"{name}={shlex.quote(value)}" for name, value in variables]
    return "\n".join([forgotten, *(f"export {each}" for each in (path, *given)), ""])
