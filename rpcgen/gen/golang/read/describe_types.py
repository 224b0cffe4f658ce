"""Types of Go, as a description has them: structs, enums, and what they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import evolve

from ....protocol.reflection import FieldDescription, Kind, MemberDescription, TypeDescription
from ...idl_remarks import Remarks
from .class_names import ClassNames
from .constants import Constants
from .docs import DocText
from .fields import Fields, StructField
from .methods import Methods
from .names import attribute_name, member_names, upper_name
from .syntax import Place
from .types import (
    ArrayType,
    BasicType,
    ChanType,
    FuncType,
    GoType,
    InterfaceType,
    KnownGoType,
    MapType,
    MissingType,
    NamedType,
    PointerType,
    Resolver,
    SliceType,
    StructType,
    pointed_to,
)

__all__ = ["InexpressibleError", "TypeDescriber"]

# Maximum length of an array: its zero is written out by every message.
_MAX_LENGTH = 1 << 20


_JSON_REMARK: Final = "In JSON Go's {} is what its {} makes of it; on gob it is as here."


class InexpressibleError(Exception):
    """Something of Go that an IDL cannot say; the text says why."""


class TypeDescriber:
    """Gives types their numbers in a description, and keeps what has to be said beside them.

    Args:
        resolver: Resolver of types.
        constants: Values of constants.
        methods: Methods of types.
        registered: Names in interface values, by type.
        remarks: Comments of the IDL, which this adds to.
        module: Name of the module that the IDL will be.
        docs: Makes docstrings and comments of Go's doc comments.
    """

    def __init__(
        self,
        resolver: Resolver,
        constants: Constants,
        methods: Methods,
        registered: Mapping[NamedType, str],
        remarks: Remarks,
        module: str,
        docs: DocText,
    ) -> None:
        self.resolver = resolver
        self.types: list[TypeDescription] = []
        self.left_out: list[tuple[StructField, str]] = []
        # Properties of fields in Go that the IDL does not say.
        self.notes: list[tuple[Place, str]] = []
        self._constants = constants
        self._methods = methods
        self._registered = registered
        self._remarks = remarks
        self._module = module
        self._docs = docs
        self._fields = Fields(resolver, methods)
        self._numbers: dict[GoType, int] = {}
        self._names = ClassNames()
        self._inside: list[NamedType] = []
        self._open: list[GoType] = []
        self._has_interfaces = False
        # Types that interfaces may hold beside the members of their unions.
        self._beyond: dict[int, str] = {}

    def add(self, described: TypeDescription) -> int:
        """Add a type and return its number.

        Args:
            described: The type.
        """
        self.types.append(described)
        return len(self.types) - 1

    def number(self, of: GoType, place: str) -> int:
        """Return the number of a type, which is described if it was not yet.

        Args:
            of: The type.
            place: Name of the field or method that has the type, for one without a name.

        Raises:
            InexpressibleError: The type, or a part that cannot be left out, is beyond an IDL.
        """
        if of not in self._numbers:
            described = self._describe(of, place)
            # A struct has its number before its fields do, since they may hold it.
            self._numbers.setdefault(of, described)
        return self._numbers[of]

    def required(self, number: int) -> int:
        """Return the number of a type whose values are never nil, where it is a union.

        Args:
            number: Number of the type.
        """
        described = self.types[number]
        if described.kind is not Kind.INTERFACE or not described.union:
            return number
        required = self.add(evolve(described, nullable=False))
        if number in self._beyond:
            self._beyond[required] = self._beyond[number]
        return required

    def add_registered(self) -> None:
        """Add the types that interface values may hold although nothing else refers to them."""
        for each in self._registered if self._has_interfaces else ():
            if isinstance(self.resolver.underlying(each), StructType):
                self.number(each, each.name)

    # Kinds

    def _describe(self, of: GoType, place: str) -> int:
        match of:
            case BasicType():
                return self.add(TypeDescription(Kind(of.name)))
            case KnownGoType():
                known = of.known
                given = TypeDescription(known.kind, known.name, known.python)
                given.encoding = known.encoding
                return self.add(given)
            case NamedType():
                return self._named(of, place)
            case PointerType():
                return self._pointer(of, place)
            case SliceType():
                return self._slice(of, place)
            case ArrayType():
                return self._array(of, place)
            case MapType():
                return self._map(of, place)
            case StructType():
                return self._struct(of, of, self._names.anonymous(place), "", "")
            case InterfaceType():
                return self._interface(of)
            case FuncType() | ChanType():
                raise InexpressibleError(f"a {of} does not travel")
            case MissingType():
                raise InexpressibleError(f"type {of.name} is not known: {of.reason}")

    def _pointer(self, of: PointerType, place: str) -> int:
        target = pointed_to(of)
        element = self.number(target, place)
        if self.types[element].kind in (Kind.INTERFACE, Kind.POINTER):
            return element  # gob sends no pointers: what they point to may be missing anyway
        return self.add(TypeDescription(Kind.POINTER, element=element))

    def _slice(self, of: SliceType, place: str) -> int:
        element = pointed_to(of.element)
        if self.resolver.underlying(element) == BasicType("uint8"):
            return self.add(TypeDescription(Kind.BYTES))
        return self.add(
            TypeDescription(Kind.SLICE, python="list", element=self.number(element, place))
        )

    def _array(self, of: ArrayType, place: str) -> int:
        constant = self._constants.value(of.length, of.scope)
        length = constant.value if constant is not None else None
        if not isinstance(length, int) or not 0 <= length <= _MAX_LENGTH:
            raise InexpressibleError("the length of an array is not known")
        element = pointed_to(of.element)
        if element in self._open:
            # Without its pointer, an array of the struct that it is in has no end.
            element = of.element
        is_bytes = self.resolver.underlying(element) == BasicType("uint8")
        return self.add(
            TypeDescription(
                Kind.ARRAY,
                python="bytes" if is_bytes else "list",
                element=self.number(element, place),
                length=length,
            )
        )

    def _map(self, of: MapType, place: str) -> int:
        key = self._hashable(self.number(pointed_to(of.key), place))
        element = self.number(pointed_to(of.value), place)
        return self.add(TypeDescription(Kind.MAP, python="dict", key=key, element=element))

    def _hashable(self, number: int) -> int:
        """Return the number of a type as Python can hash it: tuples, and frozen classes."""
        described = self.types[number]
        if described.kind is Kind.INTERFACE:
            raise InexpressibleError("the keys of a map hold interface values")
        if described.kind is Kind.ARRAY and described.python == "list":
            element = self._hashable(described.element)
            return self.add(evolve(described, python="tuple", element=element))
        if described.kind is Kind.POINTER:
            self._hashable(described.element)
        if described.kind is Kind.STRUCT and not described.hashable:
            described.hashable = True  # at once, since it may hold a pointer to itself
            try:
                for each in described.fields:
                    each.type = self._hashable(each.type)
            except InexpressibleError:
                described.hashable = False
                raise
        return number

    def _interface(self, of: GoType) -> int:
        self._has_interfaces = True
        wanted = self._methods.names(of)
        described = TypeDescription(Kind.INTERFACE, nullable=True)
        number = self.add(described)
        if not wanted:
            return number
        self._numbers[of] = number
        others: list[str] = []
        for each in sorted(self._registered, key=lambda named: named.full_name):
            if not wanted <= self._methods.names(each):
                continue
            if isinstance(self.resolver.underlying(each), StructType):
                described.union.append(self.number(each, each.name))
            else:
                others.append(each.full_name)
        if others:
            self._beyond[number] = f"{', '.join(others)} may be in it in Go: only structs can here."
        return number

    # Types with a name

    def _named(self, of: NamedType, place: str) -> int:
        encoding = self._methods.encoding(of)
        if encoding:
            return self._opaque(of, encoding)
        under = self.resolver.underlying(of)
        match under:
            case StructType():
                name = self._names.of(of)
                wire = self._registered.get(of, f"{self._module}.{name}")
                return self._struct(of, under, name, wire, self._docs(of.declared.doc))
            case BasicType():
                return self._of_basic(of, under)
            case InterfaceType():
                return self._interface(of)
            case KnownGoType(known=known) if known.encoding:
                reason = f"{of} lacks the methods by which {known.name} encodes itself"
                raise InexpressibleError(reason)
            case KnownGoType():
                return self.number(under, place)
        if of in self._inside:
            raise InexpressibleError(f"{of} holds itself, and is no struct")
        self._inside.append(of)
        try:
            return self.number(under, place)
        finally:
            self._inside.pop()

    def _of_basic(self, of: NamedType, under: BasicType) -> int:
        constants = self._constants.of_type(of)
        name = self._names.of(of)
        described = TypeDescription(Kind(under.name), f"{self._module}.{name}", name)
        described.doc = self._docs(of.declared.doc)
        number = self.add(described)
        self._numbers[of] = number
        self._tell_json(number, of)
        if not constants:
            return number
        names = member_names(of.name, [spec.name for spec, _ in constants])
        is_enum = under.name == "string" or under.name.startswith(("int", "uint"))
        if not is_enum:
            values = [
                (f"{upper_name(of.name)}_{member}", constant.value)
                for member, (_, constant) in zip(names, constants, strict=True)
            ]
            self._remarks.constants[number] = values
            return number
        described.kind = Kind.ENUM
        described.base = "OpenStrEnum" if under.name == "string" else "OpenIntEnum"
        described.element = self.number(BasicType(under.name), "")
        for member, (spec, constant) in zip(names, constants, strict=True):
            value = constant.value
            if isinstance(value, str):
                described.members.append(MemberDescription(member, text=value))
            else:
                described.members.append(MemberDescription(member, number=int(value)))
            if doc := self._docs(spec.doc):
                self._remarks.fields[number, member] = [doc]
        return number

    def _opaque(self, of: NamedType, encoding: str) -> int:
        name = self._names.of(of)
        number = self.add(
            TypeDescription(
                Kind.OPAQUE,
                f"{self._module}.{name}",
                name,
                self._docs(of.declared.doc),
                hashable=True,
                encoding=encoding,
            )
        )
        method = "GobEncode" if encoding == "gob" else "MarshalBinary"
        self._remarks.types[number] = [
            f"Go's {of} encodes itself by {method}: parse `data` to have more than its bytes."
        ]
        return number

    def _tell_json(self, number: int, of: NamedType) -> None:
        """Say it of a type that has a form of its own in JSON, which the IDL does not have."""
        if said := self._json_form(of):
            self._remarks.types.setdefault(number, []).extend(said)

    # Structs

    def _struct(self, of: GoType, under: StructType, name: str, wire: str, doc: str) -> int:
        if self._fields.nothing_travels(under):
            raise InexpressibleError(f"{of} has no exported fields, so gob refuses it")
        described = TypeDescription(Kind.STRUCT, wire or f"{self._module}.{name}", name, doc)
        number = self.add(described)
        self._numbers[of] = number
        if isinstance(of, NamedType):
            self._tell_json(number, of)
        inside, self._inside = self._inside, []  # what holds itself through a struct may do so
        self._open.append(of)
        waiting: list[str] = []
        for each in self._fields.of(under):
            try:
                if each.left_out:
                    raise InexpressibleError(each.left_out)
                described.fields.append(self._field(each, name))
            except InexpressibleError as error:
                waiting.append(f"{each.name} is left out: {error}.")
                self.left_out.append((each, str(error)))
                continue
            doc = self._docs(each.doc)
            said = [*waiting, *([doc] if doc else []), *each.remarks]
            beyond = self.beyond(described.fields[-1].type)
            self.notes += [(each.place, f"field {each.name}: {said}") for said in beyond]
            self.notes += [(each.place, f"field {each.name}: {said}") for said in each.remarks]
            said += beyond or self._interface_remarks(described.fields[-1].type, each)
            said += self._json_remarks(each)
            if said:
                self._remarks.fields[number, each.name] = said
            waiting = []
        if waiting:
            self._remarks.tails[number] = waiting
        self._inside = inside
        self._open.pop()
        return number

    def _field(self, each: StructField, of: str) -> FieldDescription:
        return FieldDescription(
            each.name,
            attribute_name(each.name),
            self.number(each.type, f"{of}.{each.name}"),
            json=each.json,
            embedded=each.embedded,
        )

    def beyond(self, number: int) -> list[str]:
        """Return what an interface may hold in Go that it cannot here, in a sentence.

        Args:
            number: Number of a type, or of a list, array or map with one.
        """
        described = self.types[number]
        while described.kind in (Kind.SLICE, Kind.ARRAY, Kind.MAP):
            number, described = described.element, self.types[described.element]
        return [self._beyond[number]] if number in self._beyond else []

    def _json_remarks(self, each: StructField) -> list[str]:
        """Return what is to be said of a type that has no class of its own to say it in."""
        of = pointed_to(each.type)
        under = self.resolver.underlying(of)
        if not isinstance(of, NamedType) or not isinstance(under, SliceType | ArrayType | MapType):
            return []
        if self._methods.encoding(of):
            return []
        return self._json_form(of)

    def _json_form(self, of: NamedType) -> list[str]:
        """Return a sentence about the form of its own that a type has in JSON, if it has one."""
        methods = {"MarshalJSON", "MarshalText"} & self._methods.names(of)
        return [_JSON_REMARK.format(of, each) for each in sorted(methods)[:1]]

    def _interface_remarks(self, number: int, each: StructField) -> list[str]:
        described = self.types[number]
        if described.kind is not Kind.INTERFACE or described.union:
            return []
        of = pointed_to(each.type)
        if not self._methods.names(of):
            return []
        name = f", {of}" if isinstance(of, NamedType) else ""
        return [f"An interface{name}: nothing that fits it is handed to gob.Register."]
