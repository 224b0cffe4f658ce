"""Typed RPC from Protocol classes, wire-compatible with Go's net/rpc.

What generated modules and their users need is here; `rpcgen.aio` has the same
for asyncio, `rpcgen.gob` the codec by itself, `rpcgen.types` what an IDL may
say beyond Python's own types.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from . import aio
from .channel.target import ChannelOptions, Target
from .code import Code
from .errors import (
    CallCancelledError,
    CallTimeoutError,
    DeadlineExceededError,
    DecodeError,
    DialError,
    DisconnectedError,
    EncodeError,
    GenerateError,
    RegisterError,
    RemoteError,
    RpcError,
    SchemaError,
    ServerError,
    ShutdownError,
    TruncatedError,
)
from .gob import Limits
from .method import Handler, Method
from .protocol import (
    CallOptions,
    ClientCodec,
    DialOptions,
    DoneQueue,
    Request,
    Response,
    ServerCodec,
)
from .stubs import (
    AbstractService,
    AsyncClientStub,
    AsyncDurableStub,
    AsyncGoStub,
    ClientStub,
    DurableStub,
    GoStub,
    register_types,
)
from .sync import Call, Client, dial, dial_http, dial_http_path

if TYPE_CHECKING:
    from .channel.backoff import Reconnect
    from .channel.resolver import Endpoint, Resolver
    from .channel.retry import Retry
    from .durable.options import WorkQueue
    from .protocol import CallContext, Peer, Registry
    from .protocol.context import context
    from .protocol.health import ServingStatus
    from .protocol.interceptors import AsyncClientInterceptor, ClientCall, ClientInterceptor
    from .protocol.remember import Remember
    from .protocol.server_interceptors import (
        AsyncServerInterceptor,
        ServerCall,
        ServerInterceptor,
    )
    from .services.health import AsyncHealthClient, HealthClient
    from .services.reflection import AsyncReflectionClient, ReflectionClient
    from .sync import Caller, Channel, Listener, Server, Ticket

    default_server: Server
    """The server of those who need but one. Mirrors ``rpc.DefaultServer``."""

__all__ = [
    "AbstractService",
    "AsyncClientInterceptor",
    "AsyncClientStub",
    "AsyncDurableStub",
    "AsyncGoStub",
    "AsyncHealthClient",
    "AsyncReflectionClient",
    "AsyncServerInterceptor",
    "Call",
    "CallCancelledError",
    "CallContext",
    "CallOptions",
    "CallTimeoutError",
    "Caller",
    "Channel",
    "ChannelOptions",
    "Client",
    "ClientCall",
    "ClientCodec",
    "ClientInterceptor",
    "ClientStub",
    "Code",
    "DeadlineExceededError",
    "DecodeError",
    "DialError",
    "DialOptions",
    "DisconnectedError",
    "DoneQueue",
    "DurableStub",
    "EncodeError",
    "Endpoint",
    "GenerateError",
    "GoStub",
    "Handler",
    "HealthClient",
    "Limits",
    "Listener",
    "Method",
    "Peer",
    "Reconnect",
    "ReflectionClient",
    "RegisterError",
    "Registry",
    "Remember",
    "RemoteError",
    "Request",
    "Resolver",
    "Response",
    "Retry",
    "RpcError",
    "SchemaError",
    "Server",
    "ServerCall",
    "ServerCodec",
    "ServerError",
    "ServerInterceptor",
    "ServingStatus",
    "ShutdownError",
    "Target",
    "Ticket",
    "TruncatedError",
    "WorkQueue",
    "aio",
    "context",
    "default_server",
    "dial",
    "dial_http",
    "dial_http_path",
    "register_types",
]

# Looked up when first used: a client does without the imports of these.
_LATER = {
    "AsyncHealthClient": (".services.health", "AsyncHealthClient"),
    "AsyncClientInterceptor": (".protocol.interceptors", "AsyncClientInterceptor"),
    "AsyncReflectionClient": (".services.reflection", "AsyncReflectionClient"),
    "AsyncServerInterceptor": (".protocol.server_interceptors", "AsyncServerInterceptor"),
    "CallContext": (".protocol", "CallContext"),
    "Caller": (".sync", "Caller"),
    "Channel": (".sync", "Channel"),
    "ClientCall": (".protocol.interceptors", "ClientCall"),
    "ClientInterceptor": (".protocol.interceptors", "ClientInterceptor"),
    "Endpoint": (".channel.resolver", "Endpoint"),
    "HealthClient": (".services.health", "HealthClient"),
    "Listener": (".sync", "Listener"),
    "Peer": (".protocol", "Peer"),
    "Reconnect": (".channel.backoff", "Reconnect"),
    "ReflectionClient": (".services.reflection", "ReflectionClient"),
    "Registry": (".protocol", "Registry"),
    "Remember": (".protocol.remember", "Remember"),
    "Resolver": (".channel.resolver", "Resolver"),
    "Retry": (".channel.retry", "Retry"),
    "Server": (".sync", "Server"),
    "ServerCall": (".protocol.server_interceptors", "ServerCall"),
    "ServerInterceptor": (".protocol.server_interceptors", "ServerInterceptor"),
    "ServingStatus": (".protocol.health", "ServingStatus"),
    "Ticket": (".sync", "Ticket"),
    "WorkQueue": (".durable.options", "WorkQueue"),
    "context": (".protocol.context", "context"),
}


def __getattr__(name: str) -> object:
    if name == "default_server":
        from .sync import Server

        # From now on a plain attribute: there is one for the whole process, as in Go.
        return globals().setdefault(name, Server())
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _LATER[name]
    return getattr(importlib.import_module(module, __name__), attribute)
