"""net/rpc without I/O: bytes in, events out.

No socket, thread, clock or await here: the faces (`rpcgen.sync`, `rpcgen.aio`)
have those, and this has everything else.
"""

from .address import Address, parse_address
from .client import ClientProtocol, Completion, DoneQueue
from .codec import ClientCodec, ServerCodec
from .gob_codec import GobClientCodec, GobServerCodec
from .headers import Request, Response
from .options import DialOptions
from .registry import Registry, ServedMethod, Service, UnknownMethodError
from .server import Invocation, Refusal, ServerProtocol, error_text

__all__ = [
    "Address",
    "ClientCodec",
    "ClientProtocol",
    "Completion",
    "DialOptions",
    "DoneQueue",
    "GobClientCodec",
    "GobServerCodec",
    "Invocation",
    "Refusal",
    "Registry",
    "Request",
    "Response",
    "ServedMethod",
    "ServerCodec",
    "ServerProtocol",
    "Service",
    "UnknownMethodError",
    "error_text",
    "parse_address",
]
