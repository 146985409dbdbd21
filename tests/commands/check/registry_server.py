"""Registries of the test's own on a loopback port: an index of charts, tags behind a token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from tests.loopback import listening

TOKEN = "given-to-anybody"
PAGE = 2
"""Tags that one answer has at most."""


class Served:
    """What the registries have; `asked` are the paths in order."""

    def __init__(self) -> None:
        self.url = ""
        self.texts: dict[str, str] = {}
        self.tags: dict[str, list[str]] = {}
        self.asked: list[str] = []


class Handler(BaseHTTPRequestHandler):
    """Answers from what `served` holds."""

    served: Served

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.served.asked.append(parts.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if parts.path == "/token":
            assert query == {"service": "test", "scope": "repository:pull"}
            self._answer(200, json.dumps({"token": TOKEN}))
        elif parts.path in self.served.texts:
            self._answer(200, self.served.texts[parts.path])
        else:
            image = parts.path.removeprefix("/v2/").removesuffix("/tags/list")
            self._tags(image, int(query.get("from", "0")))

    def _tags(self, image: str, start: int) -> None:
        tags = self.served.tags.get(image)
        if tags is None:
            self._answer(404, "{}")
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
            realm = f"{self.served.url}/token"
            challenge = f'Bearer realm="{realm}",service="test",scope="repository:pull"'
            self._answer(401, "{}", {"WWW-Authenticate": challenge})
        else:
            end = start + PAGE
            following = f'</v2/{image}/tags/list?from={end}>; rel="next"'
            links = {"Link": following} if end < len(tags) else {}
            self._answer(200, json.dumps({"name": image, "tags": tags[start:end]}), links)

    def _answer(self, code: int, text: str, headers: dict[str, str] | None = None) -> None:
        body = text.encode()
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """No line a request on stderr."""


@contextmanager
def registry_server() -> Iterator[Served]:
    """The registries while the block runs."""
    found = Served()

    class Own(Handler):
        served = found

    with listening(Own) as server:
        found.url = f"http://127.0.0.1:{server.server_port}"
        yield found
