"""net/rpc without I/O: bytes in, events out.

No socket, thread, clock or await here: the APIs (`rpcgen.sync`, `rpcgen.aio`)
have those, and this has everything else.
"""

import importlib
from typing import TYPE_CHECKING

from .address import DEFAULT_RPC_PATH, Address, http_address, parse_address
from .call_options import CallOptions
from .client import ClientProtocol, Completion
from .codec import LARGE_MESSAGE_BYTES, ClientCodec, ServerCodec
from .codecs import CodecName, CodecOptions, check_codec_options, client_codec, server_codec
from .done_queue import DONE_CAPACITY, DoneQueue, check_done
from .gob_codec import GobClientCodec, GobServerCodec
from .headers import Request, Response
from .options import DialOptions

if TYPE_CHECKING:
    from .context import CallContext, Peer
    from .json_codec import JsonClientCodec, JsonServerCodec
    from .registry import Registry, ServedMethod, Service, UnknownMethodError
    from .routes import DEFAULT_DEBUG_PATH, HttpRoutes
    from .server import ServerProtocol
    from .server_session import Event, Invocation, RawResponse, RejectedRequest, error_text
    from .serving import CALLS_IN_FLIGHT, server_protocol

__all__ = [
    "CALLS_IN_FLIGHT",
    "DEFAULT_DEBUG_PATH",
    "DEFAULT_RPC_PATH",
    "DONE_CAPACITY",
    "LARGE_MESSAGE_BYTES",
    "Address",
    "CallContext",
    "CallOptions",
    "ClientCodec",
    "ClientProtocol",
    "CodecName",
    "CodecOptions",
    "Completion",
    "DialOptions",
    "DoneQueue",
    "Event",
    "GobClientCodec",
    "GobServerCodec",
    "HttpRoutes",
    "Invocation",
    "JsonClientCodec",
    "JsonServerCodec",
    "RawResponse",
    "Peer",
    "RejectedRequest",
    "Registry",
    "Request",
    "Response",
    "ServedMethod",
    "ServerCodec",
    "ServerProtocol",
    "Service",
    "UnknownMethodError",
    "check_codec_options",
    "check_done",
    "client_codec",
    "error_text",
    "http_address",
    "parse_address",
    "server_codec",
    "server_protocol",
]


# Looked up when first used: a client that speaks gob does without the imports of these.
_LATER = {
    "context": ("CallContext", "Peer"),
    "json_codec": ("JsonClientCodec", "JsonServerCodec"),
    "registry": ("Registry", "ServedMethod", "Service", "UnknownMethodError"),
    "routes": ("DEFAULT_DEBUG_PATH", "HttpRoutes"),
    "server": ("ServerProtocol",),
    "server_session": ("Event", "Invocation", "RawResponse", "RejectedRequest", "error_text"),
    "serving": ("CALLS_IN_FLIGHT", "server_protocol"),
}
_MODULES = {name: module for module, names in _LATER.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
