"""`ServerConnection`: one client of a server; a thread reads its requests, workers answer them."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from functools import partial

from rpcgen.protocol import Invocation, Refusal, ServerProtocol, error_text

from .outbox import Outbox

__all__ = ["ServerConnection"]

_log = logging.getLogger("rpcgen.server")

_READ_SIZE = 65536

# More calls of one client than this are not read before earlier ones are over.
_CALLS_IN_FLIGHT = 1024


class ServerConnection:
    """Reads requests, has them carried out, sends the responses.

    ``submit`` runs a function in another thread.
    """

    def __init__(
        self,
        connection: socket.socket,
        protocol: ServerProtocol,
        submit: Callable[[Callable[[], None]], object],
    ) -> None:
        connection.settimeout(None)
        self._socket = connection
        self._protocol = protocol
        self._submit = submit
        self._outbox = Outbox(connection)
        self._stopped = False
        # Guards the count of calls that were submitted and are not over.
        self._changed = threading.Condition()
        self._in_flight = 0

    def serve(self) -> None:
        """Serve until the client hangs up or `stop_reading` is called, then close."""
        try:
            while not self._protocol.draining:
                self._read()
            if self._protocol.failure:
                _log.warning("%s", self._protocol.failure)
            self._wait_for_calls(at_most=0)
            self._outbox.wait_until_sent()
        finally:
            self.hang_up()
            self._socket.close()

    def stop_reading(self) -> None:
        """Take no more requests; those that were read are still answered."""
        self._stopped = True
        self._shutdown(socket.SHUT_RD)  # wakes the thread that reads

    def hang_up(self) -> None:
        """End the connection now; what is not sent yet is lost."""
        self._shutdown(socket.SHUT_RDWR)

    def _shutdown(self, how: int) -> None:
        try:
            self._socket.shutdown(how)
        except OSError:
            pass  # the client was faster

    def _read(self) -> None:
        try:
            data = self._socket.recv(_READ_SIZE)
        except OSError as error:
            _log.debug("reading requests: %s", error)
            data = b""
        if data and not self._stopped:
            events = self._protocol.receive(data)
        else:
            events = self._protocol.receive_eof()
        for event in events:
            if isinstance(event, Refusal):
                self._outbox.send(partial(self._protocol.refuse, event.request, event.error))
            else:
                self._start(event)
        self._outbox.wait_for_room()

    def _start(self, invocation: Invocation) -> None:
        self._wait_for_calls(at_most=_CALLS_IN_FLIGHT - 1)
        with self._changed:
            self._in_flight += 1
        try:
            self._submit(partial(self._answer, invocation))
        except RuntimeError:  # the server is closing
            self._call_is_over()

    def _answer(self, invocation: Invocation) -> None:
        request = invocation.request
        try:
            reply = invocation.served.function(invocation.args)
            self._outbox.send(partial(self._protocol.reply, invocation, reply))
        except BaseException as error:  # not the server's end, whatever a handler raises
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
            self._changed.wait_for(lambda: self._in_flight <= at_most)
