"""`serve_message`: one request that is a message of its own, on asyncio."""

from __future__ import annotations

from rpcgen.durable.outcome import prepare
from rpcgen.protocol import Peer
from rpcgen.protocol.registry import Registry
from rpcgen.values.limits import Limits

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
    prepared = prepare(registry, limits, peer, method, message)
    if isinstance(prepared, bytes):
        return prepared
    return await execute(*prepared, workers, peer.address)
