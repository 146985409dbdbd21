"""Requests as a client sends them, each on a connection of its own unless it is kept."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ADDRESS = "127.0.0.1"


class NoAnswerError(Exception):
    """No whole answer came; the text says what was seen."""


@dataclass(frozen=True, kw_only=True)
class WebRequest:
    """One request; `body` is sent as JSON unless it is None."""

    method: str = "GET"
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, kw_only=True)
class WebAnswer:
    """A whole answer. The names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def good(self) -> bool:
        """Whether the request was carried out."""
        return 200 <= self.status < 300


def send(port: int, request: WebRequest, seconds: float) -> WebAnswer:
    """Raises NoAnswerError where no whole answer comes in that time."""
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=seconds)
    try:
        return exchange(connection, request)
    finally:
        connection.close()


def exchange(connection: http.client.HTTPConnection, request: WebRequest) -> WebAnswer:
    """The same on a connection that stays open. Raises NoAnswerError."""
    headers = dict(request.headers)
    body = None
    if request.body is not None:
        body = json.dumps(request.body).encode()
        headers = {"Content-Type": "application/json", **headers}
    begun = time.monotonic()
    try:
        connection.request(request.method, request.path, body, headers)
        response = connection.getresponse()
        content = response.read()
    except (OSError, http.client.HTTPException) as error:
        after = time.monotonic() - begun
        raise NoAnswerError(f"{request} got no answer after {after:.1f} s: {error!r}") from error
    return WebAnswer(
        status=response.status,
        headers={name.lower(): value for name, value in response.getheaders()},
        body=content,
        seconds=time.monotonic() - begun,
    )
