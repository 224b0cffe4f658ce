"""Parts that grpcio's two APIs share: the names of methods, and no limit on messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

from benchmarks.proto import METHODS, SERVICE

__all__ = ["OPTIONS", "generic_handler", "stubs"]

# The 1 MiB echo is over nothing, but its frame is near the default limits of some versions.
OPTIONS = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


def generic_handler(functions: dict[str, Callable[..., Any]]) -> Any:
    """Return what a server of grpcio takes for the functions, plain or ``async def``."""
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(
            functions[name],
            request_deserializer=request.FromString,
            response_serializer=reply.SerializeToString,
        )
        for name, (request, reply) in METHODS.items()
    }
    return grpc.method_handlers_generic_handler(SERVICE, handlers)


def stubs(channel: Any) -> dict[str, Any]:
    """Return the callable of each method, as generated code makes it."""
    return {
        name: channel.unary_unary(
            f"/{SERVICE}/{name}",
            request_serializer=request.SerializeToString,
            response_deserializer=reply.FromString,
        )
        for name, (request, reply) in METHODS.items()
    }
