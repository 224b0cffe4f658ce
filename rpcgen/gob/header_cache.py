"""Headers that are known by their bytes: what is in front of the number is looked up, not read.

A header of ``net/rpc`` is like the last one of its method, except for its
number. Whatever is out of the ordinary, and the first header of each method,
goes the general way, through `Decoder`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, Literal, Protocol, TypeVar

from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import DecodeError
from rpcgen.schema import Schema

from ..values.limits import Limits
from .decoder import Decoder
from .numbers import uint_bytes
from .wire import STRING, StructType
from .wire import UINT as UINT_TYPE

__all__ = ["MAX_HEADERS", "Header", "HeaderDecoder"]

MAX_HEADERS: Final = 256
"""Maximum number of headers remembered in a direction: a peer may name any number of methods."""

# How a header begins; what else it has, it is remembered without.
_FIELDS: Final = (("ServiceMethod", STRING), ("Seq", UINT_TYPE))


class Header(Protocol):
    """A header, as far as it is remembered."""

    service_method: str
    seq: int


H = TypeVar("H", bound=Header)


class HeaderDecoder(Decoder, Generic[H]):
    """A stream on which every other value is a header: a method's name, a number, and more.

    A subclass, so that a header that is known costs one call and no copy. It
    stands on this of the Decoder: ``_data`` and ``_pos``, the bytes at hand and
    the place of the next; ``_base``, that of the first in the stream; ``_next``,
    which decodes the long way; ``_types``, what the sender has described;
    ``_owed`` and ``_needed``, which are set with ``_pos`` as ``_consume`` does;
    and ``_break``, which ends the stream.

    Args:
        make: Makes a header of a name and a number, where it has nothing else.
        schema: That of the header, whose first fields are the name and the number.
        limits: See `Decoder`, as for the others.
        strings: What becomes of strings that are not UTF-8.
        names: What becomes of fields whose names differ in case only.
    """

    def __init__(
        self,
        make: Callable[[str, int], H],
        schema: Schema[H],
        limits: Limits | None,
        strings: Literal["strict", "surrogateescape"],
        names: Literal["log", "strict"],
    ) -> None:
        super().__init__(limits=limits or Limits(), strings=strings, names=names)
        self._make = make
        self._schema = schema
        # By all that is in front of the number, from the length of the message to the method's
        # name: this name, and how many bytes the number has.
        self._known: dict[bytes, tuple[str, int]] = {}

    def decode_header(self) -> H:
        """Return the next header. Raises `DecodeError`."""
        data, pos = self._data, self._pos
        if pos == len(data):
            # Most often nothing more has come: that is found without a failure on the short way.
            return self._learned(self._base + pos, self._next(self._schema, self._schema))
        try:
            # The length, two bytes of id, 1, the length of the name, the name, 1, the number, 0.
            start = pos + 5 + data[pos + 4]
            name, width = self._known[data[pos:start]]
            end = start + width + 2
            seq = data[start + 1]
            if width > 1 or seq > 127:
                if width + seq != 257:  # its first byte is not the negated count of the others
                    raise IndexError("no number of Go's")
                seq = int.from_bytes(data[start + 2 : end - 1])
            if data[start] == 1 and data[end - 1] == 0:
                self._pos, self._owed, self._needed = end, False, 1
                return self._make(name, seq)
        except (IndexError, KeyError) as error:
            reraise_interrupt(error)
        return self._learned(self._base + pos, self.decode(self._schema))

    def _learned(self, begin: int, header: H) -> H:
        """Remember a header that was read at ``begin``, if others of its method are like it."""
        begin -= self._base
        if self._pos - begin > 128:
            return header  # definitions came first, or the length takes more than one byte
        message = self._data[begin : self._pos]
        name = header.service_method.encode("utf-8", "surrogateescape")
        number = uint_bytes(header.seq)
        rest = b"%b\1%b\0" % (name, number)
        # An id of the usual size, the two fields, and nothing else.
        if message != b"%c\xff%b\1%c%b" % (len(rest) + 4, message[2:3], len(name), rest):
            return header
        known = self._types.get(message[2] >> 1)
        if isinstance(known, StructType) and known.fields[:2] == _FIELDS:
            if len(self._known) >= MAX_HEADERS:
                self._known.clear()
            self._known[message[: 5 + len(name)]] = header.service_method, len(number)
        return header

    def _break(self, error: DecodeError) -> None:
        self._known.clear()
        super()._break(error)
