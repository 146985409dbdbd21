"""Addresses that lead to another server, as a name does that was moved, or to none at all; no name
here can be."""

from __future__ import annotations

import select
import socket
import socketserver
import threading
from contextlib import ExitStack, suppress

_BYTES = 65536

_LOOK_SECONDS = 0.05
"""How often a server here looks whether it is to stop."""


def start_relay(stack: ExitStack, here: tuple[str, int], there: tuple[str, int]) -> None:
    """Take connections at `here`, where nobody listens any more, and pass each on to `there`.

    Leaving `stack` stops it and ends what it carries. Raises OSError when `here` is taken.
    """
    carried: set[socket.socket] = set()
    stopped = threading.Event()

    class Carry(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            client: socket.socket = self.request
            # A server that is gone, or goes, ends its client's connection, as without us.
            with suppress(OSError), socket.create_connection(there) as server:
                ends = {client: server, server: client}
                carried.update(ends)
                while not stopped.is_set() and _passed_on(ends):
                    pass
                carried.difference_update(ends)

    class Relay(socketserver.ThreadingTCPServer):
        # Connections of the server that died are still waiting for their peers to forget them.
        allow_reuse_address = True

    relay = Relay(here, Carry)
    accepting = threading.Thread(target=relay.serve_forever, args=(_LOOK_SECONDS,), daemon=True)
    accepting.start()

    def stop() -> None:
        relay.shutdown()
        accepting.join()
        stopped.set()
        for each in tuple(carried):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        # Waits for the threads of all connections.
        relay.server_close()

    stack.callback(stop)


class Turnstile:
    """Counts who came to an address where nobody is served."""

    def __init__(self) -> None:
        self.came = 0


def start_turnstile(stack: ExitStack, here: tuple[str, int]) -> Turnstile:
    """Take connections at `here`, where nobody listens any more, and end each at once.

    Leaving `stack` stops it. Raises OSError when `here` is taken.
    """
    turnstile = Turnstile()

    class TurnAway(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            turnstile.came += 1

    class Door(socketserver.TCPServer):
        allow_reuse_address = True
        request_queue_size = 128

    door = Door(here, TurnAway)
    accepting = threading.Thread(target=door.serve_forever, args=(_LOOK_SECONDS,), daemon=True)
    accepting.start()

    def stop() -> None:
        door.shutdown()
        accepting.join()
        door.server_close()

    stack.callback(stop)
    return turnstile


def _passed_on(ends: dict[socket.socket, socket.socket]) -> bool:
    """Whether both sides are there; waits until one says something. Raises OSError like them."""
    for source in select.select(list(ends), [], [])[0]:
        read = source.recv(_BYTES)
        if not read:
            return False
        ends[source].sendall(read)
    return True
