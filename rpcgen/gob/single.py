"""Single values as streams of their own: what all values of a schema have in common is kept.

A stream begins with definitions, which are the same for all values of a schema. To write them,
to read them and to find out what is to be done costs many times as much as a value. So encoders
that have written them are kept, and decoders that have read them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeAlias

from .._interrupts import reraise_interrupt
from ..errors import DecodeError
from ..schema import Struct, schema_for
from ..values.limits import Limits
from .decode.received_types import leads_to_interface
from .framing import bounds, is_negative
from .numbers import read_int
from .wire import WireType

__all__ = ["DEFAULT_LIMITS", "SingleDecoder", "SingleEncoder"]

_Strings: TypeAlias = Literal["strict", "surrogateescape"]

DEFAULT_LIMITS: Final = Limits()
"""Limits of whoever passes none."""

# Maximum number of schemas kept in a direction, and of decoders for threads of each. Definitions
# that are longer are not kept: a peer chooses them.
_MOST_KEPT: Final = 64
_MOST_IDLE: Final = 2
_LONGEST_KEPT: Final = 4096


class _Encoder(Protocol):
    def encode(self, value: object, schema: object = None) -> bytes: ...
    def encode_after(self, ahead: bytes, value: object, schema: object = None) -> bytes: ...
    def is_settled(self, schema: object) -> bool: ...


class _Decoder(Protocol):
    @property
    def pending(self) -> int: ...
    @property
    def types(self) -> dict[int, WireType]: ...
    def decode(self, schema: object = None) -> Any: ...
    def decode_after(self, data: bytes, pos: int, schema: object) -> Any: ...


# Definitions, and an encoder that has written them, by what was asked for.
_Encoders: TypeAlias = dict[object, tuple[bytes, _Encoder]]


class SingleEncoder:
    """Encodes values as streams of their own.

    Args:
        make: Makes the encoder of a stream.
    """

    def __init__(self, make: Callable[..., _Encoder]) -> None:
        self._make = make
        # By what strings may be, then by schema, or by class where values come without.
        self._known: dict[str, _Encoders] = {"strict": {}, "surrogateescape": {}}
        self._by_class: dict[str, _Encoders] = {"strict": {}, "surrogateescape": {}}

    @property
    def strict(self) -> tuple[_Encoders, _Encoders]:
        """Encoders that are kept for strings that must be UTF-8: by schema, and by class."""
        return self._known["strict"], self._by_class["strict"]

    def encode(self, value: object, schema: object, strings: _Strings) -> bytes:
        """Return definitions and the value; see `rpcgen.gob.dumps`."""
        try:
            if schema is None:
                asked: object = value.__class__
                definitions, encoder = self._by_class[strings][asked]
            else:
                asked = schema
                definitions, encoder = self._known[strings][schema]
        except (KeyError, TypeError):  # what has not come before, or cannot be hashed
            return self._first(value, schema, strings)
        return encoder.encode_after(definitions, value, asked)

    def _first(self, value: object, schema: object, strings: _Strings) -> bytes:
        """Encode with a fresh encoder, and keep that if others of the schema are like it."""
        encoder = self._make(strings=strings)
        if schema is None and _is_plain_message(value):
            data = encoder.encode(value, type(value))
            self._keep(self._by_class[strings], type(value), data, encoder)
            return data
        data = encoder.encode(value, schema)
        if schema is not None:
            self._keep(self._known[strings], schema, data, encoder)
        return data

    def _keep(self, known: _Encoders, asked: object, data: bytes, encoder: _Encoder) -> None:
        # Else there may be definitions for each value, or the schema cannot be hashed.
        if not encoder.is_settled(asked):
            return
        if len(known) >= _MOST_KEPT:
            known.clear()
        known[asked] = data[: _after_definitions(data)], encoder


def _is_plain_message(value: object) -> bool:
    """Return True for a value whose class alone says its schema."""
    cls = type(value)
    if not hasattr(cls, "__attrs_attrs__") or hasattr(cls, "rpcgen_described"):
        return False
    schema = schema_for(value)
    return isinstance(schema, Struct) and schema.cls is cls and not schema.arguments


class _Pool(NamedTuple):
    """Decoders that have read the same definitions and know values of a schema."""

    definitions: bytes
    idle: list[_Decoder]


class SingleDecoder:
    """Decodes values from streams of their own.

    Args:
        make: Makes the decoder of a stream.
    """

    def __init__(self, make: Callable[..., _Decoder]) -> None:
        self._make = make
        # By what strings may be and what was asked for; the definitions that came last.
        self._known: dict[str, dict[object, _Pool]] = {"strict": {}, "surrogateescape": {}}

    @property
    def strict(self) -> dict[object, _Pool]:
        """Pools that are kept for strings that must be UTF-8, by what was asked for."""
        return self._known["strict"]

    def decode(
        self, data: bytes, schema: object, strings: _Strings, strict_names: bool, limits: Limits
    ) -> Any:
        """Return the only value of a stream; see `rpcgen.gob.loads`."""
        # Others are rare, and would make more to tell apart.
        is_usual = type(data) is bytes and schema is not None
        is_usual = is_usual and limits is DEFAULT_LIMITS and not strict_names
        if is_usual:
            try:
                definitions, idle = self._known[strings][schema]
                if data.startswith(definitions):
                    decoder = idle.pop()
                    value = decoder.decode_after(data, len(definitions), schema)
                    idle.append(decoder)
                    return value
            except Exception as error:
                # A value that has not come before, is in use, or is wrong, which is told below.
                reraise_interrupt(error)
        decoder = self._make(data, limits=limits, strings=strings, strict_names=strict_names)
        value = decoder.decode(schema)
        if decoder.pending:
            raise DecodeError("there is more after the value", len(data) - decoder.pending)
        if is_usual:
            self._keep(self._known[strings], data, schema, decoder)
        return value

    def _keep(
        self, known: dict[object, _Pool], data: bytes, schema: object, decoder: _Decoder
    ) -> None:
        start = _after_definitions(data)
        id, _ = read_int(data, bounds(data, start)[0], len(data))
        # Types that come with values would have to be forgotten.
        if start > _LONGEST_KEPT or leads_to_interface(decoder.types, id):
            return
        pool = known.get(schema)
        if pool is not None and pool.definitions == data[:start]:
            if len(pool.idle) < _MOST_IDLE:
                pool.idle.append(decoder)
            return
        if len(known) >= _MOST_KEPT:
            known.clear()
        known[schema] = _Pool(data[:start], [decoder])


def _after_definitions(data: bytes) -> int:
    """Return where the message begins that no definition is in, of a whole stream."""
    pos = 0
    while True:
        start, after = bounds(data, pos)
        if not is_negative(data, start):
            return pos
        pos = after
