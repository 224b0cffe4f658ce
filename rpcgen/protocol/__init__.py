"""net/rpc without I/O: bytes in, events out.

No socket, thread, clock or await here: the faces (`rpcgen.sync`, `rpcgen.aio`)
have those, and this has everything else.
"""

from typing import TYPE_CHECKING

from .address import DEFAULT_RPC_PATH, Address, http_address, parse_address
from .client import DONE_CAPACITY, ClientProtocol, Completion, DoneQueue, check_done
from .codec import ClientCodec, ServerCodec
from .codecs import CodecName, client_codec, server_codec
from .gob_codec import GobClientCodec, GobServerCodec
from .headers import Request, Response
from .options import DialOptions
from .registry import Registry, ServedMethod, Service, UnknownMethodError
from .routes import DEFAULT_DEBUG_PATH, HttpRoutes
from .server import CALLS_IN_FLIGHT, Event, Invocation, Output, Refusal, ServerProtocol, error_text
from .serving import server_protocol

if TYPE_CHECKING:
    from .json_codec import JsonClientCodec, JsonServerCodec

__all__ = [
    "CALLS_IN_FLIGHT",
    "DONE_CAPACITY",
    "Address",
    "DEFAULT_DEBUG_PATH",
    "DEFAULT_RPC_PATH",
    "HttpRoutes",
    "ClientCodec",
    "ClientProtocol",
    "CodecName",
    "Completion",
    "DialOptions",
    "DoneQueue",
    "Event",
    "GobClientCodec",
    "GobServerCodec",
    "Invocation",
    "JsonClientCodec",
    "JsonServerCodec",
    "Output",
    "Refusal",
    "Registry",
    "Request",
    "Response",
    "ServedMethod",
    "ServerCodec",
    "ServerProtocol",
    "Service",
    "UnknownMethodError",
    "check_done",
    "client_codec",
    "error_text",
    "http_address",
    "parse_address",
    "server_protocol",
    "server_codec",
]


def __getattr__(name: str) -> object:
    # Looked up when first used: who speaks gob does without the imports of these.
    if name in ("JsonClientCodec", "JsonServerCodec"):
        from . import json_codec

        return getattr(json_codec, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
