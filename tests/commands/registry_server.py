"""Registries of the test's own on a loopback port: an index of charts, tags and images behind a
token."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from tests.loopback import listening

TOKEN = "given-to-anybody"
INDEX = "application/vnd.oci.image.index.v1+json"
PAGE = 2
"""Tags that one answer has at most."""


class Served:
    """What the registries have; `asked` are the paths in order. `images` are manifests by
    `image:tag`, `refused` the images that
    nobody is given, token or not, and `codes` what a path is answered with instead."""

    @dataclass(frozen=True, kw_only=True)
    class Image:
        """A manifest, and the digest that the registry says it has."""

        body: bytes
        kind: str = INDEX
        told: str | None = None

        @property
        def digest(self) -> str:
            return f"sha256:{hashlib.sha256(self.body).hexdigest()}"

    def put(self, image: str, *platforms: str, seed: str = "") -> str:
        """An image of several platforms under its tag and digest, which is returned."""
        listed = [
            dict(zip(("os", "architecture"), each.split("/"), strict=True)) for each in platforms
        ]
        body = json.dumps({"manifests": [{"platform": each} for each in listed], "seed": seed})
        made = Served.Image(body=body.encode())
        self.images[image] = self.images[f"{image.rpartition(':')[0]}:{made.digest}"] = made
        return made.digest

    def __init__(self) -> None:
        self.url = ""
        self.texts: dict[str, str] = {}
        self.tags: dict[str, list[str]] = {}
        self.images: dict[str, Served.Image] = {}
        self.refused: set[str] = set()
        self.codes: dict[str, int] = {}
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
        elif parts.path in self.served.codes:
            self._answer(self.served.codes[parts.path], self.served.texts.get(parts.path, ""))
        elif parts.path in self.served.texts:
            self._answer(200, self.served.texts[parts.path])
        elif "/manifests/" in parts.path:
            self._manifest(*parts.path.removeprefix("/v2/").split("/manifests/"))
        else:
            image = parts.path.removeprefix("/v2/").removesuffix("/tags/list")
            self._tags(image, int(query.get("from", "0")))

    def _tags(self, image: str, start: int) -> None:
        tags = self.served.tags.get(image)
        if tags is None:
            self._answer(404, "{}")
        elif self._asks_for_token():
            self._challenge()
        else:
            end = start + PAGE
            following = f'</v2/{image}/tags/list?from={end}>; rel="next"'
            links = {"Link": following} if end < len(tags) else {}
            self._answer(200, json.dumps({"name": image, "tags": tags[start:end]}), links)

    def _manifest(self, image: str, reference: str) -> None:
        found = self.served.images.get(f"{image}:{reference}")
        if self._asks_for_token() or image in self.served.refused:
            self._challenge()
        elif found is None:
            self._answer(404, json.dumps({"errors": [{"code": "MANIFEST_UNKNOWN"}]}))
        else:
            told = {"Content-Type": found.kind, "Docker-Content-Digest": found.told or found.digest}
            self._answer(200, found.body.decode(), told)

    def _asks_for_token(self) -> bool:
        return self.headers.get("Authorization") != f"Bearer {TOKEN}"

    def _challenge(self) -> None:
        realm = f"{self.served.url}/token"
        challenge = f'Bearer realm="{realm}",service="test",scope="repository:pull"'
        self._answer(401, "{}", {"WWW-Authenticate": challenge})

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
