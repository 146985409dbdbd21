"""A rehearsal that stays until it is told to stop, for whoever wants to look at it."""

from __future__ import annotations

import shlex
import signal
from typing import NoReturn

from rf.shared.engine.rehearsal import Rehearsal

_FORGOTTEN = "^(AWS_|PULUMI_|KUBE|HELM_)|_PROXY$"
"""Variables of the shell, in small or capital letters, by which its tools would find something real
or go another way than straight to this machine."""


def ways_to_look(rehearsal: Rehearsal, stack: str) -> tuple[str, ...]:
    """Commands for another shell, which the first of them leads to what stands."""
    file = rehearsal.folder / "environment"
    file.touch(mode=0o600)
    file.write_text(_environment(rehearsal), encoding="utf-8")
    return (
        f". {shlex.quote(str(file))}",
        f"pulumi -C {shlex.quote(str(rehearsal.work_folder(stack)))} stack --stack {stack}",
        "kubectl get all --all-namespaces",
        "aws rds describe-db-instances",
    )


def wait_for_the_signal() -> NoReturn:
    """Until Ctrl-C or another signal ends the command."""
    while True:
        signal.pause()


def _environment(rehearsal: Rehearsal) -> str:
    """For a shell: nothing of its own that leads to something real, and the way to what stands."""
    forgotten = f"unset none $(env | cut -d= -f1 | grep -iE '{_FORGOTTEN}')"
    path = f'PATH={shlex.quote(str(rehearsal.engine.parent))}:"$PATH"'
    variables = sorted(rehearsal.environment.items())
    given = [f"{name}={shlex.quote(value)}" for name, value in variables]
    return "\n".join([forgotten, *(f"export {each}" for each in (path, *given)), ""])
