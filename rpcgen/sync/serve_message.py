"""`serve_message`: one request that is a message of its own, in this thread."""

from __future__ import annotations

from rpcgen.durable.outcome import prepare
from rpcgen.protocol import Peer
from rpcgen.protocol.registry import Registry
from rpcgen.values.limits import Limits

from .serve_one import respond

__all__ = ["serve_message"]


def serve_message(
    registry: Registry, limits: Limits | None, peer: Peer, method: str, message: bytes
) -> bytes:
    """Serve a request that is a message.

    Args:
        registry: What is served.
        limits: How large a request may be.
        peer: The broker that it came from.
        method: The method that it may be for.
        message: The request.

    Returns:
        The response, a message as well.

    Raises:
        DecodeError: The message is no request, or one for another method.
    """
    prepared = prepare(registry, limits, peer, method, message)
    if isinstance(prepared, bytes):
        return prepared
    return b"".join(respond(*prepared))
