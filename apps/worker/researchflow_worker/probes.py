"""Answers the kubelet's probes, in a thread; the event loop says whether the process works."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import TimeoutError as NoAnswerError
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWER_SECONDS = 1.5
"""Less than a probe waits: a loop that takes longer hangs."""


class Probes(AbstractContextManager["Probes", None]):
    """Served in the `with` block, or until `stop_listening`."""

    def __init__(self, port: int) -> None:
        self.ready = False
        self._loop = asyncio.get_running_loop()
        self._server = ThreadingHTTPServer(("", port), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,))

    def __enter__(self) -> Probes:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_listening()

    def stop_listening(self) -> None:
        """Close the port. Does nothing the second time."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def status(self, path: str) -> int:
        """How a probe of this path is answered."""
        match path:
            case "/health/live":
                return 200 if self._loop_turns() else 503
            case "/health/ready":
                return 200 if self.ready and self._loop_turns() else 503
        return 404

    def _loop_turns(self) -> bool:
        async def turn() -> None:
            pass

        answer = asyncio.run_coroutine_threadsafe(turn(), self._loop)
        try:
            answer.result(ANSWER_SECONDS)
        except NoAnswerError:
            return False
        return True

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        probes = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status = probes.status(self.path)
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Probes come every few seconds: nothing to tell."""

        return Handler
