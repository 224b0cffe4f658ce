"""Interface of a codec: four methods on each side, bytes in and bytes out.

A codec belongs to one connection and keeps what the wire format needs to
remember from message to message (gob: the type definitions sent and received).
It does no I/O: the connection feeds it what arrives, and sends what it returns.

The encoding methods return a message as a sequence of buffers, so that large
values need not be copied; most messages are a sequence of one.

The decoding methods raise `TruncatedError` when the bytes so far do not hold
the whole thing, and take nothing then: they are called again after more has
been fed. Its reason says what it means if nothing more comes, in Go's words:
``EOF`` where there is nothing, ``unexpected EOF`` where something is cut.

They raise any other `DecodeError` when the bytes are wrong. A codec that is
still in step afterwards goes on with the next message; one that is not raises
again at the next header, which ends the connection.

For speed alone, a codec may be one of these as well, each as a whole; it is
asked once, when its connection begins:

- a `MeasuredCodec` tells what it holds;
- a `BufferedCodec` offers memory for the rest of a large message;
- a `DescribingCodec` tells when a message has described a type.

One that is an `ExtendedCodec` carries what a call may have beyond Go's net/rpc.

Mirrors ``rpc.ClientCodec`` and ``rpc.ServerCodec``, whose methods do the I/O
themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from typing import Any, Final, Protocol, TypeAlias, TypeVar, cast, overload, runtime_checkable

from rpcgen.schema import Schema

from .headers import Request, Response

__all__ = [
    "LARGE_MESSAGE_BYTES",
    "BufferedCodec",
    "ClientCodec",
    "DescribingCodec",
    "Encode",
    "EncodeKnown",
    "EncodePlain",
    "ExtendedCodec",
    "KnownRequestCodec",
    "MeasuredCodec",
    "PlainCodec",
    "ServedCalls",
    "ServedCallsCodec",
    "ServedSteps",
    "ServerCodec",
    "buffered_codec",
    "checked",
    "described_types",
    "encode_known",
    "encode_plain",
    "extended_codec",
    "is_large",
    "joined",
    "measured_codec",
    "get_buffer",
    "next_header",
    "served_calls",
]

T = TypeVar("T")
H = TypeVar("H", bound=Request | Response)

LARGE_MESSAGE_BYTES: Final = 65536
"""Size in bytes above which a message is treated as a large one."""

# Bytes of a large message that must be there before memory is taken for its rest.
_MIN_RECEIVED: Final = 16384

Encode: TypeAlias = Callable[[H, Schema[Any], object], Sequence[bytes]]
EncodePlain: TypeAlias = Callable[[str, int, Schema[Any], object], Sequence[bytes]]
EncodeKnown: TypeAlias = Callable[
    [str, int, int, Mapping[str, str] | None, Schema[Any], object], Sequence[bytes] | None
]


class ClientCodec(Protocol):
    """Writes requests and reads responses."""

    def encode_request(
        self, request: Request, schema: Schema[Any], args: object
    ) -> Sequence[bytes]:
        """Return a header and its arguments, as buffers that are sent one after the other.

        Args:
            request: The header.
            schema: Schema of the arguments.
            args: The arguments.

        Raises:
            EncodeError: They do not fit the schema; the codec is then as if this had not been
                called.
        """
        ...

    def feed(self, data: bytes) -> None:
        """Take bytes that have arrived.

        Args:
            data: The bytes, any number of them.
        """
        ...

    def decode_response_header(self) -> Response:
        """Return the next header.

        Raises:
            TruncatedError: It has not come as a whole yet.
            DecodeError: The bytes are not one.
        """
        ...

    @overload
    def decode_response_body(self, schema: None) -> None: ...
    @overload
    def decode_response_body(self, schema: Schema[T]) -> T: ...
    def decode_response_body(self, schema: Schema[Any] | None) -> object:
        """Return what follows the header.

        Args:
            schema: Schema of the value; None to skip it.

        Raises:
            TruncatedError: It has not come as a whole yet.
            DecodeError: The bytes are not a value of the schema.
        """
        ...


class ServerCodec(Protocol):
    """Reads requests and writes responses."""

    def feed(self, data: bytes) -> None:
        """Take bytes that have arrived.

        Args:
            data: The bytes, any number of them.
        """
        ...

    def decode_request_header(self) -> Request:
        """Return the next header.

        Raises:
            TruncatedError: It has not come as a whole yet.
            DecodeError: The bytes are not one.
        """
        ...

    @overload
    def decode_request_body(self, schema: None) -> None: ...
    @overload
    def decode_request_body(self, schema: Schema[T]) -> T: ...
    def decode_request_body(self, schema: Schema[Any] | None) -> object:
        """Return what follows the header.

        Args:
            schema: Schema of the value; None to skip it.

        Raises:
            TruncatedError: It has not come as a whole yet.
            DecodeError: The bytes are not a value of the schema.
        """
        ...

    def encode_response(
        self, response: Response, schema: Schema[Any], reply: object
    ) -> Sequence[bytes]:
        """Return a header and its reply, as buffers that are sent one after the other.

        Args:
            response: The header.
            schema: Schema of the reply.
            reply: The reply.

        Raises:
            EncodeError: They do not fit the schema; the codec is then as if this had not been
                called.
        """
        ...


@runtime_checkable
class MeasuredCodec(Protocol):
    """A codec that tells what it holds: no header is asked for in vain."""

    @property
    def pending(self) -> int:
        """Number of bytes that were fed and belong to no message yet."""
        ...

    @property
    def ahead(self) -> int:
        """Number of bytes that the next decoding method takes, as far as they are work.

        0 unless all of them are there, and if they are no more work than a
        copy. Where it is large, asyncio calls that method in a thread, and does
        not feed meanwhile.
        """
        ...


@runtime_checkable
class BufferedCodec(Protocol):
    """A codec that offers memory for the rest of a large message, to receive into."""

    @property
    def pending(self) -> int:
        """Number of bytes that were fed and belong to no message yet."""
        ...

    @property
    def needed(self) -> int:
        """Number of bytes that must at least come, as far as is known, to complete a message."""
        ...

    def get_buffer(self) -> memoryview:
        """Return memory for the bytes that are `needed`, or for some of them."""
        ...

    def buffer_updated(self, nbytes: int) -> None:
        """Feed the first bytes of the memory that `get_buffer` has returned."""
        ...


@runtime_checkable
class DescribingCodec(Protocol):
    """A codec whose messages describe types to later ones, and which tells when they do.

    Where an exception from outside ends ``encode_request``, and the collection
    has not grown, the codec is as if it had not been called, and the connection
    goes on.
    """

    described: Sized
    """A collection that grows with each type that the messages so far have described."""


class PlainCodec(Protocol):
    """A codec of this package that does without the objects of plain headers.

    A plain header is one of Go's, with no more in it than a method and a number: nearly all are.
    """

    next_header: Callable[[], Any]
    """A function that returns the next header, or None where no byte of it has come."""

    def encode_plain(
        self, method: str, seq: int, schema: Schema[Any], body: object
    ) -> Sequence[bytes]:
        """Return a message whose header is plain, as the method for headers does."""
        ...


class ServedSteps(Protocol):
    """Steps of the calls of `ServedCalls`."""

    started: Callable[[Any], None]
    """A function that does what `Execution.started` does."""

    succeeded: Callable[[Any, object], Sequence[bytes]]
    """A function that does what `Execution.succeeded` does."""

    def executor(
        self, connection: Any, encoding: object, lock: object, send_buffer: object
    ) -> Callable[[Any], float]:
        """Return what does as ``execute`` of a connection with threads.

        Args:
            connection: The connection, whose methods do what is out of the ordinary.
            encoding: Its lock over encoding and what is to be sent.
            lock: Its lock over what is to be sent.
            send_buffer: What is to be sent.
        """
        ...


class ServedCalls(Protocol):
    """Calls that have nothing beyond Go's, taken off a codec's stream in one step.

    A `ServerProtocol` has one for what is usual, if its codec has; all else goes to its own
    methods, with nothing consumed.
    """

    next: Callable[[], Any]
    """A function that returns the next event, as `ServerProtocol.next_event` does."""

    reply_parts: Callable[[Any, object], Sequence[bytes]]
    """A function that returns the bytes of a response, as `ServerProtocol.reply_parts` does."""

    def steps(
        self, execution: Any, set_current: Callable[[Any], object], unanswerable: type[Any]
    ) -> ServedSteps:
        """Return what does as the steps of an `Execution` whose statistics have locks.

        Args:
            execution: The execution.
            set_current: Takes note of the call that runs in this thread.
            unanswerable: Class of replies that are none.
        """
        ...


class ServedCallsCodec(Protocol):
    """A codec of this package that may have `ServedCalls`."""

    def served_calls(self, session: Any, cls: type[Any]) -> ServedCalls | None:
        """Return what takes calls of a class for a session, None if there is none."""
        ...


class KnownRequestCodec(Protocol):
    """A codec of this package that has a short way for time limits and metadata."""

    def encode_known_request(
        self,
        method: str,
        seq: int,
        timeout: int,
        metadata: Mapping[str, str] | None,
        schema: Schema[Any],
        args: object,
    ) -> Sequence[bytes] | None:
        """Return a request with a time limit in nanoseconds, or metadata, and no more.

        Returns:
            None where ``encode_request`` is to be called.
        """
        ...


@runtime_checkable
class ExtendedCodec(Protocol):
    """A codec that writes and reads `ExtendedRequest` and `ExtendedResponse` as well.

    It writes these for a header of that very class, and what is the class of Go's as Go does;
    what it reads is of Go's class unless there is more in it.

    A response with an ``error`` and a ``raised`` has the fields of that exception for its body,
    on both sides: the schema and the value are those of the exception.

    Until the peer has said `Feature.LARGE_HEADERS`, an extended header stays within 512 bytes,
    which servers of others take. A longer request raises `HeaderTooLongError`, an
    `EncodeError`; a longer response leaves
    out what Go's has not. Metadata is bounded by `Limits.metadata`: `EncodeError` for what is to
    be sent, and what has come fails its call, by a `DecodeError` with the body.
    """

    def request_number(self, seq: int) -> int | None:
        """Return the number by which `CancelArgs` and a drain notice mean a request.

        Args:
            seq: That of the header.

        Returns:
            The number, or None if no such request is open.
        """
        ...


def measured_codec(codec: ClientCodec | ServerCodec) -> MeasuredCodec | None:
    """Return a codec if it is a `MeasuredCodec`."""
    return cast("MeasuredCodec", codec) if _is_a(codec, MeasuredCodec) else None


def extended_codec(codec: ClientCodec | ServerCodec) -> ExtendedCodec | None:
    """Return a codec if it is an `ExtendedCodec`."""
    return cast("ExtendedCodec", codec) if _is_a(codec, ExtendedCodec) else None


def buffered_codec(codec: ClientCodec | ServerCodec) -> BufferedCodec | None:
    """Return a codec if it is a `BufferedCodec`."""
    return cast("BufferedCodec", codec) if _is_a(codec, BufferedCodec) else None


def described_types(codec: ClientCodec) -> Sized | None:
    """Return the collection of a codec that is a `DescribingCodec`."""
    return cast("DescribingCodec", codec).described if _is_a(codec, DescribingCodec) else None


def _is_a(codec: ClientCodec | ServerCodec, interface: type[Any]) -> bool:
    """Return whether a codec has the members of an interface.

    The bases are looked at first: until Python 3.12, `isinstance` looks for each member before.
    """
    return interface in type(codec).__mro__ or isinstance(codec, interface)


def _is_own(codec: ClientCodec | ServerCodec, interface: type[Any] = object) -> bool:
    """Return whether a codec comes with this package, and names an interface among its bases."""
    own = type(codec).__module__.partition(".")[0] == __name__.partition(".")[0]
    return own and interface in type(codec).__mro__


def encode_plain(
    codec: ClientCodec | ServerCodec, encode: Encode[H], header: Callable[[str, int], H]
) -> EncodePlain:
    """Return how to encode messages whose header is no more than a method and a number.

    A codec that comes with this package may do that without making the header: nearly all
    messages are such ones.

    Args:
        codec: The codec.
        encode: Its ``encode_request`` or ``encode_response``, see `checked`.
        header: Class of the header.

    Returns:
        A function of the method, the number, and schema and value of the body.
    """
    if _is_own(codec, PlainCodec):
        return cast("PlainCodec", codec).encode_plain
    return lambda method, seq, schema, body: encode(header(method, seq), schema, body)


def next_header(
    codec: ClientCodec | ServerCodec, decode: Callable[[], H]
) -> Callable[[], H | None]:
    """Return what gives a codec's next header, or None where no byte of it has come.

    A codec that does not tell raises `TruncatedError` there, which takes longer.

    Args:
        codec: The codec.
        decode: Its ``decode_request_header`` or ``decode_response_header``.
    """
    if _is_own(codec, PlainCodec):
        return cast("PlainCodec", codec).next_header
    measured = measured_codec(codec)
    if measured is None:
        return decode
    return lambda: decode() if measured.pending else None


def served_calls(codec: ServerCodec, session: Any, cls: type[Any]) -> ServedCalls | None:
    """Return what takes plain calls off a codec's stream, None where nothing does.

    Args:
        codec: The codec; one of the user's has none, who may have changed its methods.
        session: The `ServerProtocol`, whose state is looked at.
        cls: Class of the calls.
    """
    if _is_own(codec, ServedCallsCodec):
        return cast("ServedCallsCodec", codec).served_calls(session, cls)
    return None


def encode_known(codec: ClientCodec) -> EncodeKnown | None:
    """Return a codec's short way for requests with a time limit or metadata.

    Returns:
        None if it has none, or is one of the user's, who may have changed ``encode_request``.
    """
    if _is_own(codec, KnownRequestCodec):
        return cast("KnownRequestCodec", codec).encode_known_request
    return None


def is_large(codec: MeasuredCodec | None) -> bool:
    """Say whether what is decoded next takes long enough for a thread of its own to pay."""
    return codec is not None and codec.ahead > LARGE_MESSAGE_BYTES


def get_buffer(codec: BufferedCodec | None) -> memoryview | None:
    """Return memory for what a large message lacks, if one is being received and there is any."""
    # A length alone is no reason to take memory: some of the message must be there.
    if codec is None or codec.needed < LARGE_MESSAGE_BYTES or codec.pending < _MIN_RECEIVED:
        return None
    return codec.get_buffer()


def checked(codec: ClientCodec | ServerCodec, encode: Encode[H]) -> Encode[H]:
    """Return a codec's method that encodes, or one that raises `TypeError` unless it gives bytes.

    Args:
        codec: The codec; one that comes with this package need not be checked.
        encode: Its ``encode_request`` or ``encode_response``.
    """
    if _is_own(codec):
        return encode

    def encode_checked(header: H, schema: Schema[Any], body: object) -> Sequence[bytes]:
        parts: object = encode(header, schema, body)
        if not isinstance(parts, Iterable):
            parts = [parts]  # which is refused below, with what to return instead
        # In one piece, for the sake of simplicity: few write a codec for large values.
        data = b"".join([_bytes_of(codec, each) for each in parts])
        if not data:
            name = type(codec).__name__
            raise TypeError(f"{name} has encoded nothing: the other side would wait forever")
        return (data,)

    return encode_checked


def joined(buffers: Sequence[bytes]) -> bytes:
    """Return the bytes of an encoded message as one object."""
    return buffers[0] if len(buffers) == 1 else b"".join(buffers)


def _bytes_of(codec: ClientCodec | ServerCodec, data: object) -> bytes:
    if isinstance(data, bytes):
        return data
    if isinstance(data, (bytearray, memoryview)):
        return bytes(data)
    raise TypeError(
        f"{type(codec).__name__} has encoded {type(data).__name__}, which is no bytes:"
        " return a sequence of bytes, such as [data]"
    )
