"""`rf publish-web`: its options."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from rf.shared.command_line import AsJson, Overrides, Size, Stack, reported


def publish_web(
    stack: Stack,
    directory: Annotated[
        Path, typer.Option("--dir", help="Directory of the built frontend, with its index.html.")
    ],
    size: Size = None,
    overrides: Overrides = None,
    *,
    hashed: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help="Files whose names change with their content, as assets/*; hashes that are plain "
            "to see in a name are found without it.",
        ),
    ] = None,
    grace_days: Annotated[
        float,
        typer.Option(min=0, max=3650, help="How long files of a replaced site are kept."),
    ] = 7,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Show what would be done, and do nothing; without credentials, the first time.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Publish a built frontend: visitors get the old site or the new one, never a mixture."""
    with reported():
        from rf.shared.stacks import settings_of

        settings = settings_of(stack, size=size, overrides=overrides or ())
        from rf.publish_web.frontend import read_frontend
        from rf.publish_web.publication import plan_publication, publish
        from rf.publish_web.store import CredentialsMissingError
        from rf.publish_web.target import clients_of, store_of
        from rf.publish_web.view import bars, show

        files = read_frontend(directory, hashed or ())
        try:
            store = store_of(settings, clients_of(settings))
        except CredentialsMissingError:
            if not dry_run:
                raise
            store = None
        publication = plan_publication(store, files, grace=timedelta(days=grace_days))
        if store and not dry_run:
            with bars() as progress:
                publish(store, publication, progress)
        show(publication, store, dry_run=dry_run, as_json=as_json)
