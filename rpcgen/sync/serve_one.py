"""`serve_request`: one request, here and now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rpcgen.errors import DecodeError, DisconnectedError, ServerError
from rpcgen.logs import log_failure
from rpcgen.net import clock
from rpcgen.protocol import Invocation, RejectedRequest, ServerProtocol
from rpcgen.protocol.context import current
from rpcgen.protocol.execution import Execution
from rpcgen.protocol.server_session import Cancellation

if TYPE_CHECKING:
    from .stream import Stream

__all__ = ["respond", "serve_request"]


def serve_request(stream: Stream, protocol: ServerProtocol) -> None:
    """Serve one request in this thread; see `Server.serve_request`."""
    while (event := protocol.next_event()) is None:
        if protocol.failure:
            raise DecodeError(protocol.failure)
        data = stream.read()
        if not data:
            raise DisconnectedError("EOF")
        protocol.feed(data)
    if isinstance(event, RejectedRequest):
        stream.send_all(protocol.refuse(event.request, event.error, event.code))
        raise ServerError(event.error, code=event.code)
    if isinstance(event, Cancellation):
        stream.send_all(protocol.answer_cancel(event, found=False))
        return
    place = stream.peer()
    execution = Execution(
        protocol,
        clock.monotonic,
        lambda call, error: log_failure(call, error, stream.peer_name(place)),
        lambda: stream.make_peer(place, protocol.headers),
        clock.make_event,
    )
    stream.send_all(b"".join(respond(execution, event)))


def respond(execution: Execution, invocation: Invocation) -> Sequence[bytes]:
    """Carry out a call in this thread, and return what to send."""
    around = current.get()
    try:
        execution.started(invocation)
        reply = invocation.served.function(invocation.args)
    except BaseException as error:  # not the server's end, whatever a handler raises
        return execution.failed(invocation, error)
    finally:
        current.set(around)
    return execution.succeeded(invocation, reply)
