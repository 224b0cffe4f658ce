"""A proxy between client and server that delays, splits, cuts and resets."""

from __future__ import annotations

import random
import select
import socket
import threading
import time
from collections import Counter
from typing import Final

from tests.support.sockets import reset
from tests.support.timeouts import TIMEOUT_S

__all__ = ["FAULTS", "Proxy"]

# What becomes of a connection: both ends closed, both reset, one of them, an end in one
# direction while the other goes on, or no byte more for a while.
FAULTS: Final = (
    "cut",
    "reset",
    "reset client",
    "reset server",
    "half-close",
    "stall",
)

# Time in seconds that a connection has left once it is half-closed or stalled.
_LINGER_S: Final = 0.3

_CHUNK: Final = 65536


class Proxy:
    """Passes bytes on between those who connect and a server, in a thread of its own.

    A context manager that ends it.

    Args:
        address: Where to listen: that of `socket.bind`, whose type says TCP or unix.
        target: Where the server is: the same.
        chance: Draws what becomes of a connection, and when.
        breaks: True to end connections before their time; False only delays and splits.
    """

    def __init__(
        self,
        address: tuple[str, int] | str,
        target: tuple[str, int] | str,
        chance: random.Random,
        *,
        breaks: bool = True,
    ) -> None:
        self.counts = Counter[str]()
        self.target = target
        self._chance = chance
        self._breaks = breaks
        self._links: list[_Link] = []
        self._is_over = threading.Event()
        self._listening = socket.socket(_family(address))
        self._listening.bind(address)
        self._listening.listen(64)
        self._listening.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Port where it listens, with TCP."""
        return int(self._listening.getsockname()[1])

    def close(self) -> None:
        """Close all connections."""
        self._is_over.set()
        self._thread.join(TIMEOUT_S)

    def _run(self) -> None:
        while not self._is_over.is_set():
            now = time.monotonic()
            pipes = [pipe for link in self._links for pipe in link.pipes]
            readers = [self._listening, *(each.source for each in pipes if each.can_read)]
            writers = [each.sink for each in pipes if each.can_write(now)]
            wait = 0.02 if any(each.pending or each.link.end_at for each in pipes) else 0.1
            wait = min([wait, *(max(each.ready_at - now, 0.0) for each in pipes if each.pending)])
            readable, writable, _ = select.select(readers, writers, [], wait)
            if self._listening in readable:
                self._accept()
            for pipe in pipes:
                if pipe.source in readable:
                    pipe.read()
                if pipe.sink in writable:
                    pipe.write()
            now = time.monotonic()
            for link in self._links:
                link.look(now)
            self._links = [each for each in self._links if not each.is_over]
        for link in self._links:
            link.close()
        self._listening.close()

    def _accept(self) -> None:
        try:
            client, _ = self._listening.accept()
        except OSError:
            return
        server = socket.socket(_family(self.target))
        server.settimeout(1.0)
        try:
            server.connect(self.target)
        except OSError:
            self.counts["refused"] += 1
            server.close()
            reset(client)
            return
        for end in (client, server):
            end.setblocking(False)
        chance = self._chance
        fault = chance.choice(FAULTS) if self._breaks and chance.random() < 0.75 else ""
        self.counts[fault or "whole"] += 1
        self._links.append(_Link(client, server, chance, fault))


class _Link:
    """One connection."""

    def __init__(
        self, client: socket.socket, server: socket.socket, chance: random.Random, fault: str
    ) -> None:
        self.client = client
        self.server = server
        self.end_at = 0.0
        self.is_over = False
        self._fault = fault
        self.pipes = [_Pipe(self, client, server, chance), _Pipe(self, server, client, chance)]
        if fault:
            chance.choice(self.pipes).left = int(10 ** chance.uniform(0, 5.5))

    def look(self, now: float) -> None:
        """End the connection where it is at its end."""
        if (self.end_at and now >= self.end_at) or all(pipe.is_over for pipe in self.pipes):
            self.close()

    def close(self) -> None:
        """Close both ends."""
        self.is_over = True
        self.client.close()
        self.server.close()

    def strike(self, pipe: _Pipe) -> None:
        """Do what is to become of the connection, now that the bytes of ``pipe`` are over."""
        fault = self._fault
        if fault in ("reset", "reset client"):
            reset(self.client)
        if fault in ("reset", "reset server"):
            reset(self.server)
        if fault == "half-close":
            pipe.end()
        if fault in ("half-close", "stall"):
            pipe.stops = True
            self.end_at = time.monotonic() + _LINGER_S
        else:
            self.close()


class _Pipe:
    """One direction of a connection."""

    def __init__(
        self, link: _Link, source: socket.socket, sink: socket.socket, chance: random.Random
    ) -> None:
        self.link = link
        self.source = source
        self.sink = sink
        self.pending = bytearray()
        self.ready_at = 0.0
        # Number of bytes until the fault, -1 without one.
        self.left = -1
        self.stops = False
        self.is_over = False
        self._has_ended = False
        self._chance = chance
        # How slow this direction is, and how small its pieces are at first.
        self._slowness = chance.choice((0.0, 0.0, 0.001, 0.005))
        self._piece = chance.choice((_CHUNK, _CHUNK, 1, 7, 100))
        self._passed = 0

    @property
    def can_read(self) -> bool:
        """True if more is to be taken from the source."""
        return not (self.link.is_over or self._has_ended or self.stops) and (
            len(self.pending) < _CHUNK
        )

    def can_write(self, now: float) -> bool:
        """Return True if something is to be given to the sink."""
        is_due = bool(self.pending) and self.ready_at <= now
        return is_due and not (self.link.is_over or self.is_over or self.stops)

    def read(self) -> None:
        """Take what has come."""
        if self.link.is_over:
            return
        try:
            data = self.source.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self.link.close()
            return
        if not data:
            self._has_ended = True
            if not self.pending:
                self.end()
            return
        self.pending += data
        if self._slowness:
            self.ready_at = time.monotonic() + self._chance.random() * self._slowness

    def write(self) -> None:
        """Pass a piece on."""
        if self.link.is_over:
            return
        # Small pieces for the first bytes alone, or a large message would take minutes.
        size = self._piece if self._passed < 100 * self._piece else _CHUNK
        if self.left >= 0:
            size = min(size, self.left)
        try:
            sent = self.sink.send(self.pending[:size]) if size else 0
        except BlockingIOError:
            return
        except OSError:
            self.link.close()
            return
        del self.pending[:sent]
        self._passed += sent
        if self.left >= 0:
            self.left -= sent
            if not self.left:
                self.link.strike(self)
                return
        if self._has_ended and not self.pending:
            self.end()

    def end(self) -> None:
        """Tell the sink that nothing more comes."""
        self.is_over = True
        try:
            self.sink.shutdown(socket.SHUT_WR)
        except OSError:
            self.link.close()


def _family(address: tuple[str, int] | str) -> socket.AddressFamily:
    return socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
