"""Helpers of generated functions that encode, by the names that these call."""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection
from typing import Any, Final

from ..._interrupts import reraise_interrupt
from ...errors import EncodeError
from ...schema import Enum, Int, String, Uint
from ...values.registry import Typed
from .. import numbers
from ..source import MisfitError
from ..streams import EncodeStream

__all__ = ["RUNTIME", "EnumTable"]


def _boolean(value: object) -> bytes:
    if value is False:
        return b"\0"
    raise MisfitError("not a bool")


def _sized_int(bits: int) -> Callable[[int], bytes]:
    def encode(value: int) -> bytes:
        if -1 << bits - 1 <= value < 1 << bits - 1:
            return numbers.int_bytes(value)
        raise EncodeError(f"{value} does not fit int{bits}")

    return encode


def _sized_uint(bits: int) -> Callable[[int], bytes]:
    def encode(value: int) -> bytes:
        if 0 <= value < 1 << bits:
            return numbers.uint_bytes(value)
        raise EncodeError(f"{value} does not fit uint{bits}")

    return encode


def _count(value: Any) -> bytes:
    size = len(value)
    return numbers.UINT[size] if size < 512 else numbers.uint_bytes(size)


def _sized(data: bytes) -> bytes:
    return _count(data) + data


def _text(value: str) -> bytes:
    return _sized(value.encode())


def _size(data: bytes, stream: EncodeStream) -> bytes:
    size = len(data)
    if size >= numbers.MIN_ZERO_COPY_BYTES:
        stream.holds_large = True
    return numbers.uint_bytes(size)


def _after_size(data: bytes, out: list[bytes], stream: EncodeStream) -> bytes:
    out.append(_size(data, stream))
    return data


def _byte_string(value: object) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise MisfitError("not bytes")
    return bytes(value)


def _byte_slice(value: Any) -> bytes:
    return _sized(bytes(_elements(value)))


def _byte_array(value: Any, length: int) -> bytes:
    data = getattr(value, "bytes", None)  # of a UUID
    if data is None:
        data = bytes(_elements(value, data=True))
    if len(data) != length:
        raise EncodeError(f"{len(data)} elements where there must be {length}")
    if not data.isascii():
        data = b"".join([numbers.UINT[byte] for byte in data])
    return numbers.uint_bytes(length) + data


def _elements(value: Any, data: bool = False) -> Any:
    """Return ``value`` if it is a sequence: characters, keys and numbers are not its elements."""
    if isinstance(value, list | tuple) or (data and isinstance(value, bytes | bytearray)):
        return value
    if isinstance(value, str | bytes | bytearray | dict | set | frozenset):
        raise MisfitError("not a sequence")
    return list(value)


def _array_elements(value: Any, length: int) -> Any:
    value = _elements(value)
    if len(value) != length:
        raise EncodeError(f"{len(value)} elements where there must be {length}")
    return value


def _position(values: Any, item: object) -> int:
    """Return where the element is that has failed: no equal one before it would have gone well."""
    return next(index for index, each in enumerate(values) if each is item)


def _distinct(data: list[bytes], start: int, seen: set[bytes]) -> None:
    """Check that the key whose bytes begin at ``start`` is none that went before it."""
    key = b"".join(data[start:])
    if key in seen:
        raise EncodeError(
            "a key that is the same to Go as one before it, such as floats that are the same as "
            "float32: entries would vanish"
        )
    seen.add(key)


def _hashable(key: object) -> None:
    """Check a key of ``map[interface{}]``: Go panics at one that cannot be compared."""
    if isinstance(key, Typed):
        key = key.value
    if isinstance(key, bytes | tuple):
        raise EncodeError(f"a {type(key).__name__} is a slice, which Go does not take for a key")


def _nil() -> None:
    raise EncodeError("None here, but Go cannot send a nil pointer that is no field of a struct")


def _encoder_of(base: Int | Uint | String) -> Callable[[Any], bytes]:
    """Return the function that encodes what travels of an enum."""
    if isinstance(base, String):
        return _text
    if isinstance(base, Uint):
        return numbers.uint_bytes if base.bits == 64 else _sized_uint(base.bits)
    return numbers.int_bytes if base.bits == 64 else _sized_int(base.bits)


class EnumTable(dict[Any, bytes]):
    """The bytes of each member; combinations of flags are made when they are met."""

    def __init__(self, schema: Enum[Any]) -> None:
        encode = _encoder_of(schema.base)
        super().__init__({each: encode(each.value) for each in schema.cls.__members__.values()})
        self._schema = schema
        self._encode: Callable[[Any], bytes] = encode
        self._is_member = schema.cls.__instancecheck__

    def joined(self, values: Collection[Any]) -> bytes:
        """Return the bytes of all values in a row, without a step of Python's for each."""
        if not all(map(self._is_member, values)):
            raise MisfitError(f"not all are {self._schema.cls.__name__}")
        return b"".join(map(self.__getitem__, values))

    def __missing__(self, value: Any) -> bytes:
        if not isinstance(value, self._schema.cls):
            raise MisfitError(f"not a {self._schema.cls.__name__}")
        return self._encode(value.value)


RUNTIME: Final[dict[str, Any]] = {
    "INT": numbers.INT,
    "NEXT_INT": [b"\1" + data for data in numbers.INT],
    "NEXT_UINT": [b"\1" + data for data in numbers.UINT],
    "UINT": numbers.UINT,
    "after_size": _after_size,
    "array_elements": _array_elements,
    "boolean": _boolean,
    "count": _count,
    "distinct": _distinct,
    "elements": _elements,
    "float_bytes": numbers.float_bytes,
    "hashable": _hashable,
    "reraise_interrupt": reraise_interrupt,
    "int_bytes": numbers.int_bytes,
    "nil": _nil,
    "byte_array": _byte_array,
    "byte_slice": _byte_slice,
    "byte_string": _byte_string,
    "position": _position,
    "pack_float": struct.Struct("<Bd").pack,
    "pack_step_and_float": struct.Struct("<Hd").pack,
    "single": numbers.single,
    "size": _size,
    "sized": _sized,
    "uint_bytes": numbers.uint_bytes,
    **{f"int{bits}": _sized_int(bits) for bits in (8, 16, 32)},
    **{f"uint{bits}": _sized_uint(bits) for bits in (8, 16, 32)},
}
