"""`describe`: what the traffic says of services, methods and types, as an IDL is written from it.

gob carries names and fields of structs, maps, slices and arrays. It does not carry how wide a
number is, whether a field is a pointer, or the names of numbers and strings: they come as ``int``,
``uint``, ``float``, ``str``. JSON carries no types at all: what is there is guessed from the
values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from attrs import evolve

from rpcgen.gob import wire
from rpcgen.gob.opaque import library_name
from rpcgen.gob.wire import WireType
from rpcgen.protocol.reflection import (
    Description,
    FieldDescription,
    Kind,
    MethodDescription,
    ServiceDescription,
    TypeDescription,
)

from .guess import guessed
from .traffic import Body, Call
from .wire_names import name_elements, name_times

__all__ = ["describe"]

# Types that gob knows from the start.
_BASIC: Final[dict[int, Kind]] = {
    wire.BOOL: Kind.BOOL,
    wire.INT: Kind.INT,
    wire.UINT: Kind.UINT,
    wire.FLOAT: Kind.FLOAT64,
    wire.BYTES: Kind.BYTES,
    wire.STRING: Kind.STRING,
    wire.COMPLEX: Kind.COMPLEX128,
    wire.INTERFACE: Kind.INTERFACE,
}

_NEVER_SEEN: Final = "It was never answered without an error, so what it returns is not known."

_DIFFERS: Final = "Its {} came as several types; this is the first of them."

_GUESSED: Final = "Its types are guessed from values of JSON."

# Text of a Go server for a method that it has not.
_NO_METHOD: Final = re.compile(r"^rpc: (can't find|service/method)")


def describe(calls: Iterable[Call], package: str = "") -> Description:
    """Return a description of what was called.

    A method that the server has not, and what rpcgen has of its own, is left out.

    Args:
        calls: The calls of a recording.
        package: Package of the types, of which gob says nothing.
    """
    calls = list(calls)
    for call in calls:
        for body in (call.args, call.reply):
            if body is not None:
                name_times(body.types, body.type, body.value)
                name_elements(body.types)
    table = _Table(f"{package}." if package else "")
    services: dict[str, dict[str, list[Call]]] = {}
    for call in calls:
        service, _, method = call.method.rpartition(".")
        if service and method and not service.startswith(("rpcgen.", "_goRPC_")):
            services.setdefault(service, {}).setdefault(method, []).append(call)
    described = [
        ServiceDescription(name=name, methods=[*_methods(methods, table)])
        for name, methods in services.items()
    ]
    return Description([each for each in described if each.methods], table.types)


def _methods(methods: Mapping[str, list[Call]], table: _Table) -> Iterator[MethodDescription]:
    for name, calls in methods.items():
        if not all(_NO_METHOD.match(call.error) for call in calls):
            yield _method(name, calls, table)


def _method(name: str, calls: list[Call], table: _Table) -> MethodDescription:
    notes = []
    requests = table.numbers_of([call.args for call in calls], name)
    replies = [call.reply for call in calls if call.reply is not None]
    responses = table.numbers_of(replies, f"{name}Reply") or [table.anything()]
    if not replies:
        notes.append(_NEVER_SEEN)
    if any(call.codec == "json" for call in calls):
        notes.append(_GUESSED)
    for what, numbers in (("argument", requests), ("reply", responses)):
        if len(numbers) > 1:
            notes.append(_DIFFERS.format(what))
    return MethodDescription(
        name=name,
        doc="\n\n".join(notes),
        request=requests[0],
        response=responses[0],
        parameter="args" if table.types[requests[0]].kind is Kind.STRUCT else "value",
    )


class _Table:
    """The types of all streams, each once."""

    def __init__(self, prefix: str) -> None:
        self.types: list[TypeDescription] = []
        self._prefix = prefix
        # Numbers by what the types look like, and those that are known of a stream's types.
        self._by_shape: dict[object, int] = {}
        self._known: dict[tuple[int, int], int] = {}
        # Keeps the streams' types alive, by whose identity they are known.
        self._streams: list[Mapping[int, WireType]] = []

    def anything(self) -> int:
        """Return the number of the type that may be anything."""
        return self._add(("anything",), TypeDescription(Kind.INTERFACE))

    def numbers_of(self, bodies: Iterable[Body], name: str) -> list[int]:
        """Return the numbers of the types of some values, each once.

        Args:
            bodies: The values.
            name: What a struct without a name is called, such as those of JSON.
        """
        gob = [body for body in bodies if body.type]
        numbers = {self._number(body.types, body.type, name): None for body in gob}
        json = [body.value for body in bodies if not body.type]
        if json:
            numbers.setdefault(guessed(json, self._prefix + name, self._append))
        return list(numbers)

    def _append(self, described: TypeDescription) -> int:
        self.types.append(described)
        return len(self.types) - 1

    def _add(self, shape: object, described: TypeDescription) -> int:
        number = self._by_shape.get(shape)
        if number is None:
            number = self._by_shape[shape] = self._append(described)
        return number

    def _number(self, types: Mapping[int, WireType], id: int, place: str) -> int:
        """Return the number of a type; ``place`` is what it is called if it has no name."""
        if id in _BASIC:
            return self._add((id,), TypeDescription(_BASIC[id]))
        known = self._known.get((_identity(types), id))
        if known is not None:
            return known
        self._streams.append(types)
        shape = _shape(types, id)
        number = self._by_shape.get(shape)
        if number is None:
            # Known before its parts are, which may hold it.
            number = self._add(shape, TypeDescription())
            self._known[_identity(types), id] = number
            self.types[number] = self._described(types, types.get(id), place)
        self._known[_identity(types), id] = number
        return number

    def _described(
        self, types: Mapping[int, WireType], known: WireType | None, place: str
    ) -> TypeDescription:
        match known:
            case wire.StructType(name=name, fields=fields):
                if not fields:
                    return TypeDescription(Kind.NOTHING)
                described = [
                    FieldDescription(name=field, type=self._number(types, id, field))
                    for field, id in fields
                ]
                return TypeDescription(
                    Kind.STRUCT, f"{self._prefix}{name or place}", fields=described
                )
            case wire.SliceType(element=element):
                return TypeDescription(Kind.SLICE, element=self._number(types, element, place))
            case wire.ArrayType(element=element, length=length):
                number = self._number(types, element, place)
                return TypeDescription(Kind.ARRAY, element=number, length=length)
            case wire.MapType(key=key, value=value):
                numbers = (
                    self._number(types, key, f"{place}Key"),
                    self._number(types, value, place),
                )
                self._make_hashable(numbers[0])
                return TypeDescription(Kind.MAP, key=numbers[0], element=numbers[1])
            case wire.OpaqueType(name=name, encoding=encoding):
                name = library_name(name, encoding) or name or "Opaque"
                return TypeDescription(Kind.OPAQUE, name, encoding=encoding)
        return TypeDescription(Kind.INTERFACE)

    def _make_hashable(self, number: int) -> None:
        """Take note that a type is the key of a map."""
        waiting = [number]
        while waiting:
            number = waiting.pop()
            each = self.types[number]
            if each.kind is Kind.STRUCT and not each.hashable:
                self.types[number] = evolve(each, hashable=True)
                waiting += [field.type for field in each.fields]
            elif each.kind is Kind.ARRAY:
                waiting.append(each.element)


def _identity(types: Mapping[int, WireType]) -> int:
    return id(types)


def _shape(types: Mapping[int, WireType], id: int) -> object:
    """Return what a type looks like with all that it is made of, whatever its numbers are."""
    places, found = {id: 0}, [id]
    shapes: list[object] = []

    def place(part: int) -> object:
        if part in _BASIC or part not in types:
            return ("basic", part if part in _BASIC else 0)
        if part not in places:
            places[part] = len(found)
            found.append(part)
        return places[part]

    for each in found:  # which grows meanwhile
        match types.get(each):
            case wire.StructType(name=name, fields=fields):
                shapes.append(("struct", name, *((field, place(part)) for field, part in fields)))
            case wire.SliceType(element=element):
                shapes.append(("slice", place(element)))
            case wire.ArrayType(element=element, length=length):
                shapes.append(("array", place(element), length))
            case wire.MapType(key=key, value=value):
                shapes.append(("map", place(key), place(value)))
            case wire.OpaqueType(name=name, encoding=encoding):
                shapes.append(("opaque", name, encoding))
            case _:
                shapes.append(("unknown",))
    return tuple(shapes)
