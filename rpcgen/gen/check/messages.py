"""Diagnostics of the types that travel, and of the messages among them."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Container, Iterator, Sequence
from typing import Any

from attrs import frozen

from ...errors import SchemaError
from ...schema import (
    Array,
    Attribute,
    Converted,
    Field,
    Interface,
    Map,
    Pointer,
    Schema,
    Slice,
    Struct,
    attributes_of,
    check_bases,
    field_of,
    is_infinite,
    names_in,
    schema_of,
    substituted,
    type_arguments,
)
from ..diagnostics import Diagnostic, Location
from ..source import Expression, Source
from ..spelling import annotation_can_be_spelled

__all__ = ["MessageChecker", "SourceOf", "parts_of", "target_of", "twice"]

SourceOf = Callable[[str], Source | None]


class MessageChecker:
    """Judges types and the messages in them; a message that several share is judged once."""

    def __init__(self, source_of: SourceOf) -> None:
        self._source_of = source_of
        self._walked: set[Struct[Any]] = set()

    def check_type(self, annotation: Expression, alone: bool) -> Iterator[Diagnostic]:
        """Yield the diagnostics of the type of a parameter or reply.

        ``alone``: it is the whole of what travels, not a field of a struct.
        """
        try:
            schema = schema_of(annotation.value())
        except SchemaError as error:
            yield Diagnostic(annotation.location, error.reason, error.hint)
            return
        if alone and (isinstance(schema, Pointer) or _is_optional_union(schema)):
            yield Diagnostic(
                annotation.location,
                "None cannot travel alone: Go has no way to send a nil argument or reply",
                "make it an optional field of a message",
            )
        if not annotation_can_be_spelled(annotation.unquoted()):
            yield Diagnostic(
                annotation.location,
                "this annotation cannot be carried over to generated code",
                "give it a name: Name = ... at the top of the module, and Name as the annotation",
            )
        yield from self._inner(schema, annotation.location)

    def _inner(self, schema: Schema[Any], location: Location) -> Iterator[Diagnostic]:
        """Yield the diagnostics of the types inside a type; ``location`` is where it is used."""
        for each in parts_of(schema):
            if isinstance(each, Struct):
                yield from self.check_message(each, location)
            elif isinstance(each, Map) and not _hashable(each.key):
                yield Diagnostic(
                    location,
                    f"{_name(each.key)} cannot be the key of a map: it is not hashable",
                    "decorate it with attrs.frozen, and give it fields that can be hashed",
                )

    def check_message(self, schema: Schema[Any], location: Location) -> Iterator[Diagnostic]:
        """Yield the diagnostics of a message; ``location`` is told if its own is unknown."""
        if not isinstance(schema, Struct) or schema in self._walked:
            return
        self._walked.add(schema)
        try:
            check_bases(schema.cls)
        except SchemaError as error:
            yield Diagnostic(self._class_location(schema.cls) or location, error.reason, error.hint)
            return
        sound = True
        unwritten: set[str] = set()
        names: dict[str, str] = {}
        for attribute in attributes_of(schema.cls):
            written = self._field(schema.cls, attribute.name)
            where = written.location or location
            if written.annotation is None and attribute.annotation is not None:
                unwritten.add(attribute.name)  # as by attrs.make_class, or field(type=...)
                continue
            field = _read_field(schema, attribute, where, written)
            if isinstance(field, Diagnostic):
                sound = False
                yield field
                continue
            if other := names.get(field.wire_name):
                sound = False
                yield twice("field", attribute.name, other, field.wire_name, where)
            names[field.wire_name] = attribute.name
            yield from self._inner(field.schema, where)
        if sound:
            yield from self._at_run_time(schema, location, unwritten)

    def _at_run_time(
        self, schema: Struct[Any], location: Location, unwritten: Container[str]
    ) -> Iterator[Diagnostic]:
        """Yield the diagnostics of a message as programs will see it, whatever its source says.

        The types of the fields ``unwritten`` are not to be seen in the source.
        """
        cls = schema.cls
        location = self._class_location(cls) or location
        try:
            endless, fields = is_infinite(schema), () if is_infinite(schema) else schema.fields
        except SchemaError as error:
            named = [each.name for each in attributes_of(cls) if repr(each.name) in error.reason]
            written = self._field(cls, named[0]) if named else _Written(cls, None, None)
            hint = _HIDDEN if written.annotation else error.hint
            yield Diagnostic(written.location or location, error.reason, hint)
            return
        if endless:
            yield Diagnostic(
                location,
                f"message {cls.__name__} contains itself, so it would never end",
                f"hold it as {cls.__name__} | None, or in a list or dict",
            )
            return
        for field in fields:
            if field.attribute in unwritten:
                yield from self._inner(field.schema, location)
        if reason := _constructor_problem(cls, fields):
            yield Diagnostic(
                location,
                f"message {cls.__name__} cannot be made of its fields: {reason}",
                "leave __init__ to attrs or dataclasses, and give each InitVar a default",
            )

    def _field(self, cls: type[Any], name: str) -> _Written:
        """Return where a field of a message is written."""
        for base in cls.__mro__:
            source = self._source_of(base.__module__)
            node = source.classes.get(base.__qualname__) if source else None
            if source is None or node is None:
                continue
            for statement in node.body:
                if target_of(statement) == name:
                    annotation = getattr(statement, "annotation", None)
                    expression = annotation and Expression(source, annotation)
                    return _Written(base, source.location(statement), expression)
        return _Written(cls, self._class_location(cls), None)

    def _class_location(self, cls: type[Any]) -> Location | None:
        source = self._source_of(cls.__module__)
        node = source.classes.get(cls.__qualname__) if source else None
        return source.location(node) if source and node else None


# Annotations of a class body without postponed evaluation see the fields above them.
_HIDDEN = (
    "a field with a default hides the type that is called like it: write "
    "from __future__ import annotations, or give the type another name"
)


def _constructor_problem(cls: type[Any], fields: Sequence[Field]) -> str:
    """Return why a message that arrives cannot be made, as a decoder makes it; blank if it can."""
    own = [vars(each) for each in cls.__mro__[:-1]]
    if not any("__init__" in each for each in own):
        made = not fields or any("__new__" in each for each in own)
        return "" if made else "it has no __init__"
    positional = [None for each in fields if not each.keyword_only]
    named = {each.argument: None for each in fields if each.keyword_only}
    try:
        inspect.signature(cls.__init__).bind(None, *positional, **named)
    except TypeError as error:
        return str(error)
    except ValueError:  # of a class made in C
        return ""
    return ""


@frozen
class _Written:
    """Source of a field: the class among the message's bases, the location, the annotation."""

    cls: type[Any]
    location: Location | None
    annotation: Expression | None


def _read_field(
    schema: Struct[Any], attribute: Attribute, location: Location, written: _Written
) -> Field | Diagnostic:
    cls, annotation = schema.cls, written.annotation
    if annotation is None:
        return Diagnostic(
            location,
            f"field {attribute.name!r} of {cls.__name__} has no annotation",
            f"say what it holds, such as {attribute.name}: int",
        )
    where = annotation.location
    try:
        variables = type_arguments(cls, schema.arguments).get(written.cls, {})
        value = substituted(annotation.value(names_in(written.cls)), variables)
        schema_of(value)  # a bad type is reported at the annotation, all else at the field
        where = location
        return field_of(cls, attribute, value)
    except SchemaError as error:
        return Diagnostic(where, error.reason, error.hint)


def parts_of(
    schema: Schema[Any], seen: dict[Struct[Any], None] | None = None
) -> Iterator[Schema[Any]]:
    """Yield a schema and those inside it; those of messages only with ``seen``, which collects."""
    yield schema
    match schema:
        case Slice() | Array() | Pointer():
            inner: list[Schema[Any]] = [schema.element]
        case Map():
            inner = [schema.key, schema.value]
        case Interface():
            inner = [*schema.members]
        case Converted():
            inner = [schema.inner]
        case Struct() if seen is not None and schema not in seen:
            seen[schema] = None
            inner = [field.schema for field in schema.fields]
        case _:
            return
    for each in inner:
        yield from parts_of(each, seen)


def _hashable(schema: Schema[Any]) -> bool:
    try:
        return schema.comparable()
    except SchemaError:  # a field of the key is reported at its own place
        return True


def _name(schema: Schema[Any]) -> str:
    return schema.cls.__name__ if isinstance(schema, Struct) else schema.go


def _is_optional_union(schema: Schema[Any]) -> bool:
    return isinstance(schema, Interface) and bool(schema.members) and schema.nullable


def twice(what: str, name: str, other: str, wire_name: str, location: Location) -> Diagnostic:
    """Return the diagnostic of two methods or fields that have one name on the wire."""
    how = "the decorator @wire" if what == "method" else "Annotated[..., wire"
    end = '("Name")' if what == "method" else '("Name")]'
    return Diagnostic(
        location,
        f"{what}s {other!r} and {name!r} are both {wire_name!r} on the wire",
        f"name one of them otherwise with {how}{end}",
    )


def target_of(statement: ast.stmt) -> str:
    """Return the name that an assignment binds; empty for all other statements."""
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
    return ""
