"""Methods of a type, promoted ones included, and those of them that net/rpc serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import frozen

from .stdlib import SELF_ENCODING
from .syntax import Function, Place
from .types import (
    ERROR,
    FuncType,
    GoType,
    InterfaceType,
    KnownGoType,
    MissingType,
    NamedType,
    PointerType,
    Resolver,
    Scope,
    StructType,
    pointed_to,
)

__all__ = ["Method", "Methods", "RpcMethod", "Unfit"]


@frozen
class Method:
    """A method of a type; ``needs_pointer`` where a value of the type lacks it."""

    function: Function
    scope: Scope
    needs_pointer: bool


@frozen
class RpcMethod:
    """A method that net/rpc serves.

    ``response`` is None where the reply goes to a callback, so that its type is not
    in the signature.
    """

    name: str
    parameter: str
    request: GoType
    response: GoType | None
    doc: str
    place: Place
    method: Method


@frozen
class Unfit:
    """An exported method that net/rpc passes over, and why."""

    name: str
    reason: str
    place: Place


# Methods by which a type encodes itself for gob, and what a description calls them.
_ENCODINGS: Final = {"GobEncode": "gob", "MarshalBinary": "binary"}


class Methods:
    """Finds the methods of types."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._known: dict[NamedType, dict[str, Method]] = {}

    def of(self, named: NamedType) -> dict[str, Method]:
        """Return all methods of a pointer to a type, those of embedded types included.

        Args:
            named: The type.
        """
        if named not in self._known:
            self._known[named] = self._method_set(named)
        return self._known[named]

    def names(self, of: GoType) -> frozenset[str]:
        """Return the names of the methods of any type, or of a pointer to it."""
        if isinstance(of, PointerType):
            of = of.element
        if isinstance(of, NamedType):
            return frozenset(self.of(of))
        if isinstance(of, InterfaceType):
            own = {function.name for function in of.expression.methods}
            return frozenset(own | {function.name for function, _ in self._of_interface(of)})
        return frozenset()

    def encoding(self, of: GoType) -> str:
        """Return which of Go's interfaces encodes a type on gob, empty if none does."""
        names = self.names(of)
        return next((_ENCODINGS[each] for each in _ENCODINGS if each in names), "")

    def unknown_bases(self, named: NamedType) -> Iterator[tuple[MissingType, Place]]:
        """Yield the embedded types that are not there, whose methods would be promoted.

        Args:
            named: The type that embeds them, itself or through others.
        """
        seen: set[NamedType] = set()
        waiting = [named]
        while waiting:
            current = waiting.pop()
            under = self._resolver.underlying(current)
            if current in seen or not isinstance(under, StructType):
                continue
            seen.add(current)
            for field in under.expression.fields:
                held = pointed_to(self._resolver.resolve(field.type, under.scope))
                if field.embedded and isinstance(held, MissingType):
                    yield held, field.place
                if field.embedded and isinstance(held, NamedType):
                    waiting.append(held)

    def served(self, named: NamedType, *, by_pointer: bool) -> Iterator[RpcMethod | Unfit]:
        """Yield the exported methods of a type in the order of the source.

        Args:
            named: The type.
            by_pointer: False if a value is registered: methods of the pointer are then not there.
        """
        found = self.of(named).values()
        for method in sorted(found, key=lambda each: _order(each, named)):
            name, place = method.function.name, method.function.place
            if not name[:1].isupper():
                continue
            if method.needs_pointer and not by_pointer:
                yield Unfit(name, "it has a pointer receiver, and a value is registered", place)
                continue
            yield self._served(method)

    def _served(self, method: Method) -> RpcMethod | Unfit:
        function, scope = method.function, method.scope
        given = [
            (each.name, self._resolver.resolve(each.type, scope)) for each in function.parameters
        ]
        if len(given) == 3 and _is_context(given[0][1]):
            del given[0]
        if len(given) != 2:
            return Unfit(function.name, f"it takes {len(given)} parameters", function.place)
        (parameter, request), (_, reply) = given
        request = pointed_to(request)
        results = [self._resolver.resolve(each.type, scope) for each in function.results]
        is_callback = not results and self._is_callback(reply)
        if not is_callback:
            if not isinstance(reply, PointerType):
                return Unfit(function.name, "its reply is no pointer", function.place)
            if results != [ERROR]:
                return Unfit(function.name, "it does not return an error alone", function.place)
        response = None if is_callback else pointed_to(reply)
        for each in (request, response):
            if isinstance(each, NamedType) and not each.name[:1].isupper():
                return Unfit(function.name, f"its type {each} is not exported", function.place)
        return RpcMethod(
            function.name, parameter, request, response, function.doc, function.place, method
        )

    def _is_callback(self, reply: GoType) -> bool:
        under = self._resolver.underlying(reply)
        if isinstance(under, FuncType):
            return True
        return isinstance(under, InterfaceType) and "Return" in self.names(under)

    # Method sets

    def _method_set(self, named: NamedType) -> dict[str, Method]:
        """Return methods by name: of those at one depth of embedding, none if there are several."""
        found: dict[str, Method] = {}
        taken: set[str] = set()
        seen: set[NamedType] = set()
        level: list[tuple[NamedType | KnownGoType, bool]] = [(named, False)]
        while level:
            here: dict[str, list[Method]] = {}
            fields: set[str] = set()
            below: list[tuple[NamedType | KnownGoType, bool]] = []
            for each, through_pointer in level:
                if isinstance(each, KnownGoType):
                    for method in _of_known(each, named):
                        here.setdefault(method.function.name, []).append(method)
                    continue
                if each in seen:
                    continue
                seen.add(each)
                for method in self._declared(each, through_pointer):
                    here.setdefault(method.function.name, []).append(method)
                fields.update(self._field_names(each))
                below += self._embedded(each, through_pointer)
            for name, methods in here.items():
                if name not in taken and len(methods) == 1 and name not in fields:
                    found[name] = methods[0]
            taken |= here.keys() | fields
            level = below
        return found

    def _declared(self, named: NamedType, through_pointer: bool) -> Iterator[Method]:
        for function, file in named.package.methods.get(named.name, ()):
            bound = dict(zip(function.type_parameters, named.arguments, strict=False))
            scope = Scope(named.package, file, bound)
            yield Method(function, scope, function.by_pointer and not through_pointer)
        under = self._resolver.underlying(named)
        if isinstance(under, InterfaceType):
            for function, scope in self._of_interface(under):
                yield Method(function, scope, False)

    def _of_interface(self, of: InterfaceType) -> Iterator[tuple[Function, Scope]]:
        if of.scope is None:
            return
        for function in of.expression.methods:
            yield function, of.scope
        for embedded in of.expression.embedded:
            other = self._resolver.underlying(self._resolver.resolve(embedded, of.scope))
            if isinstance(other, InterfaceType):
                yield from self._of_interface(other)

    def _embedded(
        self, named: NamedType, through_pointer: bool
    ) -> Iterator[tuple[NamedType | KnownGoType, bool]]:
        under = self._resolver.underlying(named)
        if not isinstance(under, StructType):
            return
        for field in under.expression.fields:
            if not field.embedded:
                continue
            held = self._resolver.resolve(field.type, under.scope)
            if isinstance(held, PointerType) and isinstance(held.element, NamedType | KnownGoType):
                yield held.element, True
            elif isinstance(held, NamedType | KnownGoType):
                yield held, through_pointer

    def _field_names(self, named: NamedType) -> Iterator[str]:
        under = self._resolver.underlying(named)
        if isinstance(under, StructType):
            yield from (field.name for field in under.expression.fields)


def _of_known(known: KnownGoType, user: NamedType) -> Iterator[Method]:
    """Yield the methods by which a type of Go's library encodes itself, and what embeds it."""
    for name in SELF_ENCODING.get(known.known.name, ()):
        function = Function(name, (), (), "", user.declared.place)
        yield Method(function, user.scope, False)


def _order(method: Method, named: NamedType) -> tuple[bool, str, int]:
    function = method.function
    return function.receiver != named.name, function.place.path, function.place.line


def _is_context(of: GoType) -> bool:
    """Return True for ``context.Context``, a pointer to one, and those of other packages."""
    return str(pointed_to(of)).rpartition(".")[2] == "Context"
