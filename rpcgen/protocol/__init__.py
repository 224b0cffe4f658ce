"""net/rpc without I/O: bytes in, events out.

No socket, thread, clock or await here: the faces (`rpcgen.sync`, `rpcgen.aio`)
have those, and this has everything else.
"""

from typing import TYPE_CHECKING

from .address import DEFAULT_RPC_PATH, Address, parse_address
from .client import ClientProtocol, Completion, DoneQueue
from .codec import ClientCodec, ServerCodec
from .codecs import CodecName, client_codec, server_codec
from .gob_codec import GobClientCodec, GobServerCodec
from .headers import Request, Response
from .http import DEFAULT_DEBUG_PATH, ConnectHandshake, HttpRoutes, HttpServerProtocol
from .options import DialOptions
from .registry import Registry, ServedMethod, Service, UnknownMethodError
from .server import Invocation, Refusal, ServerProtocol, error_text

if TYPE_CHECKING:
    from .json_codec import JsonClientCodec, JsonServerCodec

__all__ = [
    "Address",
    "ConnectHandshake",
    "DEFAULT_DEBUG_PATH",
    "DEFAULT_RPC_PATH",
    "HttpRoutes",
    "HttpServerProtocol",
    "ClientCodec",
    "ClientProtocol",
    "CodecName",
    "Completion",
    "DialOptions",
    "DoneQueue",
    "GobClientCodec",
    "GobServerCodec",
    "Invocation",
    "JsonClientCodec",
    "JsonServerCodec",
    "Refusal",
    "Registry",
    "Request",
    "Response",
    "ServedMethod",
    "ServerCodec",
    "ServerProtocol",
    "Service",
    "UnknownMethodError",
    "client_codec",
    "error_text",
    "parse_address",
    "server_codec",
]


def __getattr__(name: str) -> object:
    # Looked up when first used: who speaks gob does without the imports of these.
    if name in ("JsonClientCodec", "JsonServerCodec"):
        from . import json_codec

        return getattr(json_codec, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
