"""`Sender`: sends the requests of the threads that share a client."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from rpcgen.errors import DisconnectedError, RpcError
from rpcgen.protocol import ClientProtocol

from .outbox import Outbox
from .stream import Stream

if TYPE_CHECKING:
    from rpcgen.method import Method

    from .call import Call

__all__ = ["Sender"]

# What may wait to be sent, in bytes, before threads are held up that have more.
_CAPACITY: Final = 1 << 20

_Request: TypeAlias = "tuple[int, Call[Any], Sequence[bytes]]"


class Sender:
    """Sends requests, each whole, in the order in which they were encoded.

    A thread that finds another one sending leaves its request with it: while
    that one is in the system, which lets the others run, these make the next
    batch. Where many threads share a connection, that saves a third of a call.

    ``make_room`` waits until more can be sent.
    """

    def __init__(
        self,
        protocol: ClientProtocol[Call[Any]],
        stream: Stream,
        make_room: Callable[[], None],
    ) -> None:
        self._protocol = protocol
        self._stream = stream
        self._outbox = Outbox(stream)
        self._make_room = make_room
        # Guards the four below, over encoding too: gob's type definitions go with the first
        # request that needs them. Never held while sending.
        self._lock = threading.Lock()
        self._sending = False
        self._waiting: list[_Request] = []
        self._size = 0
        # Released, each of them, once what waited is under way.
        self._latches: list[threading.Lock] = []

    def send(self, seq: int, call: Call[Any], method: Method[Any, Any], args: object) -> None:
        """Send a request, or leave it with the thread that sends.

        A call whose request cannot be encoded or sent is over.
        """
        latch = None
        try:
            with self._lock:
                parts = self._protocol.encode_parts(seq, method, args)
                sends = not self._sending
                if sends:
                    self._sending = True
                else:
                    latch = self._leave((seq, call, parts))
        except RpcError as error:
            self._fail(seq, call, error)
            return
        if sends:
            self._send_all([(seq, call, parts)])
        elif latch is not None:
            latch.acquire()

    def _leave(self, request: _Request) -> threading.Lock | None:
        """Leave a request with the thread that sends; return what to wait for if it has much."""
        self._waiting.append(request)
        self._size += sum(map(len, request[2]))
        if self._size <= _CAPACITY:
            return None
        latch = threading.Lock()
        latch.acquire()
        self._latches.append(latch)
        return latch

    def _send_all(self, requests: list[_Request]) -> None:
        while requests:
            try:
                self._write(requests)
            except OSError as error:
                self._outbox = Outbox(self._stream)  # what is left belongs to those that fail
                for seq, call, _ in requests:
                    self._fail(seq, call, DisconnectedError(f"writing request: {error}"))
            except BaseException:
                # A signal handler has raised, and nobody knows how much is sent: this ends the
                # connection, and with it all calls.
                self._stream.shutdown()
                self._take_waiting()
                self._sending = False
                raise
            requests = self._take_waiting()

    def _take_waiting(self) -> list[_Request]:
        """Return what was left with this thread; if it is nothing, this thread sends no more."""
        with self._lock:
            if not self._waiting:
                self._sending = False
                return []
            requests, self._waiting, self._size = self._waiting, [], 0
            while self._latches:
                self._latches.pop().release()
        return requests

    def _write(self, requests: list[_Request]) -> None:
        outbox = self._outbox
        if len(requests) == 1:
            outbox.send(requests[0][2])
        else:
            for _, _, parts in requests:
                outbox.put(parts)
            outbox.flush()
        while outbox.size:
            # If no reply can be on its way, the server cannot be busy with one that somebody
            # would have to read meanwhile. Then the system may wait for room, which is faster.
            if self._protocol.expects_one:
                outbox.flush(wait=True)
            else:
                self._make_room()
                outbox.flush()

    def _fail(self, seq: int, call: Call[Any], error: RpcError) -> None:
        # Whoever takes the call out of the pending map ends it: nobody is told twice.
        if self._protocol.abandon(seq):
            call._finish(None, error)
