"""The record of releases: which files each consists of, and from when on visitors got it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rendering.edge.static_bucket_policy import RELEASES_PREFIX
from rf.publish_web.frontend import INDEX, FrontendFile

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class FrontendRelease:
    """One version of the site.

    `live_since` None: its index.html was never put in place. `invalidated`: the edge has forgotten
    the index.html before it.
    """

    name: str
    created: datetime
    live_since: datetime | None
    files: Mapping[str, str]
    """Digest by key."""
    invalidated: bool = False

    @property
    def key(self) -> str:
        """Where the record stands in the bucket."""
        return f"{RELEASES_PREFIX}{self.name}.json"

    def to_json(self) -> str:
        """The record's text."""
        return json.dumps(
            {
                "format": FORMAT,
                "created": self.created.isoformat(),
                "liveSince": self.live_since.isoformat() if self.live_since else None,
                "invalidated": self.invalidated,
                "files": dict(sorted(self.files.items())),
            },
            indent=1,
        )

    @classmethod
    def from_json(cls, key: str, text: str) -> FrontendRelease:
        """The release of a record. Raises ValueError for a text that is none."""
        try:
            document: dict[str, Any] = json.loads(text)
            if document["format"] != FORMAT:
                raise ValueError(f"{key} has format {document['format']}, not {FORMAT}")
            since = document["liveSince"]
            return cls(
                name=key.removeprefix(RELEASES_PREFIX).removesuffix(".json"),
                created=datetime.fromisoformat(document["created"]),
                live_since=datetime.fromisoformat(since) if since else None,
                files=dict(document["files"]),
                invalidated=bool(document["invalidated"]),
            )
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"{key} is no record of a release: {error}") from error


def release_of(files: Iterable[FrontendFile], now: datetime) -> FrontendRelease:
    """A new release of these files, not live yet."""
    digests = {file.key: file.digest for file in files}
    name = f"{now.astimezone(UTC):%Y%m%dT%H%M%S%fZ}-{digests[INDEX][:8]}"
    return FrontendRelease(name=name, created=now, live_since=None, files=digests)


def live_release(
    releases: Sequence[FrontendRelease], index_digest: str | None, index_since: datetime | None
) -> FrontendRelease | None:
    """The release that visitors get: the newest whose index.html is the one in the bucket.

    One that never went live may have the same index.html as the one that did, so a date comes
    first. A run that was cut off after it had put index.html in place left none; `index_since`,
    when that object was written, is it.
    """
    with_index = [r for r in releases if r.files.get(INDEX) == index_digest]
    if index_digest is None or not with_index:
        return None
    newest = max(with_index, key=lambda r: (r.live_since is not None, r.live_since or r.created))
    return newest if newest.live_since else replace(newest, live_since=index_since)


def expired_releases(
    releases: Sequence[FrontendRelease], live: FrontendRelease, now: datetime, grace: timedelta
) -> list[FrontendRelease]:
    """Releases that no open page can be of: replaced, or given up, longer than `grace` ago."""
    expired = []
    for release in releases:
        if release.name == live.name:
            continue
        since = release.live_since
        if since is None:
            ended = release.created
        else:
            later = [
                other.live_since
                for other in (*releases, live)
                if other.live_since is not None and other.live_since > since
            ]
            ended = min(later, default=now)
        if now - ended > grace:
            expired.append(release)
    return expired


def deletable(
    stored: Mapping[str, datetime],
    releases: Sequence[FrontendRelease],
    live: FrontendRelease,
    now: datetime,
    grace: timedelta,
) -> list[str]:
    """Keys to delete: what no release within grace consists of, and is itself older than grace.

    `stored` says when each object was written; a file that came in otherwise than by a release
    gets the same grace.
    """
    expired = expired_releases(releases, live, now, grace)
    gone = {release.name for release in expired}
    needed = {key for r in (*releases, live) if r.name not in gone for key in r.files}
    files = [
        key
        for key, written in stored.items()
        if key not in needed and not key.startswith(RELEASES_PREFIX) and now - written > grace
    ]
    return sorted([*files, *(release.key for release in expired)])
