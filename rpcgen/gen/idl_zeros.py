"""Go's zero values, as the defaults of an IDL's fields spell them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from attrs import frozen

from ..protocol.reflection import Kind, TypeDescription

__all__ = ["Zero", "ZeroValues", "by_value_first"]

_NUMBERS: Final = {
    Kind.BOOL: "False",
    Kind.STRING: '""',
    Kind.BYTES: 'b""',
    Kind.FLOAT32: "0.0",
    Kind.FLOAT64: "0.0",
    Kind.COMPLEX64: "0j",
    Kind.COMPLEX128: "0j",
}

# Types of Go's library that are opaque: what makes their zero.
_LIBRARY: Final = {
    "time.Time": "datetime(1, 1, 1, tzinfo=UTC)",
    "big.Int": "0",
    "big.Float": "BigFloatValue()",
    "big.Rat": "Fraction()",
    "url.URL": '""',
    "uuid.UUID": "UUID(int=0)",
    "netip.Addr": "None",
    "netip.AddrPort": "AddrPort(None, 0)",
    "netip.Prefix": "None",
}

# Names in these, and the modules that they are from.
_MODULES: Final = {
    "datetime": "datetime",
    "UTC": "datetime",
    "BigFloatValue": "rpcgen.types",
    "Fraction": "fractions",
    "AddrPort": "rpcgen.types",
    "UUID": "uuid",
}


@frozen
class Zero:
    """A zero: its text, and True if a value of its own is made for each message."""

    text: str
    is_made: bool = False


class ZeroValues:
    """Spells the zero of each type of a description.

    Args:
        types: The types.
        names: Classes, enums and new types by number.
        use: Function that imports a name and returns how it is spelled.
    """

    def __init__(
        self,
        types: list[TypeDescription],
        names: dict[int, str],
        use: Callable[[str, str], str],
    ) -> None:
        self._types = types
        self._names = names
        self._use = use
        # Structs have those of structs in them, which may be the same ones many times over.
        self._known: dict[int, Zero | None] = {}

    def of(self, number: int) -> Zero | None:
        """Return the zero of a type, None if it is too much for a default.

        Args:
            number: Number of the type.
        """
        if number not in self._known:
            self._known[number] = self._of(number)
        return self._known[number]

    def _of(self, number: int) -> Zero | None:
        each = self._types[number]
        plain = self._plain(number, each)
        if plain is None or number not in self._names or each.kind in (Kind.ENUM, Kind.STRUCT):
            return plain
        if each.kind is Kind.OPAQUE:
            return plain
        return Zero(f"{self._names[number]}({plain.text})") if not plain.is_made else None

    def _plain(self, number: int, each: TypeDescription) -> Zero | None:
        if each.name == "time.Duration":
            return Zero(f"{self._use('datetime', 'timedelta')}()")
        if each.kind in _NUMBERS:
            return Zero(_NUMBERS[each.kind])
        match each.kind:
            case Kind.POINTER:
                return Zero("None")
            case Kind.INTERFACE:
                return Zero("None") if each.nullable or not each.union else None
            case Kind.SLICE:
                return Zero("list", True) if each.python != "tuple" else Zero("()")
            case Kind.MAP:
                return Zero("dict", True)
            case Kind.ENUM:
                return self._enum(number, each)
            case Kind.ARRAY:
                return self._array(each)
            case Kind.STRUCT:
                return self._struct(number, each)
            case Kind.OPAQUE:
                return self._opaque(number, each)
        return Zero("0") if each.kind.value.startswith(("int", "uint")) else None

    def _enum(self, number: int, each: TypeDescription) -> Zero | None:
        cls = self._names[number]
        is_text = self._types[each.element].kind is Kind.STRING
        for member in each.members:
            if (member.text == "") if is_text else (member.number == 0):
                return Zero(f"{cls}.{member.name}")
        return Zero(f'{cls}("")' if is_text else f"{cls}(0)")

    def _array(self, each: TypeDescription) -> Zero | None:
        if each.python == "bytes":
            return Zero(f"bytes({each.length})")
        inner = self.of(each.element)
        if inner is None:
            return None
        element = inner.text if not inner.is_made else _made(inner.text)
        if each.python == "tuple":
            return Zero(f"({element},) * {each.length}")
        if inner.is_made:
            return Zero(f"lambda: [{element} for _ in range({each.length})]", True)
        return Zero(f"lambda: [{element}] * {each.length}", True)

    def _struct(self, number: int, each: TypeDescription) -> Zero | None:
        if any(self.of(field.type) is None for field in each.fields):
            return None
        if each.hashable:
            return Zero(f"{self._names[number]}()")
        return Zero(self._names[number], True)

    def _opaque(self, number: int, each: TypeDescription) -> Zero | None:
        if number in self._names:
            return Zero(f"{self._names[number]}()")
        if each.name not in _LIBRARY:
            return None
        text = _LIBRARY[each.name]
        for name in re.findall(r"[A-Za-z]+", text):
            if name in _MODULES:
                self._use(_MODULES[name], name)
        return Zero(text)


def _made(text: str) -> str:
    """Return what a factory returns, as an expression."""
    if text.startswith("lambda: "):
        return text.removeprefix("lambda: ")
    return {"list": "[]", "dict": "{}"}.get(text, f"{text}()")


def by_value_first(types: list[TypeDescription], numbers: Iterable[int]) -> list[int]:
    """Return structs in an order in which each comes after those that it holds by value.

    Their classes make zeros of those, which must be there by then.

    Args:
        types: The types of a description.
        numbers: Numbers of structs, in the order that is kept where it can be.
    """
    wanted = dict.fromkeys(numbers)
    found: dict[int, None] = {}
    for number in wanted:
        waiting = [(number, iter(_held(types, number)))]
        entered = {number}
        while waiting:
            current, parts = waiting[-1]
            part = next(parts, None)
            if part is None:
                waiting.pop()
                found.setdefault(current, None)
            elif part not in entered and part not in found:
                entered.add(part)
                waiting.append((part, iter(_held(types, part))))
    return [number for number in found if number in wanted]


def _held(types: list[TypeDescription], number: int) -> Iterator[int]:
    for field in types[number].fields:
        part = field.type
        while types[part].kind is Kind.ARRAY:
            part = types[part].element
        if types[part].kind is Kind.STRUCT:
            yield part
