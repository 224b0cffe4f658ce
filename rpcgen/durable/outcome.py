"""Outcome of a durable call's message: a request to carry out, or the end without one."""

from __future__ import annotations

from rpcgen.code import Code
from rpcgen.errors import DecodeError
from rpcgen.protocol import Invocation, RejectedRequest, Request, ServerProtocol
from rpcgen.protocol.message import MessageServerCodec
from rpcgen.protocol.registry import Registry
from rpcgen.protocol.server_session import Failure

__all__ = ["failure", "request_in"]


def request_in(
    protocol: ServerProtocol, method: str, message: bytes
) -> Invocation | RejectedRequest:
    """Return the request of a message.

    Args:
        protocol: What decodes it; nobody else may use it.
        method: The method that it may be for: who may call another is said of subjects.
        message: The request.

    Raises:
        DecodeError: The message is no request, or one for another method.
    """
    protocol.feed(message)
    event = protocol.next_event()
    if not isinstance(event, Invocation | RejectedRequest):
        raise DecodeError(protocol.failure or "the message is no call")
    if event.request.service_method != method:
        raise DecodeError(f"the message calls {event.request.service_method}, not {method}")
    return event


def failure(method: str, text: str, code: Code) -> bytes:
    """Return the message of a response that says why a call has failed.

    Args:
        method: The method on the wire, ``Bank.Charge``.
        text: The error, for people.
        code: Kind of the error.
    """
    protocol = ServerProtocol(Registry(), MessageServerCodec())
    return protocol.fail(Request(method), Failure(text, code))
