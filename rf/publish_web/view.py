"""A publication as a table of what is uploaded and deleted, and its progress."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bars
from rich.table import Table

from rf.publish_web.publication import INVALIDATED_PATH, Progress, Publication
from rf.publish_web.store import Store
from rf.shared.terminal import print_json


def show(publication: Publication, store: Store | None, *, dry_run: bool, as_json: bool) -> None:
    """Print what was done, or with `dry_run` what would be: without a store, the first time."""
    if as_json:
        print_json(_document(publication, store, dry_run=dry_run))
        return
    console = Console()
    table = Table(box=None, header_style="bold")
    for column in ("", "file", "type", "cache-control"):
        table.add_column(column)
    for file in publication.uploads:
        table.add_row("upload", file.key, file.content_type, file.cache_control)
    for key in publication.deleted:
        table.add_row("delete", key, "", "")
    if publication.invalidates:
        table.add_row("invalidate", INVALIDATED_PATH, "", "")
    if table.row_count:
        console.print(table)
    else:
        console.print("This site is live already.")
    done = "Nothing was changed (dry run)." if dry_run else "Visitors get this site now."
    where = (
        f"s3://{store.bucket}, distribution {store.distribution_id}."
        if store
        else "No credentials for AWS: this is what a first publication does."
    )
    console.print(f"{where} {done}")


def _document(publication: Publication, store: Store | None, *, dry_run: bool) -> dict[str, Any]:
    return {
        "bucket": store.bucket if store else None,
        "distributionId": store.distribution_id if store else None,
        "dryRun": dry_run,
        "release": publication.release.name if publication.release else None,
        "uploaded": [
            {"key": f.key, "contentType": f.content_type, "cacheControl": f.cache_control}
            for f in publication.uploads
        ],
        "deleted": list(publication.deleted),
        "invalidated": [INVALIDATED_PATH] if publication.invalidates else [],
    }


@contextmanager
def bars() -> Iterator[Progress]:
    """Progress on stderr while somebody is watching."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bars(
        *columns, console=console, disable=not console.is_terminal, transient=True
    ) as display:
        task = display.add_task("publishing", total=None)

        def progress(step: str, done: int, total: int) -> None:
            display.update(task, description=step, completed=done, total=total)

        yield progress
