"""Go type declarations, as text, turned into Python classes and annotations."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, NewType, Optional, Union

import attrs

from rpcgen._names import go_name
from rpcgen.types import (
    URL,
    BigFloat,
    BigInt,
    BigRat,
    GoType,
    NetHardwareAddr,
    NetIP,
    NetipAddr,
    NetipAddrPort,
    NetIPMask,
    NetipPrefix,
    length,
    wire,
)

__all__ = ["Universe", "UnsupportedTypeError"]

_TOKEN = re.compile(r"//[^\n]*|`[^`]*`|[\w.\u0370-\u03ff]+|[^\S\n]+|.|\n")

# Called by another name, since type checkers want to know types before the program runs.
_new_type: Any = NewType

_BASIC: dict[str, Any] = {
    "bool": bool,
    "int": int,
    "float64": float,
    "complex128": complex,
    "string": str,
    "any": Any,
    "error": Any,
    "byte": Annotated[int, GoType("uint8")],
    "rune": Annotated[int, GoType("int32")],
    **{
        name: Annotated[int, GoType(name)]
        for name in (
            "int8 int16 int32 int64 uint uint8 uint16 uint32 uint64 uintptr float32 complex64"
        ).split()
    },
}

_LIBRARY: dict[str, Any] = {
    "big.Float": BigFloat,
    "big.Int": BigInt,
    "big.Rat": BigRat,
    "net.HardwareAddr": NetHardwareAddr,
    "net.IP": NetIP,
    "net.IPMask": NetIPMask,
    "netip.Addr": NetipAddr,
    "netip.AddrPort": NetipAddrPort,
    "netip.Prefix": NetipPrefix,
    "time.Duration": timedelta,
    "time.Time": datetime,
    "url.URL": URL,
}

_LIBRARY_DECLARATIONS = {
    "image.Point": "type Point struct { X, Y int }",
    "net.IPAddr": "type IPAddr struct { IP net.IP; Zone string }",
    "net.IPNet": "type IPNet struct { IP net.IP; Mask net.IPMask }",
    "net.TCPAddr": "type TCPAddr struct { IP net.IP; Port int; Zone string }",
    "net.UDPAddr": "type UDPAddr struct { IP net.IP; Port int; Zone string }",
    "time.Month": "type Month int",
    "time.Weekday": "type Weekday int",
}


class UnsupportedTypeError(TypeError):
    """A Go type that has no counterpart, such as a channel."""


class Universe:
    """The types of a Go program: annotations for their Go names and literals.

    ``declarations`` maps names without the package to ``type Name ...``;
    ``opaque`` has the classes for those that encode themselves.
    """

    def __init__(self, declarations: Mapping[str, str], opaque: Mapping[str, type]) -> None:
        self._declarations = {
            **_LIBRARY_DECLARATIONS,
            **{f"main.{name}": text for name, text in declarations.items()},
        }
        self._known: dict[str, Any] = {
            **_BASIC,
            **_LIBRARY,
            **{f"main.{name}": cls for name, cls in opaque.items()},
        }

    def annotation(self, go_type: str) -> Any:
        """Return the annotation for a Go type, such as ``map[string]*main.Point``."""
        parser = _Parser(self, go_type)
        annotation = parser.type()
        parser.end()
        return annotation

    def named(self, name: str) -> Any:
        """Return the annotation for a named type; its package defaults to main."""
        for full in (name, f"main.{name}"):
            if full in self._known:
                return self._known[full]
            if full in self._declarations:
                return self._declare(full, self._declarations[full])
        for full, annotation in _LIBRARY.items():
            if full.endswith(f".{name.removeprefix('main.')}"):
                return annotation  # a stream tells no package
        raise UnsupportedTypeError(f"no declaration of {name}")

    def octet(self, go_type: str) -> bool:
        """Say whether the type is uint8 by another name or its own."""
        while f"main.{go_type.removeprefix('main.')}" in self._declarations:
            text = self._declarations[f"main.{go_type.removeprefix('main.')}"]
            go_type = text.split(None, 2)[2].strip()
        return go_type in ("uint8", "byte")

    def _declare(self, full: str, text: str) -> Any:
        package, _, name = full.rpartition(".")
        parser = _Parser(self, re.sub(r"^\s*type\s+\w+\s*=?\s*", "", text))
        if parser.peek() == "struct":
            cls = new_struct(name, full)
            self._known[full] = cls
            give_fields(cls, parser.fields())
            return self._known[full]
        alias: Any = _new_type(name, None)
        alias.__module__ = package
        self._known[full] = alias
        annotation = parser.type()
        if typing.get_origin(annotation) in (Union, types.UnionType):
            # The name is that of the map itself, which may be nil.
            alias.__supertype__ = typing.get_args(annotation)[0]
            self._known[full] = Optional[alias]  # noqa: UP045
        else:
            alias.__supertype__ = annotation
        return self._known[full]


class _Parser:
    def __init__(self, universe: Universe, text: str) -> None:
        self._universe = universe
        self._tokens = [
            token for token in _TOKEN.findall(text) if not token.startswith(("//", " ", "\t"))
        ]
        self._at = 0

    def peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def take(self, *expected: str) -> str:
        token = self.peek()
        if expected and token not in expected:
            raise UnsupportedTypeError(f"{token!r} where {expected} is wanted")
        self._at += 1
        return token

    def end(self) -> None:
        while self.peek() == "\n":
            self.take()
        if self.peek():
            raise UnsupportedTypeError(f"{self.peek()!r} after the type")

    def type(self) -> Any:
        token = self.take()
        if token == "*":
            return Optional[self.type()]  # noqa: UP045
        if token == "[":
            return self._sequence()
        if token == "map":
            self.take("[")
            key = self.type()
            self.take("]")
            return Optional[dict.__class_getitem__((key, self.type()))]  # noqa: UP045
        if token == "interface":
            self._braces()
            return Any
        if token == "struct":
            self._at -= 1
            cls = new_struct("Anonymous", "")
            give_fields(cls, self.fields())
            return cls
        if token in ("chan", "func", "<"):
            raise UnsupportedTypeError(f"{token} has no counterpart")
        return self._universe.named(token)

    def _sequence(self) -> Any:
        if self.peek() == "]":
            self.take()
            element = self.peek()
            item = self.type()
            if element in ("uint8", "byte"):
                return bytes
            return list.__class_getitem__(item)
        count = int(self.take())
        self.take("]")
        elements: Any = tuple.__class_getitem__((self.type(), ...))
        return Annotated[elements, length(count)]

    def _braces(self) -> None:
        depth = 0
        while True:
            depth += {"{": 1, "}": -1}.get(self.take(), 0)
            if depth == 0:
                return

    def fields(self) -> Iterator[tuple[str, Any]]:
        """Yield names and annotations of a struct's fields."""
        self.take("struct")
        self.take("{")
        while self.peek() != "}":
            if self.peek() in ("\n", ";"):
                self.take()
                continue
            yield from self._field()
            if self.peek().startswith("`"):
                self.take()
        self.take("}")

    def _field(self) -> Iterator[tuple[str, Any]]:
        if self.peek() == "*":  # an embedded pointer
            self.take()
            name = self.take()
            yield name.rpartition(".")[2], Optional[self._universe.named(name)]  # noqa: UP045
            return
        names = [self.take()]
        while self.peek() == ",":
            self.take()
            names.append(self.take())
        if self.peek() in ("\n", ";", "}", "") or self.peek().startswith("`"):  # embedded
            yield names[0].rpartition(".")[2], self._universe.named(names[0])
            return
        try:
            annotation = self.type()
        except UnsupportedTypeError:
            if names[0][0].isupper() and self._tokens[self._at - 1] not in ("chan", "func"):
                raise
            self._to_end_of_field()
            return  # gob passes channels and functions over
        for name in names:
            yield name, annotation

    def _to_end_of_field(self) -> None:
        while self.peek() not in ("\n", ";", "}", ""):
            self.take()


def new_struct(name: str, wire_name: str) -> type:
    """Return a message class whose fields are still to come."""
    return wire(wire_name)(type(name, (), {}))


def give_fields(cls: type, fields: Iterator[tuple[str, Any]]) -> None:
    """Make ``cls`` an attrs class with the fields that Go would export.

    Where Go would export none it has them all, so that it cannot be sent either.
    """
    all_fields = dict(fields)
    exported = {name: hint for name, hint in all_fields.items() if name[0].isupper()}
    chosen = exported or all_fields
    for name in chosen:
        setattr(cls, name, attrs.field())
    cls.__annotations__ = {
        name: hint if go_name(name) == name else Annotated[hint, wire(name)]
        for name, hint in chosen.items()
    }
    # Without slots it stays the same class, which others may refer to already.
    attrs.frozen(slots=False)(cls)
