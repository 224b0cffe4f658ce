"""Messages one after the other on a stream, between an API and what carries them to a broker.

::

    size (4 bytes), kind (1), number (8), size of the service's name (1), the name, the message

The numbers and the size are unsigned and big-endian; the size counts all that follows it. A
request of kind `CANCEL` has the number of the call that nobody waits for any more, in 8 bytes, in
the place of a message; its response has nothing there. Responses name no service.

So clients and servers of both APIs speak to a broker as they do to a peer on a connection: these
codecs stand on `rpcgen.protocol.message`, and what reads the other end is a `FrameReader`. The
numbers are those of one stream, and do not travel in the messages.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from copy import copy
from functools import partial
from typing import Any, Final, Literal, NamedTuple

from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import DecodeError, EncodeError, TruncatedError
from rpcgen.schema import Schema
from rpcgen.values.limits import Limits

from .codec import ExtendedCodec, MeasuredCodec, PlainCodec
from .headers import CANCEL_METHOD, CancelArgs, ExtendedRequest, Request, Response
from .message import MessageClientCodec, MessageServerCodec

__all__ = [
    "CALL",
    "CANCEL",
    "Frame",
    "FrameClientCodec",
    "FrameReader",
    "FrameServerCodec",
    "frame",
    "number_in",
    "pack_number",
    "too_large",
]

CALL: Final = 0
"""Kind of a frame that holds a request or a response."""

CANCEL: Final = 1
"""Kind of a frame that cancels a call, or answers one that does."""

_HEAD: Final = struct.Struct(">IBQB")
_NUMBER: Final = struct.Struct(">Q")
_pack: Final = _HEAD.pack
_unpack_from: Final = _HEAD.unpack_from
_HEAD_SIZE: Final = _HEAD.size

# Bytes of the head that the size counts, and those that it does not.
_SIZE: Final = 4
_REST: Final = _HEAD_SIZE - _SIZE

# End of the text of an error that was too long for a broker.
_CUT: Final = "... (cut to the broker's max_payload)"

# Maximum number of services whose names are kept in bytes.
_MOST_KEPT: Final = 256


class Frame(NamedTuple):
    """One message on a stream.

    Attributes:
        kind: `CALL` or `CANCEL`.
        number: That of the request on the stream.
        service: Name of the service that is called; empty in a response.
        message: The message.
    """

    kind: int
    number: int
    service: str
    message: bytes


# As `Frame._make`, without a function of Python's in between.
_make_frame: Final[Callable[[tuple[int, int, str, bytes]], Frame]] = partial(tuple.__new__, Frame)


def frame(number: int, message: bytes, kind: int = CALL, service: bytes = b"") -> bytes:
    """Return the bytes of a frame; see `Frame`."""
    length = len(service)
    return _pack(_REST + length + len(message), kind, number, length) + service + message


def pack_number(number: int) -> bytes:
    """Return what a `CANCEL` has in the place of a message."""
    return _NUMBER.pack(number)


def number_in(message: bytes) -> int:
    """Return the number that a `CANCEL` has in the place of a message."""
    return int.from_bytes(message)


class FrameReader:
    """Cuts a stream into frames, which come from this process and are as they should be."""

    def __init__(self) -> None:
        self._data = b""
        self._pos = 0
        # A frame whose size is known and which is not whole, and how much of it is still to come.
        self._parts: list[bytes] = []
        self._missing = 0

    def __len__(self) -> int:
        """Return the number of bytes that belong to no frame yet that was returned."""
        return len(self._data) - self._pos + sum(map(len, self._parts))

    def feed(self, data: bytes) -> None:
        """Take bytes that have come."""
        if self._missing > 0:
            self._parts.append(data)
            self._missing -= len(data)
            if self._missing > 0:
                return
            data = b"".join(self._parts)
            self._parts.clear()
        if self._pos == len(self._data):
            self._data = data
        else:
            self._data = self._data[self._pos :] + data
        self._pos = 0

    def next_frame(self) -> Frame | None:
        """Return the next frame, None if it is not whole yet."""
        data, pos = self._data, self._pos
        start = pos + _HEAD_SIZE
        if len(data) < start:
            return None
        size, kind, number, length = _unpack_from(data, pos)
        end = pos + _SIZE + size
        if len(data) < end:
            self._missing = end - len(data)
            self._parts.append(data[pos:])
            self._pos = len(data)
            return None
        self._pos = end
        if not length:
            return _make_frame((kind, number, "", data[start:end]))
        begin = start + length
        return _make_frame((kind, number, data[start:begin].decode(), data[begin:end]))


def too_large(size: int, most: int, what: str) -> str:
    """Return the text of the error of a message that a broker does not take.

    Args:
        size: Its size in bytes.
        most: Maximum size.
        what: What it is, such as "reply".
    """
    return (
        f"the {what} has {size} bytes, and the broker takes {most} at most"
        " (max_payload in its configuration): allow more there, or call servers directly"
    )


class _FrameCodec(MeasuredCodec, ExtendedCodec, PlainCodec):
    """Base of both sides.

    Args:
        next_header: Returns the next header, or None where no byte of it has come.
        most: Maximum size of a message in bytes.
    """

    def __init__(self, next_header: Callable[[], Request | Response | None], most: int) -> None:
        self._frames = FrameReader()
        self._next_frame = self._frames.next_frame
        # The cancellation that is being read.
        self._cancel: Frame | None = None
        self._most = most
        self.feed = self._frames.feed
        self.next_header = next_header

    @property
    def pending(self) -> int:
        """Number of bytes of frames that are still to be read."""
        return len(self._frames)

    @property
    def ahead(self) -> int:
        """0: brokers bound how long messages are."""
        return 0

    def request_number(self, seq: int) -> int | None:
        """Return the number itself; see `ExtendedCodec`."""
        return seq

    def _check_is_whole(self) -> None:
        """Raise `TruncatedError` if there is a frame that is not whole yet."""
        if self.pending:
            raise TruncatedError("unexpected EOF")

    def _too_large(self, message: bytes, what: str) -> EncodeError:
        """Return the error of a message that a broker does not take."""
        return EncodeError(too_large(len(message), self._most, what))


class FrameClientCodec(_FrameCodec):
    """Writes requests and reads responses as frames; see `GobClientCodec` for the options.

    Args:
        limits: Bounds for what a response may hold.
        most: Maximum size of a request in bytes.
        strings: What becomes of strings that are not UTF-8.
        strict_names: What becomes of fields whose names differ in case only.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        most: int = 1 << 20,
        *,
        strings: Literal["strict", "surrogateescape"] = "strict",
        strict_names: bool = False,
    ) -> None:
        super().__init__(self._next_header, most)
        messages = MessageClientCodec(limits, strings=strings, strict_names=strict_names)
        self._messages = messages
        self._write_plain, self._read_header = messages.write_plain, messages.read_header
        # Names of services, by methods.
        self._services: dict[str, bytes] = {}

    def encode_request(
        self, request: Request, schema: Schema[Any], args: object
    ) -> Sequence[bytes]:
        """Return the frame, in one piece."""
        method, seq = request.service_method, request.seq
        if type(request) is not ExtendedRequest or method == CANCEL_METHOD:
            return self.encode_plain(method, seq, schema, args)
        (message,) = self._messages.encode_request(request, schema, args)
        service = self._services.get(method) or self._service(method)
        if len(message) > self._most:
            raise self._too_large(message, f"call of {method}")
        return (frame(seq, message, CALL, service),)

    def encode_plain(
        self, method: str, seq: int, schema: Schema[Any], body: object
    ) -> Sequence[bytes]:
        """Return the frame of a request that has no more than a method and a number."""
        service = self._services.get(method)
        if service is None:
            if method == CANCEL_METHOD and isinstance(body, CancelArgs):
                return (frame(seq, pack_number(body.seq), CANCEL),)
            service = self._service(method)
        message = self._write_plain(method, schema, body)
        size = len(message)
        if size > self._most:
            raise self._too_large(message, f"call of {method}")
        # `frame` once more, which would be a call for every request.
        length = len(service)
        return (_pack(_REST + length + size, CALL, seq, length) + service + message,)

    def _service(self, method: str) -> bytes:
        """Return the name of a method's service, in bytes."""
        name = method.rpartition(".")[0].encode("utf-8", "replace")
        if len(name) > 255:
            raise EncodeError(f"{method[:80]}...: a service's name has 255 bytes at most here")
        if len(self._services) >= _MOST_KEPT:
            self._services.clear()
        self._services[method] = name
        return name

    def decode_response_header(self) -> Response:
        """Return the next header."""
        header = self._next_header()
        if header is None:
            raise TruncatedError("EOF")
        return header

    def _next_header(self) -> Response | None:
        found = self._next_frame()
        if found is None:
            self._check_is_whole()
            return None
        kind, number, _, message = found
        if kind != CANCEL:
            self._cancel = None
            return self._read_header(message, number)
        self._cancel = found
        return Response(CANCEL_METHOD, number)

    def decode_response_body(self, schema: Schema[Any] | None) -> Any:
        """Return what follows the header."""
        if self._cancel is not None:
            return True
        return self._messages.decode_response_body(schema)


class FrameServerCodec(_FrameCodec):
    """Reads requests and writes responses as frames; see `FrameClientCodec`.

    Args:
        limits: Bounds for what a request may hold.
        most: Returns the maximum size of a response in bytes; asked again for one that is larger,
            as brokers change.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        most: Callable[[], int] = lambda: 1 << 20,
    ) -> None:
        super().__init__(self._next_header, most())
        self._ask_most = most
        self._messages = messages = MessageServerCodec(limits)
        self._write_plain, self._read_header = messages.write_plain, messages.read_header
        # True if the message that is being read has no header.
        self._is_broken = False

    def decode_request_header(self) -> Request:
        """Return the next header; of a message that has none, one that names no method."""
        header = self._next_header()
        if header is None:
            raise TruncatedError("EOF")
        return header

    def _next_header(self) -> Request | None:
        found = self._next_frame()
        if found is None:
            self._check_is_whole()
            return None
        kind, number, _, message = found
        self._is_broken = False
        if kind == CANCEL:
            self._cancel = found
            return Request(CANCEL_METHOD, number)
        self._cancel = None
        try:
            request = self._read_header(message)
        except DecodeError as error:  # of one client among many
            reraise_interrupt(error)
            self._is_broken = True
            return Request("", number)
        request.seq = number
        return request

    def decode_request_body(self, schema: Schema[Any] | None) -> Any:
        """Return what follows the header."""
        if self._cancel is not None:
            return CancelArgs(number_in(self._cancel.message))
        if self._is_broken:
            raise DecodeError("the message is no request")
        return self._messages.decode_request_body(schema)

    def encode_response(
        self, response: Response, schema: Schema[Any], reply: object
    ) -> Sequence[bytes]:
        """Return the frame, in one piece."""
        seq = response.seq
        if not response.error and type(response) is Response:
            return self.encode_plain(response.service_method, seq, schema, reply)
        own = copy(response)
        own.seq = 0
        (message,) = self._messages.encode_response(own, schema, reply)
        if self._is_too_large(len(message)) and self._cut_error(own, len(message)):
            (message,) = self._messages.encode_response(own, schema, reply)
        if len(message) > self._most:
            raise self._too_large(message, "reply")
        return (frame(seq, message),)

    def _is_too_large(self, size: int) -> bool:
        """Return True for a response that the broker does not take."""
        if size > self._most:
            self._most = self._ask_most()
        return size > self._most

    def _cut_error(self, response: Response, size: int) -> bool:
        """Cut the text of an error so that its message fits; False if that is not what is large.

        Args:
            response: What has the text, and gets the one that is cut.
            size: Size of the message in bytes.
        """
        text, rest = response.error.encode("utf-8", "replace"), _CUT.encode()
        left = len(text) - (size - self._most) - len(rest)
        if left < 0:
            return False
        response.error = text[:left].decode("utf-8", "ignore") + _CUT
        return True

    def encode_plain(
        self, method: str, seq: int, schema: Schema[Any], body: object
    ) -> Sequence[bytes]:
        """Return the frame of a response that has no more than a method and a number."""
        message = self._write_plain(method, schema, body)
        size = len(message)
        if size > self._most and self._is_too_large(size):
            raise self._too_large(message, "reply")
        return (_pack(_REST + size, CALL, seq, 0) + message,)
