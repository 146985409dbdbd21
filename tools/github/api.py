"""The few calls of GitHub's REST API that comments and issues take."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

PAGE = 100
"""Entries a page, the most that GitHub gives (REST API, "Using pagination")."""

MOST_PAGES = 100
"""Pages that are read of one list; more of them is a mistake somewhere."""

SECONDS = 30
"""How long a call may take."""

BOT = "github-actions[bot]"
"""Author of what a workflow's own token writes (GitHub, "Automatic token authentication")."""


class GitHubError(Exception):
    """GitHub refused a call, or could not be reached; names the call, never the token."""


class GitHub:
    """One repository, reached with a job's token."""

    def __init__(self, repository: str, token: str, url: str = "https://api.github.com") -> None:
        """`repository` is OWNER/NAME, `url` what GITHUB_API_URL says."""
        self.repository = repository
        self._token = token
        self._url = urlsplit(url)

    def listed(self, path: str, **query: str) -> Iterator[Mapping[str, Any]]:
        """All entries of a list below the repository, page by page. Raises GitHubError."""
        for page in range(1, MOST_PAGES + 1):
            words = urlencode({**query, "per_page": str(PAGE), "page": str(page)})
            entries = self._call("GET", f"{path}?{words}")
            yield from entries
            if len(entries) < PAGE:
                return

    def post(self, path: str, **content: Any) -> Mapping[str, Any]:
        """Make something below the repository. Raises GitHubError."""
        return self._call("POST", path, content)

    def patch(self, path: str, **content: Any) -> Mapping[str, Any]:
        """Change something below the repository. Raises GitHubError."""
        return self._call("PATCH", path, content)

    def _call(self, method: str, path: str, content: Mapping[str, Any] | None = None) -> Any:
        secure = self._url.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(self._url.netloc, timeout=SECONDS)
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "User-Agent": "researchflow",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        body = None if content is None else json.dumps(content)
        whole = f"{self._url.path}/repos/{self.repository}/{path}"
        try:
            connection.request(method, whole, body, headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise GitHubError(f"{method} {path.partition('?')[0]}: {error}") from error
        finally:
            connection.close()
        if answer.status >= 300:
            raise GitHubError(f"{method} {path.partition('?')[0]}: HTTP {answer.status}")
        return json.loads(text)
