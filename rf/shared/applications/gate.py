"""The way to a server, which can be closed: for whoever goes through it, the server is away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from rf.shared.servers.processes import free_port
from rf.shared.servers.relay import Turnstile, start_relay, start_turnstile


class Gate:
    """One port at each of these addresses, which leads to the same address at `port`."""

    def __init__(self, stack: ExitStack, addresses: Sequence[str]) -> None:
        self._addresses = addresses
        self.port = free_port(*addresses)
        self._open = ExitStack()
        stack.callback(self.close)
        self._there = 0

    def lead_to(self, port: int) -> None:
        """Open it. Raises OSError where somebody has taken the port meanwhile."""
        self._there = port
        self.open()

    def open(self) -> None:
        """Let clients through."""
        for address in self._addresses:
            start_relay(self._open, (address, self.port), (address, self._there))

    def close(self) -> None:
        """Break what goes through, and refuse whoever comes."""
        self._open.close()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """The server is away in here, and back afterwards."""
        self.close()
        try:
            yield
        finally:
            self.open()

    @contextmanager
    def turning_away(self) -> Iterator[tuple[Turnstile, ...]]:
        """As `closed`, but whoever comes is let in, counted and sent away: by address."""
        self.close()
        try:
            with ExitStack() as doors:
                yield tuple(start_turnstile(doors, (each, self.port)) for each in self._addresses)
        finally:
            self.open()
