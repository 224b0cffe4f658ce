"""Typed RPC from Protocol classes, wire-compatible with Go's net/rpc.

What generated modules and their users need is here; `rpcgen.aio` has the same
for asyncio, `rpcgen.gob` the codec by itself, `rpcgen.types` what an IDL may
say beyond Python's own types.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from . import aio
    from .channel.backoff import Reconnect
    from .channel.resolver import Endpoint, Resolver
    from .channel.retry import Retry
    from .channel.target import ChannelOptions, Target
    from .code import Code
    from .durable.options import WorkQueue
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
    from .method import Handler, Method
    from .protocol import (
        CallContext,
        CallOptions,
        ClientCodec,
        DialOptions,
        DoneQueue,
        Peer,
        Registry,
        Request,
        Response,
        ServerCodec,
    )
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
    from .sync import (
        Call,
        Caller,
        Channel,
        Client,
        Listener,
        Server,
        Ticket,
        dial,
        dial_http,
        dial_http_path,
    )
    from .values.limits import Limits

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

# Where the names are. A module is imported when a name of it is first used: who only defines
# a client, as a generated module does, needs two of them.
_NAMES: Final = {
    "channel.backoff": ["Reconnect"],
    "channel.resolver": ["Endpoint", "Resolver"],
    "channel.retry": ["Retry"],
    "channel.target": ["ChannelOptions", "Target"],
    "code": ["Code"],
    "durable.options": ["WorkQueue"],
    "errors": [
        "CallCancelledError",
        "CallTimeoutError",
        "DeadlineExceededError",
        "DecodeError",
        "DialError",
        "DisconnectedError",
        "EncodeError",
        "GenerateError",
        "RegisterError",
        "RemoteError",
        "RpcError",
        "SchemaError",
        "ServerError",
        "ShutdownError",
        "TruncatedError",
    ],
    "method": ["Handler", "Method"],
    "protocol.call_options": ["CallOptions"],
    "protocol.codec": ["ClientCodec", "ServerCodec"],
    "protocol.context": ["CallContext", "Peer", "context"],
    "protocol.done_queue": ["DoneQueue"],
    "protocol.headers": ["Request", "Response"],
    "protocol.health": ["ServingStatus"],
    "protocol.interceptors": ["AsyncClientInterceptor", "ClientCall", "ClientInterceptor"],
    "protocol.options": ["DialOptions"],
    "protocol.registry": ["Registry"],
    "protocol.remember": ["Remember"],
    "protocol.server_interceptors": [
        "AsyncServerInterceptor",
        "ServerCall",
        "ServerInterceptor",
    ],
    "services.health": ["AsyncHealthClient", "HealthClient"],
    "services.reflection": ["AsyncReflectionClient", "ReflectionClient"],
    "stubs": [
        "AbstractService",
        "AsyncClientStub",
        "AsyncDurableStub",
        "AsyncGoStub",
        "ClientStub",
        "DurableStub",
        "GoStub",
        "register_types",
    ],
    "sync.call": ["Call"],
    "sync.caller": ["Caller"],
    "sync.channel": ["Channel"],
    "sync.client": ["Client"],
    "sync.connect": ["dial", "dial_http", "dial_http_path"],
    "sync.listener": ["Listener"],
    "sync.server": ["Server"],
    "sync.ticket": ["Ticket"],
    "values.limits": ["Limits"],
}
_MODULES: Final = {name: module for module, names in _NAMES.items() for name in names}

# Packages and modules that `import rpcgen` alone gives a program.
_SUBMODULES: Final = frozenset(["aio", "code", "errors", "gob", "sync", "types"])


def __getattr__(name: str) -> object:
    if name in _MODULES:
        found: object = getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
    elif name == "default_server":
        from .sync import Server

        found = Server()
    elif name in _SUBMODULES:
        return importlib.import_module(f".{name}", __name__)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # From now on a plain attribute; of `default_server` there is one for the whole process.
    return globals().setdefault(name, found)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
