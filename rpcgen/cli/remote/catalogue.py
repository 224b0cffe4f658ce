"""`Catalogue`: what a server serves, as ``rpcgen list`` shows it, whoever has said it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from ...code import Code
from ...errors import SchemaError
from ...protocol.reflection import (
    Description,
    Kind,
    MethodDescription,
    TypeDescription,
    value_of,
)

if TYPE_CHECKING:
    from .debug_page import PageService

__all__ = [
    "Catalogue",
    "FieldEntry",
    "MethodEntry",
    "ServiceEntry",
    "TypeEntry",
    "of_description",
    "of_page",
]

# Mark for the rest of a spelling that is too long, or would never end.
_CUT: Final = "..."

# Maximum length of the spelling of a type, in characters.
_MAX_SPELLING: Final = 1000


@frozen
class MethodEntry:
    """A method; ``calls`` and ``errors`` are None where nobody counts them."""

    name: str
    request: str
    response: str
    parameters: tuple[str, ...]
    doc: str = ""
    raises: tuple[str, ...] = ()
    timeout: float | None = None
    idempotent: bool = False
    durable: bool = False
    calls: int | None = None
    errors: int | None = None

    @property
    def signature(self) -> str:
        """The method in one line: ``Divide(arith.Args) arith.Quotient``."""
        reply = "" if self.response in ("", "struct {}") else f" {self.response}"
        return f"{self.name}({', '.join(self.parameters)}){reply}"


@frozen
class ServiceEntry:
    """A service and its methods."""

    name: str
    doc: str = ""
    methods: tuple[MethodEntry, ...] = ()


@frozen
class FieldEntry:
    """A field of a struct; ``default`` is empty where there is none that a literal can say."""

    name: str
    type: str
    default: str = ""


@frozen
class TypeEntry:
    """A type that has a name; ``members`` are those of an enum, ``union`` what else it may be."""

    name: str
    kind: str
    doc: str = ""
    fields: tuple[FieldEntry, ...] = ()
    members: tuple[str, ...] = ()


@frozen
class Catalogue:
    """Services, and the named types of what they take and give."""

    services: tuple[ServiceEntry, ...]
    types: tuple[TypeEntry, ...] = ()

    def counted(self, other: Catalogue) -> Catalogue:
        """Return the same with the numbers of calls that another catalogue has."""
        counts = {(s.name, m.name): m for s in other.services for m in s.methods}
        return evolve(
            self,
            services=tuple(
                evolve(
                    service,
                    methods=tuple(
                        _counted(method, counts.get((service.name, method.name)))
                        for method in service.methods
                    ),
                )
                for service in self.services
            ),
        )


def _counted(method: MethodEntry, counts: MethodEntry | None) -> MethodEntry:
    if counts is None:
        return method
    return evolve(method, calls=counts.calls, errors=counts.errors)


def of_page(page: Iterable[PageService]) -> Catalogue:
    """Return the catalogue of a debug page, which names types but does not describe them."""
    services = [
        ServiceEntry(
            service.name,
            service.doc,
            tuple(
                MethodEntry(
                    each.name,
                    each.request,
                    each.response,
                    () if each.request == "struct {}" else (each.request.lstrip("*"),),
                    each.doc,
                    calls=each.calls,
                    errors=each.errors,
                )
                for each in service.methods
            ),
        )
        for service in page
    ]
    return Catalogue(tuple(services))


def of_description(description: Description) -> Catalogue:
    """Return the catalogue of what a server says by reflection.

    Raises:
        SchemaError: The description contradicts itself.
    """
    try:
        return _Describer(description.types).catalogue(description)
    except RecursionError:
        raise SchemaError("its types are nested too deeply") from None


class _Describer:
    """Spells types of a table as Go would."""

    def __init__(self, types: list[TypeDescription]) -> None:
        self._types = types
        self._spellings: dict[int, str] = {}

    def catalogue(self, description: Description) -> Catalogue:
        hidden = {
            method.request
            for service in description.services
            for method in service.methods
            if method.takes_struct
        }
        services = [
            ServiceEntry(each.name, each.doc, tuple(map(self._method, each.methods)))
            for each in description.services
        ]
        types = [
            self._type(each)
            for number, each in enumerate(self._types)
            if number not in hidden and each.kind in (Kind.STRUCT, Kind.ENUM) and each.name
        ]
        return Catalogue(tuple(services), tuple(sorted(types, key=lambda each: each.name)))

    def _method(self, method: MethodDescription) -> MethodEntry:
        return MethodEntry(
            method.name,
            self._spelled(method.request),
            self._spelled(method.response),
            self._parameters(method),
            method.doc,
            tuple(f"{self._spelled(r.type)} ({_code_name(r.code)})" for r in method.raises),
            method.timeout or None,
            method.idempotent,
            method.durable,
        )

    def _parameters(self, method: MethodDescription) -> tuple[str, ...]:
        request = self._at(method.request)
        if method.takes_struct:
            return tuple(f"{each.name} {self._spelled(each.type)}" for each in request.fields)
        return () if request.kind is Kind.NOTHING else (self._spelled(method.request),)

    def _type(self, described: TypeDescription) -> TypeEntry:
        fields = [
            FieldEntry(each.name, self._spelled(each.type), each.default)
            for each in described.fields
        ]
        base, held = described.kind.value, described
        if described.kind is Kind.ENUM:
            base, held = self._spelled(described.element), self._at(described.element)
        members = [f"{each.name} = {value_of(each, held)!r}" for each in described.members]
        return TypeEntry(described.name, base, described.doc, tuple(fields), tuple(members))

    def _spelled(self, number: int) -> str:
        known = self._spellings.get(number)
        if known is None:
            self._spellings[number] = _CUT  # for a type that holds itself
            known = self._spellings[number] = self._spell(self._at(number))
        return known

    def _at(self, number: int) -> TypeDescription:
        if not 0 <= number < len(self._types):
            raise SchemaError(f"a type has the number {number}, of {len(self._types)}")
        return self._types[number]

    def _spell(self, described: TypeDescription) -> str:
        text = self._spell_whole(described)
        return text if len(text) <= _MAX_SPELLING else f"{text[:_MAX_SPELLING]}{_CUT}"

    def _spell_whole(self, described: TypeDescription) -> str:
        if described.name and described.kind is not Kind.POINTER:
            return described.name
        match described.kind:
            case Kind.SLICE:
                return f"[]{self._spelled(described.element)}"
            case Kind.ARRAY:
                return f"[{described.length}]{self._spelled(described.element)}"
            case Kind.MAP:
                return f"map[{self._spelled(described.key)}]{self._spelled(described.element)}"
            case Kind.POINTER:
                return f"*{self._spelled(described.element)}"
            case Kind.BYTES:
                return "[]byte"
            case Kind.NOTHING:
                return "struct {}"
            case Kind.INTERFACE:
                return " | ".join(map(self._spelled, described.union)) or "any"
            case Kind.STRUCT:
                fields = [f"{each.name} {self._spelled(each.type)}" for each in described.fields]
                return f"struct {{ {'; '.join(fields)} }}"
        return described.kind.value


def _code_name(number: int) -> str:
    try:
        return Code(number).name
    except ValueError:  # one of a newer release
        return f"code {number}"
