"""Peers of the tests: a server that answers when it is told to, and a client of bare bytes."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from unittest.mock import patch

from rpcgen import Client
from rpcgen.errors import TruncatedError
from rpcgen.protocol import GobServerCodec, Request, Response
from rpcgen.protocol.client import CANCEL
from rpcgen.schema import schema_for, schema_of
from tests.protocol.messages import SUM
from tests.support.timeouts import TIMEOUT_S

__all__ = ["ScriptedServer", "connected", "never_idle"]


def never_idle() -> AbstractContextManager[object]:
    """Have clients that are made and used meanwhile keep what has come before they call.

    A script may answer a call that is about to be made. The client drops such an answer where it
    looks at a connection that it takes for idle, as on a machine so busy that a while has passed.
    One whose ``_last_use`` is set to minus infinity looks.
    """
    return patch("rpcgen.sync.client._IDLE_S", TIMEOUT_S)


class ScriptedServer:
    """The other end of a client's connection, which the test plays itself."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.socket.settimeout(TIMEOUT_S)
        self._codec = GobServerCodec()

    def receive(self) -> Request:
        """Wait for a request for `SUM` and return its header; pass over cancels."""
        while True:
            request = self._wait_for_header()
            if request.service_method != CANCEL.name:
                self._codec.decode_request_body(SUM.request)
                return request
            self._codec.decode_request_body(None)

    def receive_cancel(self) -> tuple[int, int]:
        """Wait for a cancel; return its own number, and that of the call which is cancelled."""
        while True:
            request = self._wait_for_header()
            if request.service_method == CANCEL.name:
                return request.seq, self._codec.decode_request_body(CANCEL.request).seq
            self._codec.decode_request_body(None)

    def reply(self, seq: int, value: int) -> None:
        """Answer a call."""
        response = Response("Math.Sum", seq)
        self.socket.sendall(b"".join(self._codec.encode_response(response, schema_of(int), value)))

    def receive_header(self) -> Request:
        """Wait for any request, and return its header."""
        request = self._wait_for_header()
        while True:
            try:
                self._codec.decode_request_body(None)
                return request
            except TruncatedError:
                self._codec.feed(self.socket.recv(65536))

    def respond(self, response: Response, value: object = None) -> None:
        """Send any response, with any body."""
        parts = self._codec.encode_response(response, schema_for(value), value)
        self.socket.sendall(b"".join(parts))

    def _wait_for_header(self) -> Request:
        while True:
            try:
                return self._codec.decode_request_header()
            except TruncatedError:
                self._codec.feed(self.socket.recv(65536))


@contextmanager
def connected(
    *,
    call_timeout: float | None = None,
    metadata: Mapping[str, str] | None = None,
    keepalive: float | None = None,
) -> Iterator[tuple[Client, ScriptedServer]]:
    """Yield a client that is `never_idle`, and the other end of its connection."""
    ours, theirs = socket.socketpair()
    with never_idle():
        client = Client(ours, call_timeout=call_timeout, metadata=metadata, keepalive=keepalive)
        with client, theirs:
            yield client, ScriptedServer(theirs)
