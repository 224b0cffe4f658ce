"""Outcome of a durable call's message: a request to carry out, or the end without one."""

from __future__ import annotations

from rpcgen.code import Code
from rpcgen.errors import DecodeError
from rpcgen.logs import log_failure
from rpcgen.net import clock
from rpcgen.protocol import Invocation, Peer, RejectedRequest, Request, ServerProtocol
from rpcgen.protocol.execution import Execution
from rpcgen.protocol.message import MessageServerCodec
from rpcgen.protocol.registry import Registry
from rpcgen.protocol.server_session import Failure
from rpcgen.values.limits import Limits

__all__ = ["failure", "prepare", "request_in"]


def prepare(
    registry: Registry, limits: Limits | None, peer: Peer, method: str, message: bytes
) -> tuple[Execution, Invocation] | bytes:
    """Return what carries out the request of a message and its call, or the message that refuses.

    Args:
        registry: What is served.
        limits: How large a request may be.
        peer: The broker that it came from.
        method: The method that it may be for.
        message: The request.

    Raises:
        DecodeError: The message is no request, or one for another method.
    """
    protocol = ServerProtocol(registry, MessageServerCodec(limits))
    event = request_in(protocol, method, message)
    if isinstance(event, RejectedRequest):
        return protocol.refuse(event.request, event.error, event.code)
    execution = Execution(
        protocol,
        clock.monotonic,
        lambda call, error: log_failure(call, error, peer.address),
        lambda: peer,
        clock.make_event,
    )
    return execution, event


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
