"""`FaultProxy`: stands between clients and a server, and does to their bytes what a schedule says.

It knows nothing of net/rpc, so it works with every codec, over TCP, unix sockets, TLS
and HTTP, for both APIs and for programs of Go.
"""

from __future__ import annotations

import select
import socket
import tempfile
import threading
import time
from collections import Counter, deque
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from rpcgen.protocol.address import Address, parse_address

from .faults import Fault, FaultyBytes, Schedule, random_faults
from .sockets import family_of, place_of, reset

__all__ = ["FaultProxy", "reset"]

# Time in seconds that a connection has left once it is truncated or stalled.
_LINGER_S: Final = 0.3

# Number of bytes that wait in one direction before no more are read.
_CHUNK: Final = 65536

_CONNECT_S: Final = 5.0


class FaultProxy:
    """Passes bytes on between clients and a server, in a thread of its own.

    ::

        with FaultProxy(server.address, seed=7) as proxy:
            client = rpcgen.dial(proxy.address)

    A context manager; it ends with it.

    Args:
        target: Address of the server, as for `rpcgen.dial`.
        seed: Draws what becomes of each connection; see `random_faults`. Without a seed
            and without a schedule, nothing happens.
        schedule: Says instead what becomes of them.
        listen: Where to listen: ``host:port`` or a unix address, by default a free one of
            the target's kind.
        linger: Seconds that a connection has left once it is truncated or stalled.

    Attributes:
        address: What clients dial.
        counts: Number of connections by the ending that was scheduled for them, ``whole``
            where there is none, and ``refused`` where the server took none.

    Raises:
        DialError: An address cannot be understood.
        OSError: There is nowhere to listen.
    """

    def __init__(
        self,
        target: str,
        seed: object = None,
        *,
        schedule: Schedule | None = None,
        listen: str = "",
        linger: float = _LINGER_S,
    ) -> None:
        self._target = parse_address(target)
        self._schedule = schedule or (_no_faults if seed is None else random_faults(seed))
        self._linger = linger
        self.counts = Counter[str]()
        self._links: list[_Link] = []
        self._accepted = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._listening = self._listen(listen)
        # To wake the thread at the end.
        self._waker, self._wakened = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="rpcgen-fault-proxy", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections, and listen no more."""
        self._waker.close()
        self._thread.join()
        if self._folder is not None:
            self._folder.cleanup()

    def _listen(self, where: str) -> socket.socket:
        address = parse_address(where) if where else self._free_address()
        listening = socket.socket(family_of(address))
        try:
            listening.bind(place_of(address))
            listening.listen(64)
            listening.setblocking(False)
        except BaseException:
            listening.close()
            raise
        if address.network == "unix":
            bound = self._target.replace(path=address.path)
        else:
            host, port = listening.getsockname()[:2]
            bound = self._target.replace(host=host, port=port)
        self.address = str(bound)
        return listening

    def _free_address(self) -> Address:
        if self._target.network == "tcp":
            return parse_address("127.0.0.1:0")
        self._folder = tempfile.TemporaryDirectory(prefix="rpcgen")
        return parse_address(f"unix://{Path(self._folder.name) / 'proxy'}")

    def _run(self) -> None:
        is_over = False
        while not is_over:
            now = time.monotonic()
            pipes = [pipe for link in self._links for pipe in link.pipes]
            readers = [self._wakened, self._listening, *(p.source for p in pipes if p.can_read)]
            writers = [pipe.sink for pipe in pipes if pipe.can_write(now)]
            readable, writable, _ = select.select(readers, writers, [], self._wait(pipes, now))
            is_over = self._wakened in readable
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
        self._wakened.close()

    def _wait(self, pipes: list[_Pipe], now: float) -> float | None:
        """Return the time in seconds until something is due by itself, None if nothing is."""
        due = [pipe.ready_at for pipe in pipes if pipe.waits]
        due += [link.end_at for link in self._links if link.end_at]
        return max(0.0, min(due) - now) if due else None

    def _accept(self) -> None:
        try:
            client, _ = self._listening.accept()
        except OSError:
            return
        faults = list(self._schedule(self._accepted))
        self._accepted += 1
        server = socket.socket(family_of(self._target))
        server.settimeout(_CONNECT_S)
        try:
            server.connect(place_of(self._target))
        except OSError:
            self.counts["refused"] += 1
            server.close()
            reset(client)
            return
        for end in (client, server):
            end.setblocking(False)
            if end.family != socket.AF_UNIX:
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        grave = [fault.kind for fault in faults if fault.kind not in ("delay", "split")]
        self.counts[grave[0] if grave else "whole"] += 1
        self._links.append(_Link(client, server, faults, self._linger))


class _Link:
    """One connection."""

    def __init__(
        self, client: socket.socket, server: socket.socket, faults: list[Fault], linger: float
    ) -> None:
        self.client = client
        self.server = server
        self.end_at = 0.0
        self.is_over = False
        self.is_stalled = False
        self._linger = linger
        requests = [fault for fault in faults if fault.direction == "request"]
        replies = [fault for fault in faults if fault.direction == "reply"]
        self.pipes = [
            _Pipe(self, client, server, FaultyBytes(requests)),
            _Pipe(self, server, client, FaultyBytes(replies)),
        ]

    def look(self, now: float) -> None:
        """End the connection where it is at its end."""
        if (self.end_at and now >= self.end_at) or all(pipe.is_over for pipe in self.pipes):
            self.close()

    def close(self) -> None:
        """Close both ends."""
        self.is_over = True
        self.client.close()
        self.server.close()

    def strike(self, pipe: _Pipe, fault: Fault) -> None:
        """Do what ends the connection, or one direction of it."""
        if fault.kind in ("truncate", "stall"):
            self.end_at = time.monotonic() + self._linger
            self.is_stalled = fault.kind == "stall"
            if fault.kind == "truncate":
                pipe.end()
            return
        if fault.kind in ("reset", "reset client"):
            reset(self.client)
        if fault.kind in ("reset", "reset server"):
            reset(self.server)
        self.close()


class _Pipe:
    """One direction of a connection."""

    def __init__(
        self, link: _Link, source: socket.socket, sink: socket.socket, faulty: FaultyBytes
    ) -> None:
        self.link = link
        self.source = source
        self.sink = sink
        self.ready_at = 0.0
        self.is_over = False
        self._faulty = faulty
        self._has_ended = False
        self._pending = deque[bytes | Fault]()
        self._size = 0
        # A fault at the very beginning comes before any byte.
        self._put(faulty.feed(b""))

    @property
    def can_read(self) -> bool:
        """True if more is to be taken from the source."""
        is_full = self._size >= _CHUNK
        return not (self.link.is_over or self.link.is_stalled or self._has_ended or is_full)

    @property
    def waits(self) -> bool:
        """True if there is something to do at `ready_at`."""
        return bool(self._pending) and not (self.link.is_over or self.link.is_stalled)

    def can_write(self, now: float) -> bool:
        """Return True if something is to be given to the sink."""
        return self.waits and self.ready_at <= now and not self.is_over

    def read(self) -> None:
        """Take what has come."""
        if self.link.is_over:
            return
        try:
            data = self.source.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""  # as far as it went, it is passed on
        if self.is_over:  # truncated: what comes is lost
            self._has_ended = not data
            return
        self._put(self._faulty.feed(data) if data else self._faulty.end())
        if not data:
            self._has_ended = True
            if not self._pending:
                self.end()

    def _put(self, items: list[bytes | Fault]) -> None:
        self._pending.extend(items)
        self._size += sum(len(each) for each in items if isinstance(each, bytes))

    def write(self) -> None:
        """Do what is next."""
        if self.link.is_over or not self._pending:
            return
        item = self._pending.popleft()
        if not isinstance(item, Fault):
            self._send(item)
        elif item.kind == "delay":
            self.ready_at = time.monotonic() + item.amount
        else:
            self._pending.clear()
            self.link.strike(self, item)
            return
        if self._has_ended and not (self._pending or self.is_over or self.link.is_over):
            self.end()

    def _send(self, data: bytes) -> None:
        try:
            sent = self.sink.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            # Nobody takes it; what came the other way before that is still passed on.
            self.is_over = self._has_ended = True
            self._pending.clear()
            return
        self._size -= sent
        if sent < len(data):
            self._pending.appendleft(data[sent:])

    def end(self) -> None:
        """Tell the sink that nothing more comes."""
        self.is_over = True
        with suppress(OSError):  # the sink is gone, and with it the other direction soon
            self.sink.shutdown(socket.SHUT_WR)


def _no_faults(number: int) -> list[Fault]:
    return []
