"""What a codec is: four methods on each side, bytes in and bytes out.

A codec belongs to one connection and keeps what the wire format needs to
remember from message to message (gob: the type definitions sent and received).
It does no I/O: the connection feeds it what arrives, and sends what it returns.

The decoding methods raise `TruncatedError` when the bytes so far do not hold
the whole thing, and take nothing then: they are called again after more has
been fed. Its reason says what it means if nothing more comes, in Go's words:
``EOF`` where there is nothing, ``unexpected EOF`` where something is cut.

They raise any other `DecodeError` when the bytes are wrong. A codec that is
still in step afterwards goes on with the next message; one that is not raises
again at the next header, which ends the connection.

A codec may also have, for speed alone:

- ``pending``, the number of bytes that were fed and belong to no message yet:
  where it is 0, no header is asked for in vain. Beside it ``has_input()``, which
  says whether it is not 0, in less time.
- ``needed``, the number of bytes that must at least be fed, as far as is known,
  before the message being received is whole; with it ``space()``, which returns
  memory for these or some of them, and ``filled(count)``, which feeds them.
- ``ahead``, the number of bytes that the next decoding method takes, if all of
  them were fed and they are more work than a copy, and else 0: where it is
  large, asyncio calls that method in a thread, and does not feed meanwhile.
- ``described``, a collection that grows with each type that the messages so far
  have described, or does not at all: where an exception from outside ends
  ``encode_request``, and the collection has not grown, the codec is as if it
  had not been called, and the connection goes on.
- ``encode_request_parts`` or ``encode_response_parts``, which give a list of
  what together is the message, so that large values need not be copied.

Mirrors ``rpc.ClientCodec`` and ``rpc.ServerCodec``, whose methods do the I/O
themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, TypeAlias, TypeVar, overload

from rpcgen.schema import Schema

from .headers import Request, Response

__all__ = [
    "LARGE",
    "ClientCodec",
    "ResponseEncoder",
    "ServerCodec",
    "checked_parts",
    "checked_whole",
    "filled",
    "input_check",
    "is_large",
    "is_ours",
    "request_encoder",
    "response_encoder",
    "space",
]

T = TypeVar("T")
H = TypeVar("H", contravariant=True)

LARGE: Final = 65536
"""What it pays to treat as a large message, in bytes."""

_ENOUGH: Final = 16384

PartsEncoder: TypeAlias = Callable[[H, Schema[Any], object], Sequence[bytes]]
ResponseEncoder: TypeAlias = Callable[[Response, Schema[Any], object], bytes]


class ClientCodec(Protocol):
    """Writes requests and reads responses."""

    def encode_request(self, request: Request, schema: Schema[Any], args: object) -> bytes:
        """Return the bytes of a header and its arguments.

        Raises `EncodeError` if they do not fit the schema, and is then as if
        it had not been called.
        """
        ...

    def feed(self, data: bytes) -> None:
        """Take bytes that have arrived."""
        ...

    def decode_response_header(self) -> Response:
        """Return the next header. Raises `DecodeError`."""
        ...

    @overload
    def decode_response_body(self, schema: None) -> None: ...
    @overload
    def decode_response_body(self, schema: Schema[T]) -> T: ...
    def decode_response_body(self, schema: Schema[Any] | None) -> object:
        """Return what follows the header; without a schema, skip it. Raises `DecodeError`."""
        ...


class ServerCodec(Protocol):
    """Reads requests and writes responses."""

    def feed(self, data: bytes) -> None:
        """Take bytes that have arrived."""
        ...

    def decode_request_header(self) -> Request:
        """Return the next header. Raises `DecodeError`."""
        ...

    @overload
    def decode_request_body(self, schema: None) -> None: ...
    @overload
    def decode_request_body(self, schema: Schema[T]) -> T: ...
    def decode_request_body(self, schema: Schema[Any] | None) -> object:
        """Return what follows the header; without a schema, skip it. Raises `DecodeError`."""
        ...

    def encode_response(self, response: Response, schema: Schema[Any], reply: object) -> bytes:
        """Return the bytes of a header and its reply.

        Raises `EncodeError` if they do not fit the schema, and is then as if
        it had not been called.
        """
        ...


def input_check(codec: ClientCodec | ServerCodec) -> Callable[[], bool]:
    """Return what says whether there may be a header to decode: the codec's own, if it has one.

    A codec that does not tell must be asked for the header.
    """
    if _prefers(codec, "has_input", "pending"):
        own: Callable[[], bool] = codec.has_input  # type: ignore[union-attr]
        return own

    def has_input() -> bool:
        pending: int = getattr(codec, "pending", 1)
        return pending > 0

    return has_input


def is_large(codec: ClientCodec | ServerCodec) -> bool:
    """Say whether what is decoded next takes long enough for a thread of its own to pay."""
    ahead: int = getattr(codec, "ahead", 0)
    return ahead > LARGE


def space(codec: ClientCodec | ServerCodec) -> memoryview | None:
    """Return memory for what a large message lacks, if one is being received and there is any."""
    needed: int = getattr(codec, "needed", 0)
    # A length alone is no reason to take memory: some of the message must be there.
    if needed < LARGE or codec.pending < _ENOUGH:  # type: ignore[union-attr]
        return None
    view: memoryview = codec.space()  # type: ignore[union-attr]
    return view


def filled(codec: ClientCodec | ServerCodec, count: int) -> None:
    """Feed what has been put into `space`."""
    codec.filled(count)  # type: ignore[union-attr]


def request_encoder(codec: ClientCodec) -> PartsEncoder[Request]:
    """Return what encodes requests in parts."""
    if _prefers(codec, "encode_request_parts", "encode_request"):
        in_parts: PartsEncoder[Request] = codec.encode_request_parts  # type: ignore[attr-defined]
        return in_parts
    return lambda request, schema, args: (codec.encode_request(request, schema, args),)


def response_encoder(codec: ServerCodec) -> PartsEncoder[Response]:
    """Return what encodes responses in parts."""
    if _prefers(codec, "encode_response_parts", "encode_response"):
        in_parts: PartsEncoder[Response] = codec.encode_response_parts  # type: ignore[attr-defined]
        return in_parts
    return lambda response, schema, reply: (codec.encode_response(response, schema, reply),)


def is_ours(codec: ClientCodec | ServerCodec) -> bool:
    """Say whether a codec comes with this package, and need not be checked at every message."""
    return type(codec).__module__.partition(".")[0] == __name__.partition(".")[0]


def checked_whole(codec: ServerCodec) -> ResponseEncoder:
    """Return what encodes responses, and raises `TypeError` unless there are bytes to send."""

    def encode(response: Response, schema: Schema[Any], reply: object) -> bytes:
        return _not_empty(codec, _bytes_of(codec, codec.encode_response(response, schema, reply)))

    return encode


def checked_parts(codec: ServerCodec, encode: PartsEncoder[Response]) -> PartsEncoder[Response]:
    """Return the same for what encodes them in parts."""

    def encode_parts(response: Response, schema: Schema[Any], reply: object) -> Sequence[bytes]:
        # In one piece, for the sake of simplicity: few write a codec for large values.
        parts = encode(response, schema, reply)
        return (_not_empty(codec, b"".join([_bytes_of(codec, part) for part in parts])),)

    return encode_parts


def _bytes_of(codec: ServerCodec, data: object) -> bytes:
    if isinstance(data, bytes):
        return data
    if isinstance(data, (bytearray, memoryview)):
        return bytes(data)
    raise TypeError(f"{type(codec).__name__} has encoded {type(data).__name__}, which is no bytes")


def _not_empty(codec: ServerCodec, data: bytes) -> bytes:
    if data:
        return data
    raise TypeError(f"{type(codec).__name__} has encoded nothing: the client would wait for ever")


def _prefers(codec: object, parts: str, whole: str) -> bool:
    """Say which of two methods is meant: a class that replaces one leaves the other behind."""
    for cls in type(codec).__mro__:
        if parts in vars(cls) or whole in vars(cls):
            return parts in vars(cls)
    return False
