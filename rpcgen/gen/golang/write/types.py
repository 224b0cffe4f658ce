"""Types of a description as Go spells and declares them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import frozen

from ....protocol.reflection import FieldDescription, Kind, TypeDescription, value_of
from .columns import aligned
from .comments import doc_comment
from .exceptions import error_method
from .literals import one_line, quoted
from .names import GoNames, exported, words_of
from .opaque import LIBRARY, UUID, opaque_methods

__all__ = ["GoType", "GoTypes"]

_SPELLED: Final = {
    Kind.BYTES: "[]byte",
    Kind.NOTHING: "struct{}",
    Kind.INTERFACE: "any",
}

# Kinds whose types have a declaration of their own, whatever they are called.
_DECLARED: Final = (Kind.STRUCT, Kind.ENUM, Kind.OPAQUE)


@frozen
class GoType:
    """One type that a package declares; everything is Go source."""

    name: str
    comment: tuple[str, ...]
    declaration: str
    constants: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()


class GoTypes:
    """The types of a package.

    Attributes:
        imports: Paths of the packages that they refer to.
    """

    def __init__(
        self,
        types: Sequence[TypeDescription],
        names: GoNames,
        texts: dict[int, str],
        parameters: dict[int, str],
    ) -> None:
        """Name the types.

        Args:
            types: The types of a description.
            names: The names of the package.
            texts: Text of each declared exception, by the numbers of their types.
            parameters: Name of the method of each struct that parameters travel as.
        """
        self.imports: set[str] = set()
        self._types = types
        self._names = names
        self._texts = texts
        self._parameters = parameters
        self._named = {
            number: names.free(*_wished_names(each))
            for number, each in enumerate(types)
            if _has_declaration(each)
        }
        self._uuid = ""
        self._unions: dict[tuple[int, ...], str] = {}
        for each in types:
            if each.union:
                self._name_union(tuple(sorted(each.union)))

    def spell(self, number: int) -> str:
        """Return how a type is referred to."""
        return self._named.get(number) or self._spell_plainly(self._types[number])

    def is_empty(self, number: int) -> bool:
        """Return True for a type whose values have no size, so that they share an address."""
        each = self._types[number]
        match each.kind:
            case Kind.NOTHING:
                return True
            case Kind.STRUCT:
                return all(self.is_empty(field.type) for field in each.fields)
            case Kind.ARRAY:
                return each.length == 0 or self.is_empty(each.element)
        return False

    def declarations(self) -> list[GoType]:
        """Return the declarations of all types that have one."""
        found = [self._declare(number) for number in self._named]
        found += [self._union(members, name) for members, name in self._unions.items()]
        if self._uuid:
            declaration, methods = UUID
            comment = "UUID is a universally unique identifier; the zero value is the nil one."
            found.append(
                GoType(
                    self._uuid,
                    doc_comment(comment.replace("UUID", self._uuid)),
                    declaration.format(self._uuid),
                    methods=tuple([each.replace("UUID", self._uuid) for each in methods]),
                )
            )
            self.imports.update(["encoding/hex", "fmt"])
        return found

    def _declare(self, number: int) -> GoType:
        each, name = self._types[number], self._named[number]
        if each.kind is Kind.STRUCT:
            return self._struct(number)
        if each.kind is Kind.ENUM:
            return GoType(
                name,
                doc_comment(each.doc, f"{name} is one of a few values."),
                f"type {name} {self.spell(each.element)}",
                self._constants(each, name),
            )
        if each.kind is Kind.OPAQUE:
            comment = doc_comment(each.doc, f"{name} is a type that encodes itself.")
            note = doc_comment(f"{name} holds the bytes that it travels as.")
            methods = opaque_methods(name, each.encoding)
            return GoType(name, (*comment, "//", *note), f"type {name} string", methods=methods)
        comment = doc_comment(f"{name} is a type of its own.")
        return GoType(name, comment, f"type {name} {self._spell_plainly(each)}")

    def _struct(self, number: int) -> GoType:
        each, name = self._types[number], self._named[number]
        otherwise = f"{name} is a message."
        if number in self._parameters:
            otherwise = f"{name} has the parameters of {self._parameters[number]}."
        if number in self._texts:
            otherwise = f"{name} is an error."
        lines = aligned(list(self._rows(each.fields)))
        body = "".join(f"\t{line}\n" for line in lines)
        declaration = f"type {name} struct {{\n{body}}}" if lines else f"type {name} struct{{}}"
        methods: tuple[str, ...] = ()
        if number in self._texts:
            method, uses_fmt = error_method(each, name, self._texts[number])
            methods = (method,)
            self.imports.update(["fmt"] if uses_fmt else [])
        return GoType(name, doc_comment(each.doc, otherwise), declaration, methods=methods)

    def _rows(self, fields: Iterable[FieldDescription]) -> Iterator[list[str]]:
        for field in fields:
            spelled = self.spell(field.type)
            tag = [_tag(field.json)] if field.json else []
            if field.embedded and spelled.lstrip("*") == field.name:
                yield [spelled, *tag]
            else:
                yield [field.name, spelled, *tag]

    def _name_union(self, members: tuple[int, ...]) -> None:
        """Name the interface that a few messages fit."""
        if members not in self._unions:
            names = [self._named[each] for each in members]
            wished = "Or".join(names) if len(names) > 1 else f"{names[0]}Interface"
            self._unions[members] = self._names.free(wished)

    def _union(self, members: tuple[int, ...], name: str) -> GoType:
        names = [self._named[each] for each in members]
        fitting = f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]
        mark = f"is{name}"
        return GoType(
            name,
            doc_comment(f"{name} is a {fitting}, none if it is nil."),
            f"type {name} interface{{ {mark}() }}",
            methods=tuple([one_line(f"func ({each}) {mark}()") for each in names]),
        )

    def _constants(self, each: TypeDescription, name: str) -> tuple[str, ...]:
        held = self._types[each.element]
        is_text = held.kind is Kind.STRING
        rows = []
        for member in each.members:
            value = quoted(member.text) if is_text else value_of(member, held)
            constant = self._names.free(f"{name}{words_of(member.name)}")
            rows.append([constant, name, f"= {value}"])
        return tuple(aligned(rows))

    def _spell_plainly(self, each: TypeDescription) -> str:
        if each.name in LIBRARY and each.kind in (Kind.OPAQUE, Kind.BYTES, Kind.INT64):
            self.imports.add(LIBRARY[each.name])
            return each.name
        if each.kind is Kind.OPAQUE and each.name == "uuid.UUID":
            self._uuid = self._uuid or self._names.free("UUID")
            return self._uuid
        match each.kind:
            case Kind.SLICE:
                return f"[]{self.spell(each.element)}"
            case Kind.ARRAY:
                return f"[{each.length}]{self.spell(each.element)}"
            case Kind.MAP:
                return self._map(each)
            case Kind.INTERFACE if each.union:
                return self._unions[tuple(sorted(each.union))]
            case Kind.POINTER:
                inner = self.spell(each.element)
                # A map can be nil itself.
                return inner if self._types[each.element].kind is Kind.MAP else f"*{inner}"
        return _SPELLED.get(each.kind) or each.kind.value

    def _map(self, each: TypeDescription) -> str:
        key, value = self.spell(each.key), self.spell(each.element)
        # A value that encodes itself by its address has none in a map.
        return f"map[{key}]{'*' if value.startswith('big.') else ''}{value}"


def _tag(json: str) -> str:
    tag = f"json:{quoted(json)}"
    return f"`{tag}`" if "`" not in tag else quoted(tag)


def _has_declaration(each: TypeDescription) -> bool:
    if each.name in LIBRARY or each.name == "uuid.UUID":
        return False
    return each.kind in _DECLARED or bool(each.name)


def _wished_names(each: TypeDescription) -> tuple[str, str]:
    name = each.name or each.python
    return exported(name), exported(name.replace(".", " "))
