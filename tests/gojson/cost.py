"""JSON that looks for cost, and what it costs.

`VALUES` makes JSON of a size from patterns that become large or slow, `PLACES`
puts it where a message may hold it, and `memory_of` and `steps_of` read the
message as servers and clients do.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

from rpcgen.errors import DecodeError
from rpcgen.protocol import HttpRoutes, JsonClientCodec, JsonServerCodec, Registry
from rpcgen.protocol.http import HttpServerProtocol
from rpcgen.schema import Schema

__all__ = [
    "PLACES",
    "VALUES",
    "memory_of",
    "post_of",
    "read_client",
    "read_post",
    "read_server",
    "steps_of",
]


def _list_of(element: str) -> Callable[[int], str]:
    return lambda size: f"[{','.join([element] * max(1, size // (len(element) + 1)))}]"


def _members(size: int) -> str:
    return ",".join(f'"k{number}":1' for number in range(max(1, size // 10)))


VALUES: Final[dict[str, Callable[[int], str]]] = {
    "empty lists": _list_of("[]"),
    "lists of one": _list_of("[0]"),
    "deep lists": _list_of("[" * 90 + "]" * 90),
    "empty objects": _list_of("{}"),
    "objects of one": _list_of('{"":0}'),
    "deep objects": _list_of('{"":' * 90 + "0" + "}" * 90),
    "mixed": _list_of('{"":[{"a":[]}]}'),
    "digits": _list_of("0"),
    "integers": _list_of("999"),
    "floats": _list_of("1e9"),
    "minus zeros": _list_of("-0"),
    "strings": _list_of('"ab"'),
    "empty strings": _list_of('""'),
    "astral": _list_of('"\U0001f600"'),
    "halves": _list_of(r'"\ud800"'),
    "escapes": _list_of(r'"\n\u0041"'),
    "spaces": _list_of(" 1 "),
    "members": lambda size: f"{{{_members(size)}}}",
    "one string": lambda size: f'"{"a" * size}"',
    "one number": lambda size: "1" * size,
    "one fraction": lambda size: f"0.{'1' * size}",
    "commas in a string": lambda size: f'"{",[{" * (size // 3)}"',
}

PLACES: Final[dict[str, Callable[[str], str]]] = {
    "unknown member": lambda text: f'{{"method":"A.B","params":[1],"id":1,"x":{text}}}',
    "id": lambda text: f'{{"method":"A.B","params":[1],"id":{text}}}',
    "params": lambda text: f'{{"method":"A.B","id":1,"params":[{text}]}}',
    "result": lambda text: f'{{"id":1,"error":null,"result":{text}}}',
}


def read_server(data: bytes, schema: Schema[Any] | None = None) -> object:
    """Read a request; return the argument, or the error."""
    codec = JsonServerCodec()
    codec.feed(data)
    try:
        codec.decode_request_header()
        return codec.decode_request_body(schema)
    except DecodeError as error:
        return error


def read_client(data: bytes, schema: Schema[Any] | None = None) -> object:
    """Read a response; return the result, or the error."""
    codec = JsonClientCodec()
    codec.feed(data)
    try:
        codec.decode_response_header()
        return codec.decode_response_body(schema)
    except DecodeError as error:
        return error


def read_post(data: bytes) -> object:
    """Read a request over HTTP."""
    server = HttpServerProtocol(
        Registry(), HttpRoutes(), JsonServerCodec, JsonServerCodec, 64 << 20
    )
    return server.receive(data)


def post_of(body: str) -> bytes:
    """Return the request that posts ``body``."""
    data = body.encode()
    head = (
        "POST /_goRPC_ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


def memory_of(read: Callable[[], object]) -> int:
    """Return the bytes of memory that ``read`` takes at most."""
    tracemalloc.start()
    try:
        read()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def steps_of(read: Callable[[], object]) -> int:
    """Return how many functions ``read`` calls, in Python and in C."""
    count = 0

    def counted(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        if event in ("call", "c_call"):
            count += 1

    sys.setprofile(counted)
    try:
        read()
    finally:
        sys.setprofile(None)
    return count
