"""A GitHub of the test's own on a loopback port: pull requests, comments and issues in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.loopback import listening
from tools.github.api import BOT, GitHub

REPOSITORY = "team/researchflow"
TOKEN = "seeded-token"


class Stood:
    """What stands there, and what was asked: `writes` holds method, path and content in order."""

    def __init__(self) -> None:
        self.pulls: list[dict[str, Any]] = []
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.issues: list[dict[str, Any]] = []
        self.writes: list[tuple[str, str, dict[str, Any]]] = []
        self.refuse = 0

    def add_pull(self, number: int, owner: str, branch: str, head: str, base: str = "main") -> None:
        head_of = {"ref": branch, "sha": head, "label": f"{owner}:{branch}"}
        self.pulls.append({"number": number, "head": head_of, "base": {"ref": base}})

    def add_comment(self, number: int, body: str, login: str = BOT) -> int:
        entries = self.comments.setdefault(number, [])
        identity = 1000 * number + len(entries)
        entries.append({"id": identity, "body": body, "user": {"login": login}})
        return identity

    def read(self, path: str, query: dict[str, str]) -> list[dict[str, Any]] | None:
        if path == "pulls":
            found = [
                each
                for each in self.pulls
                if each["head"]["label"] == query["head"] and each["base"]["ref"] == query["base"]
            ]
        elif path == "issues":
            found = [each for each in self.issues if each["state"] == query["state"]]
        elif path.startswith("issues/") and path.endswith("/comments"):
            found = self.comments.get(int(path.split("/")[1]), [])
        else:
            return None
        start = (int(query["page"]) - 1) * int(query["per_page"])
        return found[start : start + int(query["per_page"])]

    def write(self, method: str, path: str, content: dict[str, Any]) -> dict[str, Any]:
        self.writes.append((method, path, content))
        parts = path.split("/")
        if method == "POST" and path == "issues":
            made = {"number": len(self.issues) + 1, "state": "open", "user": {"login": BOT}}
            self.issues.append(made | content)
            return self.issues[-1]
        if method == "POST":
            self.add_comment(int(parts[1]), content["body"])
            return {}
        if parts[1] == "comments":
            known = [each for entries in self.comments.values() for each in entries]
        else:
            known = self.issues
        key = "id" if parts[1] == "comments" else "number"
        (entry,) = [each for each in known if each[key] == int(parts[-1])]
        entry.update(content)
        return entry


@contextmanager
def serving(stood: Stood) -> Iterator[GitHub]:
    """The client of a server that answers from `stood`, until the context ends."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            url = urlsplit(self.path)
            path = url.path.removeprefix(f"/api/repos/{REPOSITORY}/")
            length = int(self.headers.get("Content-Length") or 0)
            content = json.loads(self.rfile.read(length)) if length else {}
            status: int = stood.refuse or 200
            answer: Any = {"message": "no"}
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                status = 401
            elif status == 200 and self.command == "GET":
                answer = stood.read(path, dict(parse_qsl(url.query)))
                status = 404 if answer is None else 200
            elif status == 200:
                answer = stood.write(self.command, path, content)
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = _answer  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with listening(Handler) as server:
        yield GitHub(REPOSITORY, TOKEN, f"http://127.0.0.1:{server.server_port}/api")
