"""`serve_message`: one request that is a message of its own, on asyncio."""

from __future__ import annotations

from rpcgen.durable.outcome import request_in
from rpcgen.gob import Limits
from rpcgen.logs import log_failure
from rpcgen.net import clock
from rpcgen.protocol import Peer, RejectedRequest, ServerProtocol
from rpcgen.protocol.execution import Execution
from rpcgen.protocol.message import MessageServerCodec
from rpcgen.protocol.registry import Registry

from .serve_one import execute
from .workers import Workers, serving

__all__ = ["serve_message"]


async def serve_message(
    registry: Registry,
    limits: Limits | None,
    workers: Workers,
    peer: Peer,
    method: str,
    message: bytes,
) -> bytes:
    """Serve a request that is a message, in a task of its own.

    Args:
        registry: What is served.
        limits: How large a request may be.
        workers: The threads for handlers that are not ``async def``.
        peer: The broker that it came from, which has its share of the threads.
        method: The method that it may be for.
        message: The request.

    Returns:
        The response, a message as well.

    Raises:
        DecodeError: The message is no request, or one for another method.
    """
    serving.set(workers)  # in the context of this task
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
    return await execute(execution, event, workers, peer.address)
