"""Gob streams of one header and one body: what messages have in common is kept.

To write definitions and to read them costs many times as much as a message. So encoders that have
written them are kept, and codecs that have read them.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any, Final, Generic, Literal, TypeVar

from attrs import define, field

from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import TruncatedError
from rpcgen.gob import Encoder
from rpcgen.gob.framing import bounds, is_negative
from rpcgen.schema import Schema

from .gob_codec import GobClientCodec, GobServerCodec
from .headers import ExtendedRequest, ExtendedResponse, Request, Response

__all__ = ["MessageReader", "MessageWriter", "Pool", "Reading"]

C = TypeVar("C", GobClientCodec, GobServerCodec)
K = TypeVar("K")
V = TypeVar("V")

# Maximum number of schemas, of heads and of definitions that are kept, the last each with so many
# codecs. Definitions that are longer are not kept: a peer chooses them.
_MOST_KEPT: Final = 256
_MOST_IDLE: Final = 2
_LONGEST_KEPT: Final = 4096

# The same of headers: those whose length takes one byte.
_LONGEST_HEAD: Final = 128


class MessageWriter:
    """Encodes messages; any number of threads may be in it.

    Args:
        make: Class of Go's header.
        plain: Schema of that.
        extended: Schema of one that has more.
        strings: What becomes of strings that are not UTF-8.
    """

    def __init__(
        self,
        make: Callable[[str], Request | Response],
        plain: Schema[Any],
        extended: Schema[Any],
        strings: Literal["strict", "surrogateescape"],
    ) -> None:
        self._make = make
        self._plain = plain
        self._extended = extended
        self._strings = strings
        # By schemas of header and body: the definitions of both, and what has written them.
        self._kept: dict[tuple[Schema[Any], Schema[Any]], tuple[bytes, Encoder]] = {}
        # By method and schema: all that comes before a body, where the header is Go's.
        self._heads: dict[tuple[str, Schema[Any]], tuple[bytes, Encoder]] = {}

    def encode(self, header: Request | Response, schema: Schema[Any], body: object) -> bytes:
        """Return a message, definitions first.

        Args:
            header: Its header, whose number is 0.
            schema: That of the body.
            body: Its body.

        Raises:
            EncodeError: It does not fit.
        """
        is_plain = type(header) in (Request, Response)
        if is_plain and not getattr(header, "error", ""):
            return self.encode_plain(header.service_method, schema, body)
        of_header = self._plain if is_plain else self._extended
        known = self._kept.get((of_header, schema))
        if known is None:
            return self._encode_first(header, of_header, schema, body)
        definitions, encoder = known
        return encoder.encode_after(definitions + encoder.encode(header, of_header), body, schema)

    def encode_plain(self, method: str, schema: Schema[Any], body: object) -> bytes:
        """Return a message whose header says nothing but the method."""
        known = self._heads.get((method, schema))
        if known is not None:
            head, encoder = known
            return encoder.encode_after(head, body, schema)
        header = self._make(method)
        data = self._encode_first(header, self._plain, schema, body)
        kept = self._kept.get((self._plain, schema))
        if kept is not None:
            definitions, encoder = kept
            head = definitions + encoder.encode(header, self._plain)
            _keep(self._heads, (method, schema), (head, encoder))
        return data

    def _encode_first(
        self, header: Request | Response, of_header: Schema[Any], schema: Schema[Any], body: object
    ) -> bytes:
        """Encode with a fresh encoder, and keep that if others of the schemas are like it."""
        encoder = Encoder(strings=self._strings)
        head, rest = encoder.encode(header, of_header), encoder.encode(body, schema)
        if not encoder.is_settled(schema):  # else there may be definitions for each value
            return head + rest
        defined, begun = _after_definitions(head)[0], _after_definitions(rest)[0]
        definitions = head[:defined] + rest[:begun]
        _keep(self._kept, (of_header, schema), (definitions, encoder))
        return b"".join((definitions, head[defined:], rest[begun:]))


@define(eq=False)
class Pool(Generic[C]):
    """Codecs that have read the same definitions.

    Attributes:
        definitions: The definitions.
        count: How many there are.
        idle: Codecs that nobody uses, as what reads by them; taking and adding one is atomic.
        headers: Headers by the bytes that follow the definitions.
    """

    definitions: bytes
    count: int
    idle: list[Reading[C]] = field(factory=list)
    headers: dict[bytes, Request | Response] = field(factory=dict)


@define(eq=False)
class Reading(Generic[C]):
    """A message that is being read; afterwards it is used for another one.

    Attributes:
        codec: What reads it.
        pool: Where the codec belongs to.
        header: The header, if it is known by its bytes, or was read; None if it is next.
        head: Bytes by which other messages with this header are known; empty if they are already,
            or cannot be.
    """

    codec: C
    pool: Pool[C]
    header: Request | Response | None = None
    head: bytes = b""


class MessageReader(Generic[C]):
    """Gives each message a codec that has read its definitions before, if there is one.

    Any number of threads may be in it.

    Args:
        make: Makes a codec.
    """

    def __init__(self, make: Callable[[], C]) -> None:
        self._make: Callable[[], C] = make
        self._pools: dict[bytes, Pool[C]] = {}
        # The one that was used last.
        self._last: Pool[C] = Pool(b"\0", 0)

    def begin(self, message: bytes) -> Reading[C]:
        """Return what is about to read a message.

        Raises:
            DecodeError: The message begins with no definitions and no value.
        """
        pool = self._last
        start = len(pool.definitions)
        if len(message) > start and message.startswith(pool.definitions):
            # The header of one message is like that of another of the same method, as a rule.
            end = start + 1 + message[start]
            header = pool.headers.get(message[start:end])
            if header is not None and pool.idle:
                reading = _taken(pool)
                if reading is not None:
                    reading.codec.feed(message[end:])
                    reading.header, reading.head = _copy(header), b""
                    return reading
        return self._begin(message)

    def _begin(self, message: bytes) -> Reading[C]:
        """Begin to read a message whose header is not known, or for which there is no codec."""
        pool = self._last
        if not (message.startswith(pool.definitions) and _has_value(message, pool)):
            pool = self._last = self._pool(message)
        start = len(pool.definitions)
        reading = _taken(pool)
        if reading is None:
            reading = Reading(self._make(), pool)
            reading.codec.feed(message)
        else:
            reading.codec.feed(message[start:])
        end = start + 1 + message[start]
        head = message[start:end]
        is_short = len(head) < _LONGEST_HEAD and len(head) == end - start
        reading.header, reading.head = None, head if is_short else b""
        return reading

    def end(self, reading: Reading[C]) -> None:
        """Keep a codec that has read a whole message, if it is fit for another one."""
        pool = reading.pool
        if len(reading.codec.types) != pool.count:
            return  # the message has described more, in the middle
        if reading.head:
            self._know(reading)
        if len(pool.idle) < _MOST_IDLE:
            pool.idle.append(reading)

    def _know(self, reading: Reading[C]) -> None:
        """Know further messages with the same header by its bytes."""
        header = reading.header
        if header is not None and not getattr(header, "error", ""):
            _keep(reading.pool.headers, reading.head, _copy(header))

    def _pool(self, message: bytes) -> Pool[C]:
        size, count = _after_definitions(message)
        definitions = message[:size]
        pool = self._pools.get(definitions)
        if pool is None:
            pool = Pool(definitions, count)
            if size <= _LONGEST_KEPT:
                _keep(self._pools, definitions, pool)
        return pool


def _taken(pool: Pool[C]) -> Reading[C] | None:
    """Take one of the codecs that nobody uses, if there is any."""
    try:
        return pool.idle.pop()
    except IndexError as error:
        reraise_interrupt(error)
        return None


def _has_value(message: bytes, pool: Pool[C]) -> bool:
    """Return True if a value follows the definitions with which a message begins."""
    start, after = bounds(message, len(pool.definitions))
    return start < after <= len(message) and not is_negative(message, start)


def _copy(header: Request | Response) -> Request | Response:
    """Return a header like another one, which whoever has it may change."""
    if type(header) is Request or type(header) is Response:
        return type(header)(header.service_method)
    own = copy(header)
    own.seq = 0
    metadata = getattr(own, "metadata", None)
    if metadata is not None:
        assert isinstance(own, (ExtendedRequest, ExtendedResponse))
        own.metadata = metadata.copy()
    return own


def _keep(kept: dict[K, V], key: K, value: V) -> None:
    """Add to what is kept, of which there is not too much."""
    if len(kept) >= _MOST_KEPT:
        kept.clear()
    kept[key] = value


def _after_definitions(data: bytes) -> tuple[int, int]:
    """Return where the first message of a stream is that is no definition, and how many are.

    Raises:
        DecodeError: The data ends before that.
    """
    pos = count = 0
    while True:
        start, after = bounds(data, pos)
        if not start < after <= len(data):
            raise TruncatedError("unexpected EOF")
        if not is_negative(data, start):
            return pos, count
        pos, count = after, count + 1
