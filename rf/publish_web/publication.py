"""One publication: what it will do, and doing it in an order that leaves one site whole.

Files with a hash in their name come first: no page asks for them yet. Then the release is recorded,
so that no later run takes its files for waste. Then the few files that may change under their name,
and index.html last: from there on visitors get the new site. If anything fails before that, the
files that changed under their name are taken back, and the old site is as it was. The one thing
that can't be undone is a kill in the short time between those files and index.html; the next run
completes it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from rf.publish_web.frontend import INDEX, FrontendFile
from rf.publish_web.releases import FrontendRelease, deletable, live_release, release_of
from rf.publish_web.store import PublishError, Store, Stored
from rf.shared.termination import begin, staying, uninterrupted

Progress = Callable[[str, int, int], None]
"""Told the step, how much of it is done, and how much there is."""

LIVE = "the new site, which visitors get; the next run does what is missing"
"""What stays of a run that is stopped after the switch."""

INVALIDATED_PATH = f"/{INDEX}"
"""The only file that the edge keeps under a name whose content changes; every route is served by
it."""

POLL_SECONDS = 5
LONGEST_WAIT_SECONDS = 900
"""An invalidation takes a minute or two; after a quarter of an hour something else is wrong."""


@dataclass(frozen=True, kw_only=True)
class Publication:
    """What a run would do. `release` None: this very site is live already."""

    hashed: Sequence[FrontendFile]
    replaced: Sequence[FrontendFile]
    index: FrontendFile
    release: FrontendRelease | None
    previous: FrontendRelease | None
    deleted: Sequence[str]

    @property
    def invalidates(self) -> bool:
        """Whether the edge has to forget index.html: of this run, or of one that was cut off."""
        return self.release is not None or not (self.previous and self.previous.invalidated)

    @property
    def uploads(self) -> list[FrontendFile]:
        """What is uploaded, in this order."""
        return [*self.hashed, *self.replaced, self.index] if self.release else []


def plan_publication(
    store: Store | None,
    files: Sequence[FrontendFile],
    *,
    grace: timedelta,
    now: datetime | None = None,
) -> Publication:
    """Compare the build with the bucket; without one, with an empty one.

    Raises PublishError where AWS refuses to show it, and where a file with a hash in its name has
    other content than the one already published: browsers would keep the old one for a year.
    """
    moment = now or datetime.now(UTC)
    objects = store.objects() if store else {}
    changed = sorted(
        file.key for file in files if file.hashed and _differs(objects.get(file.key), file)
    )
    if changed:
        raise PublishError(
            f"published already with other content, and kept by browsers for a year: "
            f"{', '.join(changed)}; the name must change with the content"
        )
    releases = store.releases(objects) if store else []
    index = next(file for file in files if file.key == INDEX)
    stored_index = objects.get(INDEX)
    live = live_release(
        releases,
        stored_index.digest if stored_index else None,
        stored_index.written if stored_index else None,
    )
    missing = [f for f in files if f.key != INDEX and _absent_or_other(objects.get(f.key), f)]
    fresh = release_of(files, moment)
    unchanged = live is not None and live.files == fresh.files and not missing
    after = live if unchanged and live else replace(fresh, live_since=moment)
    stored = {key: entry.written for key, entry in objects.items()}
    known = [live if live and r.name == live.name else r for r in releases]
    return Publication(
        hashed=[file for file in missing if file.hashed],
        replaced=[file for file in missing if not file.hashed],
        index=index,
        release=None if unchanged else fresh,
        previous=live,
        deleted=deletable(stored, known, after, moment, grace),
    )


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


def put_in_place(store: Store, publication: Publication, progress: Progress) -> FrontendRelease:
    """Upload and switch over; the release that is live afterwards.

    Raises PublishError, and then the old site stands as it was.
    """
    fresh, previous = publication.release, publication.previous
    if fresh is None:
        if previous is None:  # a plan without a release has a live one
            raise PublishError("there is nothing to publish and nothing published")
        return previous
    total = len(publication.uploads)
    with staying("files that no page asks for, which the next run uses or deletes"):
        for done, file in enumerate(publication.hashed):
            progress("uploading", done, total)
            store.put_file(file)
        if previous is not None:
            # With its date, which a run that was cut off may not have written.
            store.put_record(previous)
        store.put_record(fresh)
        _replace(
            store, publication, lambda n: progress("uploading", len(publication.hashed) + n, total)
        )
    with staying(LIVE):
        live = replace(fresh, live_since=datetime.now(UTC))
        store.put_record(live)
        progress("uploading", total, total)
    return live


def clean_up(store: Store, publication: Publication, progress: Progress) -> None:
    """Delete what no release within grace consists of. Raises PublishError."""
    total = len(publication.deleted)
    if total:
        progress("deleting", 0, total)
        store.delete(publication.deleted)
        progress("deleting", total, total)


def _replace(store: Store, publication: Publication, done: Callable[[int], None]) -> None:
    """The files that change under their name, index.html last: all of them or none."""
    index = publication.index
    written: list[tuple[str, str]] = []

    def take_back(_: None) -> None:
        # An answer that was lost on its way is no sign that index.html isn't in place.
        if not (len(written) == len(publication.replaced) and _is_in_place(store, index)):
            for key, version in reversed(written):
                store.take_back(key, version)

    begun = begin("what was replaced of the site", lambda: None, take_back)
    with begun:
        for number, file in enumerate([*publication.replaced, index]):
            done(number)
            # What was sent is noted, whatever comes meanwhile.
            with uninterrupted():
                written.append((file.key, store.put_file(file)))
        begun.keep()


def _is_in_place(store: Store, file: FrontendFile) -> bool:
    try:
        return store.digest_of(file.key) == file.digest
    except PublishError:
        return False


def _differs(stored: Stored | None, file: FrontendFile) -> bool:
    return stored is not None and stored.digest != file.digest


def _absent_or_other(stored: Stored | None, file: FrontendFile) -> bool:
    return stored is None or stored.digest != file.digest
