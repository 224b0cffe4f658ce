"""All that generated code, and the interpreter, ask of the stream that they work for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeAlias

from ..schema import Interface
from ..values.limits import Limits

__all__ = [
    "DecodeFunction",
    "DecodeStream",
    "EncodeFunction",
    "EncodeStream",
    "Encoding",
    "InterpretedStream",
]


class EncodeStream(Protocol):
    """Stream that a value is encoded for."""

    holds_large: bool
    """True once something was encoded that is so large that copies of it cost."""

    def encode_interface(self, value: object, out: list[bytes], schema: Interface) -> None:
        """Append the bytes of an interface value with the name of its type."""
        ...


# Appends the bytes of the value, as it stands at the top of a message, to the list.
EncodeFunction: TypeAlias = Callable[[Any, list[bytes], EncodeStream], None]


class Encoding(NamedTuple):
    """Encoder of the values of a schema.

    ``flushes``: there are interface values inside, whose types may have to be
    described, which ends a message in the middle.
    """

    function: EncodeFunction
    flushes: bool


class DecodeStream(Protocol):
    """Stream that a value is decoded from.

    ``depth`` is how many levels deeper a value may nest; positions are in the data.
    """

    limits: Limits
    room_left: int
    """Bytes in memory that decoded values may still take."""

    def decode_interface(
        self, data: bytes, pos: int, interface: Interface, depth: int
    ) -> tuple[Any, int]:
        """Return a value that brings its type along, and the position after it."""
        ...

    def skip_interface(self, data: bytes, pos: int, depth: int) -> int:
        """Return the position after a value that brings its type along."""
        ...

    def skip_value(self, data: bytes, pos: int, id: int, depth: int) -> int:
        """Return the position after a value of the wire type ``id``."""
        ...

    def across(self, data: bytes, pos: int, after: int) -> tuple[bytes, bytes, int]:
        """Return bytes that end beyond the data, what to go on with, and the position in it."""
        ...

    def charge(self, size: int) -> None:
        """Count so many bytes in memory."""
        ...

    def charge_elements(self, count: int, size: int, pos: int) -> None:
        """Count the memory of elements that begin at ``pos``."""
        ...

    def short(self, data: bytes) -> bytes:
        """Return the bytes of a number that is short enough to be decoded."""
        ...


class InterpretedStream(DecodeStream, Protocol):
    """Stream that a value is decoded from step by step, by the interpreter."""

    end: int
    """Position in the data where the message ends."""


# Takes the data, the position of the value in it, the stream, and how much deeper the
# value may nest; returns the value and the position after it.
DecodeFunction: TypeAlias = Callable[[bytes, int, DecodeStream, int], tuple[Any, int]]
