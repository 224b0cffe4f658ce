"""Headers that are known by their bytes: what is in front of the number is looked up, not read.

A header of ``net/rpc`` is like the last one of its method, except for its
number, and for the time that is left where calls have a time limit. What else
a header has, such as metadata, is looked up by its bytes, too. Whatever
is out of the ordinary, and the first header of each method, goes the general
way, through `Decoder`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Generic, Protocol, TypeVar

from rpcgen._interrupts import reraise_interrupt
from rpcgen.schema import Schema, Struct

from .decoder import Decoder
from .encoder import Encoder
from .numbers import int_bytes, uint_bytes
from .wire import INT, STRING, StructType
from .wire import UINT as UINT_TYPE

__all__ = ["MAX_HEADERS", "Header", "HeaderDecoder"]

MAX_HEADERS: Final = 256
"""Maximum number of headers remembered in a direction: a peer may name any number of methods."""

# First fields of a type of headers, the last of them if more than the number is remembered.
_FIELDS: Final[tuple[tuple[str, int], ...]] = (
    ("ServiceMethod", STRING),
    ("Seq", UINT_TYPE),
    ("Timeout", INT),
)


class Header(Protocol):
    """A header, as far as it is remembered."""

    service_method: str
    seq: int


H = TypeVar("H", bound=Header)


class HeaderDecoder(Generic[H]):
    """Reads the headers of a stream on which every other value is one.

    A header that is known costs one call and no copy. For that, this stands on
    the inside of the `Decoder`: ``_data`` and ``_pos``, the bytes at hand and the
    place of the next; ``_base``, that of the first in the stream; ``_owed`` and
    ``_needed``, which are set with ``_pos`` as ``_consume`` does; ``_types``, what
    the sender has described; and ``_broken``, which is not None once the stream
    has ended with an error.

    Args:
        decoder: The stream.
        make: Makes a header of a name and a number, where it has nothing else.
        schema: That of such a header, whose first fields are the name and the number.
        extended: Schema of a header that has further fields.
        finish: Called with a header that was not known by its bytes; returns what takes its
            place, of the class that ``make`` makes if there is nothing in the further fields.
        make_timed: Makes one of ``extended`` of a name, a number and a ``timeout``; None if it
            has no such field.
        make_like: Makes one of ``extended`` of another name and another number, which has
            otherwise what a known one has; None to know none with ``metadata``.
    """

    def __init__(
        self,
        decoder: Decoder,
        make: Callable[[str, int], H],
        schema: Schema[H],
        extended: Schema[Any],
        finish: Callable[[H], H],
        make_timed: Callable[[str, int, int], H] | None = None,
        make_like: Callable[[H, str, int], H] | None = None,
    ) -> None:
        self.stream = decoder
        self._make = make
        self._schema = schema
        self._extended = extended
        self._finish = finish
        self._make_timed = make_timed
        self._make_like = make_like
        self._further = _names(extended) - _names(schema)
        # The schemas of types that have come, by their ids as they stand on the wire.
        self._schemas: dict[bytes, Schema[Any]] = {}
        # By all that is in front of the number, from the length of the message to the method's
        # name: this name, and how many bytes the number has, 0 where a time or more follows it.
        self._known: dict[bytes, tuple[str, int]] = {}
        # Times by the bytes that end a header with them: those of calls that follow one another are
        # often the same.
        self._timeouts: dict[bytes, int] = {}
        # Headers with metadata, by their ids and all that follows the number.
        self._ends: dict[bytes, H] = {}

    def decode(self) -> H:
        """Return the next header. Raises `DecodeError`."""
        header = self.next()
        return self._decode_general() if header is None else header

    def next(self) -> H | None:
        """Return the next header, or None where no byte of it has come. Raises `DecodeError`."""
        stream = self.stream
        data, pos = stream._data, stream._pos
        if pos == len(data) or stream._broken is not None:
            # Most often nothing more has come: that is found without a failure on the short way.
            return self._decode_general() if stream.pending or stream._broken else None
        try:
            # The length, two bytes of id, 1, the length of the name, the name, 1, the number, 0.
            start = pos + 5 + data[pos + 4]
            name, width = self._known[data[pos:start]]
            if not width:
                return self._decode_more(name, start, pos)
            end = start + width + 2
            seq = data[start + 1]
            if width > 1 or seq > 127:
                if width + seq != 257:  # its first byte is not the negated count of the others
                    raise IndexError("no number of Go's")
                seq = int.from_bytes(data[start + 2 : end - 1])
            if data[start] == 1 and data[end - 1] == 0:
                stream._pos, stream._owed, stream._needed = end, False, 1
                return self._make(name, seq)
        except (IndexError, KeyError) as error:
            reraise_interrupt(error)
        return self._decode_general()

    def served_calls(
        self, session: Any, cls: type[Any], encoder: Encoder, heads: dict[str, list[bytes]]
    ) -> Any:
        """Return what takes plain calls off the stream for a session: here, nothing does.

        Args:
            session: The server's side of a connection.
            cls: Class of its calls.
            encoder: The stream of its replies.
            heads: Beginnings of the headers of replies, by method and the bytes that follow.
        """
        return None

    def _decode_general(self) -> H:
        """Return the next header by way of the `Decoder`."""
        stream = self.stream
        data, pos, begin = stream._data, stream._pos, stream._base + stream._pos
        # First as if the length took one byte.
        known = self._schemas.get(data[pos + 1 : pos + 3])
        schema = known or self._schemas.get(_id_bytes(data, pos)) or self._choose()
        return self._learned(begin, self._finish(stream.decode(schema)))

    def _choose(self) -> Schema[Any]:
        """Return the schema for the next header, whose type may be described in front of it.

        Further fields of another type than ours are somebody else's, and passed over.
        """
        stream = self.stream
        id = stream.next_type()
        known = stream._types.get(id)
        has_further = isinstance(known, StructType) and self._further & dict(known.fields).keys()
        is_extended = has_further and stream.accepts(id, self._extended)
        schema = self._extended if is_extended else self._schema
        data = _id_bytes(stream._data, stream._pos)
        if data[:1] == b"\xff":  # the whole id, then
            self._schemas[data] = schema
        return schema

    def _decode_more(self, name: str, start: int, begin: int) -> H:
        """Return a header whose number begins after ``start``, and is followed by more."""
        stream = self.stream
        data = stream._data
        end = begin + 1 + data[begin]
        seq, pos = data[start + 1], start + 2
        if seq > 127:
            pos += 256 - seq
            seq = int.from_bytes(data[start + 2 : pos])
        # No number has more than 8 bytes after its first one; and the message is all there.
        if data[start] != 1 or pos - start > 10 or data[end - 1] != 0:
            raise IndexError("no number, or something else after it")
        field = data[pos:end]
        timeout = self._timeouts.get(field)
        if timeout is None:
            known = self._ends.get(data[begin + 1 : begin + 3] + field)
            if known is not None and self._make_like is not None:
                stream._pos, stream._owed, stream._needed = end, False, 1
                return self._make_like(known, name, seq)
            timeout = self._timeout(field)
        if not timeout or self._make_timed is None:
            raise IndexError("another field than the number or the time")
        stream._pos, stream._owed, stream._needed = end, False, 1
        return self._make_timed(name, seq, timeout)

    def _timeout(self, field: bytes) -> int:
        """Return the time limit that a header ends with, and remember it; 0 if it is no time."""
        timeout, after = field[1], 2
        if timeout > 127:
            after += 256 - timeout
            timeout = int.from_bytes(field[2:after])
        # No number has more than 8 bytes after its first one, and nothing follows.
        is_end = after <= 10 and field[0] == 1 and field[after:] == b"\0"
        if not is_end or timeout & 1:
            return 0
        if len(self._timeouts) >= MAX_HEADERS:
            self._timeouts.clear()
        self._timeouts[field] = timeout >> 1
        return timeout >> 1

    def _learned(self, begin: int, header: H) -> H:
        """Remember a header that was read at ``begin``, if others of its method are like it."""
        stream = self.stream
        begin -= stream._base
        if begin < 0 or stream._pos - begin > 128:
            # Its bytes have been let go; or definitions came first, or the length takes more than
            # one byte.
            return header
        message = stream._data[begin : stream._pos]
        name = header.service_method.encode("utf-8", "surrogateescape")
        # An id of the usual size, the two fields, and nothing else than perhaps a time or metadata.
        head = b"%c\xff%b\1%c%b" % (len(message) - 1, message[2:3], len(name), name)
        if not message.startswith(head):
            return header
        number, rest = uint_bytes(header.seq), message[len(head) :]
        end = b""
        # Where more than the number is known, a field after it is taken for the time if it can be.
        if rest == b"\1%b\0" % number:
            fields, width = _FIELDS[:2], len(number)
        elif self._make_timed is not None and rest == _timed(number, header):
            fields, width = _FIELDS, 0
        elif (
            self._make_like is not None
            and getattr(header, "metadata", None)
            and rest.startswith(b"\1" + number)
        ):
            fields, width, end = _FIELDS, 0, message[1:3] + rest[1 + len(number) :]
        else:
            return header
        known = stream._types.get(message[2] >> 1)
        if isinstance(known, StructType) and known.fields[: len(fields)] == fields:
            if len(self._known) >= MAX_HEADERS:
                self._known.clear()
            self._known[head] = header.service_method, width
            if end:
                self._learn_end(end, header)
        return header

    def _learn_end(self, end: bytes, header: H) -> None:
        """Remember what follows the number in a header with metadata."""
        assert self._make_like is not None  # or it is not looked for
        if len(self._ends) >= MAX_HEADERS:
            self._ends.clear()
        # One of its own: whoever has the header may change it.
        self._ends[end] = self._make_like(header, "", 0)


def _timed(number: bytes, header: Any) -> bytes:
    """Return what follows the name in a header of a number and a time."""
    timeout: int = getattr(header, "timeout", 0)
    return b"\1%b\1%b\0" % (number, int_bytes(timeout)) if timeout > 0 else b""


def _id_bytes(data: bytes, pos: int) -> bytes:
    """Return the first two bytes, which are the id as a rule, of the message at a place."""
    if pos >= len(data):
        return b""
    start = pos + 1 if data[pos] < 128 else pos + 257 - data[pos]
    return data[start : start + 2]


def _names(schema: Schema[Any]) -> set[str]:
    assert isinstance(schema, Struct)
    return {each.wire_name for each in schema.fields}
