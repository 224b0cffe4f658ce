"""`ServerConnection`: one client of a server; a thread reads its requests, workers answer them."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from rpcgen.errors import DecodeError, DisconnectedError, ServerError
from rpcgen.protocol import CALLS_IN_FLIGHT, Invocation, Output, Refusal, ServerProtocol, error_text

from .outbox import Outbox
from .stream import Stream

if TYPE_CHECKING:
    from rpcgen.protocol.serving import AnyServerProtocol

__all__ = ["ServerConnection", "serve_request"]

_log = logging.getLogger("rpcgen.server")


class ServerConnection:
    """Reads requests, has them carried out, sends the responses.

    ``submit`` runs a function in another thread.
    """

    def __init__(
        self,
        stream: Stream,
        protocol: AnyServerProtocol,
        submit: Callable[[Callable[[], None]], object],
    ) -> None:
        self._stream = stream
        self._protocol = protocol
        self._submit = submit
        self._outbox = Outbox(stream)
        self._stopped = False
        # Guards the count of calls that were submitted and are not over, and whether it matters.
        self._changed = threading.Condition()
        self._in_flight = 0
        self._hung_up = False

    def serve(self) -> None:
        """Serve until the client hangs up or `stop_reading` is called, then close."""
        self._protocol.opened()
        try:
            while not self._protocol.draining:
                self._read()
            if self._protocol.failure:
                _log.warning("%s", self._protocol.failure)
            self._wait_for_calls(at_most=0)
            self._outbox.wait_until_sent()
        finally:
            self.hang_up()
            self._stream.close()
            self._protocol.closed()

    def stop_reading(self) -> None:
        """Take no more requests; those that were read are still answered."""
        self._stopped = True
        self._stream.shutdown(socket.SHUT_RD)  # wakes the thread that reads

    def hang_up(self) -> None:
        """End the connection now; what is not sent yet is lost, and no call is waited for."""
        with self._changed:
            self._hung_up = True
            self._changed.notify_all()
        self._stream.shutdown()

    def _read(self) -> None:
        try:
            data = self._stream.read()
        except OSError as error:
            _log.debug("reading requests: %s", error)
            data = b""
        if data and not self._stopped:
            events = self._protocol.receive(data)
        else:
            events = self._protocol.receive_eof()
        for event in events:
            # Before each, since one read can bring thousands of requests.
            self._outbox.wait_for_room()
            if isinstance(event, Refusal):
                self._outbox.send(partial(self._protocol.refuse, event.request, event.error))
            elif isinstance(event, Output):
                self._outbox.send(partial(bytes, event.data))
            else:
                self._start(event)

    def _start(self, invocation: Invocation) -> None:
        self._wait_for_calls(at_most=CALLS_IN_FLIGHT - 1)
        with self._changed:
            self._in_flight += 1
        try:
            self._submit(partial(self._answer, invocation))
        except RuntimeError:  # the server is closing, and its workers take no more
            refuse = partial(self._protocol.refuse, invocation.request, "server is shutting down")
            self._outbox.send(refuse)
            self._call_is_over()

    def _answer(self, invocation: Invocation) -> None:
        request, served = invocation.request, invocation.served
        began = perf_counter()
        served.statistics.started()
        try:
            reply = served.function(invocation.args)
            self._outbox.send(partial(_encode_reply, self._protocol, invocation, reply, began))
        except BaseException as error:  # not the server's end, whatever a handler raises
            served.statistics.finished(perf_counter() - began, failed=True)
            _log.exception("%s failed", request.service_method)
            self._outbox.send(partial(self._protocol.refuse, request, error_text(error)))
        finally:
            self._call_is_over()

    def _call_is_over(self) -> None:
        with self._changed:
            self._in_flight -= 1
            self._changed.notify_all()

    def _wait_for_calls(self, at_most: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._hung_up or self._in_flight <= at_most)


def serve_request(stream: Stream, protocol: ServerProtocol) -> None:
    """Serve one request here and now; see `Server.serve_request`."""
    while (event := protocol.next_event()) is None:
        if protocol.failure:
            raise DecodeError(protocol.failure)
        data = stream.read()
        if not data:
            raise DisconnectedError("EOF")
        protocol.feed(data)
    if isinstance(event, Refusal):
        stream.send_all(protocol.refuse(event.request, event.error))
        raise ServerError(event.error)
    stream.send_all(_response(protocol, event))


def _response(protocol: AnyServerProtocol, invocation: Invocation) -> bytes:
    """Carry out a call and return what to send."""
    served = invocation.served
    began = perf_counter()
    served.statistics.started()
    try:
        return _encode_reply(protocol, invocation, served.function(invocation.args), began)
    except BaseException as error:  # not the server's end, whatever a handler raises
        served.statistics.finished(perf_counter() - began, failed=True)
        _log.exception("%s failed", invocation.request.service_method)
        return protocol.refuse(invocation.request, error_text(error))


def _encode_reply(
    protocol: AnyServerProtocol, invocation: Invocation, reply: object, began: float
) -> bytes:
    """Return the bytes of a reply, and count the call before the client can know of its end."""
    data = protocol.reply(invocation, reply)
    invocation.served.statistics.finished(perf_counter() - began, failed=False)
    return data
