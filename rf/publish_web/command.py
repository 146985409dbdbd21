"""`python -m rf publish-web`: a built frontend into the stack's bucket, and the edge told of it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bars
from rich.table import Table

from rf.publish_web.errors import PublishError
from rf.publish_web.publication import (
    LIVE,
    Progress,
    Publication,
    clean_up,
    plan_publication,
    put_in_place,
)
from rf.publish_web.site import INDEX, read_site
from rf.publish_web.store import Store
from rf.publish_web.target import clients_of, store_of
from rf.shared.termination import staying
from scaleplan.settings import Settings

INVALIDATED_PATH = f"/{INDEX}"
"""The only file that the edge keeps under a name whose content changes; every route is served by
it."""

POLL_SECONDS = 5
LONGEST_WAIT_SECONDS = 900
"""An invalidation takes a minute or two; after a quarter of an hour something else is wrong."""


def run_publish(
    settings: Settings,
    directory: Path,
    *,
    grace_days: float,
    hashed: Sequence[str],
    dry_run: bool,
    as_json: bool,
) -> None:
    """The command. Raises SiteError for a directory that can't be published, PublishError for what
    AWS refuses."""
    files = read_site(directory, hashed)
    store = store_of(settings, clients_of(settings))
    publication = plan_publication(store, files, grace=timedelta(days=grace_days))
    if dry_run:
        show(publication, store, dry_run=True, as_json=as_json)
        return
    with _bars() as progress:
        publish(store, publication, progress)
    show(publication, store, dry_run=False, as_json=as_json)


def publish(
    store: Store,
    publication: Publication,
    progress: Progress,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Upload, switch, clean up, and have the edge forget the old index.html.

    What can't be deleted doesn't keep the edge from the new site: that error comes last.
    Raises PublishError.
    """
    live = put_in_place(store, publication, progress)
    failed: PublishError | None = None
    with staying(LIVE):
        try:
            clean_up(store, publication, progress)
        except PublishError as error:
            failed = error
        if publication.invalidates:
            _wait(store, store.invalidate(INVALIDATED_PATH, live.name), progress, sleep)
            store.put_record(replace(live, invalidated=True))
    if failed is not None:
        raise failed


def _wait(
    store: Store, invalidation: str, progress: Progress, sleep: Callable[[float], None]
) -> None:
    waited = 0
    while not store.invalidated(invalidation):
        if waited >= LONGEST_WAIT_SECONDS:
            raise PublishError(
                f"invalidation {invalidation} is not complete after {waited} s; the new site is in "
                "place, and index.html is asked for anew by each visit anyway"
            )
        progress("waiting for the edge (s)", waited, LONGEST_WAIT_SECONDS)
        sleep(POLL_SECONDS)
        waited += POLL_SECONDS


def show(publication: Publication, store: Store, *, dry_run: bool, as_json: bool) -> None:
    """Print what was done, or with `dry_run` what would be."""
    if as_json:
        sys.stdout.write(
            json.dumps(_document(publication, store, dry_run=dry_run), indent=1) + "\n"
        )
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
    console.print(f"s3://{store.bucket}, distribution {store.distribution_id}. {done}")


def _document(publication: Publication, store: Store, *, dry_run: bool) -> dict[str, Any]:
    return {
        "bucket": store.bucket,
        "distributionId": store.distribution_id,
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
def _bars() -> Iterator[Progress]:
    """Progress on stderr while somebody is watching."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bars(*columns, console=console, disable=not console.is_terminal, transient=True) as bars:
        task = bars.add_task("publishing", total=None)

        def progress(step: str, done: int, total: int) -> None:
            bars.update(task, description=step, completed=done, total=total)

        yield progress
