"""`serve_request`: one request, here and now."""

from __future__ import annotations

import logging
from time import perf_counter
from typing import TYPE_CHECKING

from rpcgen.errors import DecodeError, DisconnectedError, ServerError
from rpcgen.protocol import Invocation, Refusal, ServerProtocol, error_text

if TYPE_CHECKING:
    from .stream import Stream

__all__ = ["serve_request"]

_log = logging.getLogger("rpcgen.server")


def serve_request(stream: Stream, protocol: ServerProtocol) -> None:
    """Serve one request in this thread; see `Server.serve_request`."""
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


def _response(protocol: ServerProtocol, invocation: Invocation) -> bytes:
    """Carry out a call and return what to send."""
    served = invocation.served
    began, failed = perf_counter(), True
    served.statistics.started()
    try:
        data = protocol.reply(invocation, served.function(invocation.args))
        failed = False
        return data
    except BaseException as error:  # not the server's end, whatever a handler raises
        _log.exception("%s failed", invocation.request.service_method)
        return protocol.refuse(invocation.request, error_text(error))
    finally:
        served.statistics.finished(perf_counter() - began, failed)
