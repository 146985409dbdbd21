"""`rf export`: its options."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rf.shared.command_line import Overrides, Size, Stack, progress, reported


def export(
    stack: Stack,
    out: Annotated[Path, typer.Option(help="Directory to write; new, empty or an earlier export.")],
    size: Size = None,
    overrides: Overrides = None,
) -> None:
    """Write the Kubernetes objects, Helm values, pgbouncer.ini and the plan as files."""
    with reported(), progress(f"Exporting {stack}"):
        from rf.export.writer import check_directory, write_export
        from rf.shared.stacks import plan_of

        check_directory(out)
        written = write_export(plan_of(stack, size=size, overrides=overrides or ()), out)
    typer.echo(f"{len(written)} files in {out}")
