"""From the annotations of a message's class to its fields."""

from __future__ import annotations

import builtins
import inspect
import sys
import types
import typing
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any, TypeAlias, Union

from .._interrupts import is_from_handler, reraise_interrupt
from .._names import go_name, is_exported
from ..errors import SchemaError
from ..types import Embedded, json_tag, wire
from .classes import Attribute, attributes_of, check_bases, is_alias, substituted, type_arguments
from .diagnostics import UNDEFINED
from .kinds import Field, Schema, Struct, pointed_to

__all__ = ["fields_of", "make_field", "names_in", "wire_name_in"]

SchemaOf: TypeAlias = Callable[[object], Schema[Any]]


def fields_of(cls: type[Any], arguments: tuple[Any, ...], schema_of: SchemaOf) -> tuple[Field, ...]:
    """Return the fields of a message.

    Args:
        cls: Class of the message.
        arguments: Types in the brackets of a generic class.
        schema_of: Returns the schema of an annotation.

    Returns:
        The fields in the order of the class.

    Raises:
        SchemaError: One of them cannot travel.
    """
    return tuple(
        _field_in_place(cls, attribute, annotation, schema_of)
        for attribute, annotation in _annotated_attributes(cls, arguments)
    )


def _annotated_attributes(
    cls: type[Any], arguments: tuple[Any, ...]
) -> Iterator[tuple[Attribute, object]]:
    attributes = attributes_of(cls)
    hints = _hints(cls, arguments, {attribute.name for attribute in attributes})
    for attribute in attributes:
        annotation = hints.get(attribute.name, attribute.annotation)
        if annotation is None:
            raise SchemaError(
                f"field {attribute.name!r} of {cls.__name__} has no annotation",
                f"say what it holds, such as {attribute.name}: int",
            )
        yield attribute, annotation


def _hints(cls: type[Any], arguments: tuple[Any, ...], names: set[str]) -> dict[str, object]:
    """Return the annotations of ``names`` in a class and its bases, evaluated.

    Not by `typing.get_type_hints` of the class itself: that finds an attribute
    of the class before a built-in type of its name, as in ``bytes: bytes``.
    """
    found: dict[str, object] = {}
    check_bases(cls)
    variables = type_arguments(cls, arguments)
    for base in reversed(cls.__mro__):
        try:
            own = inspect.get_annotations(base)
            own = {name: annotation for name, annotation in own.items() if name in names}
            holder = type("_", (), {"__annotations__": own})
            hints = typing.get_type_hints(holder, {}, _scope(base), include_extras=True)
            for name, annotation in hints.items():
                found[name] = substituted(annotation, variables.get(base, {}))
        except NameError as error:
            reraise_interrupt(error)
            raise SchemaError(f"{cls.__name__}: {error}", UNDEFINED) from None
        except Exception as error:  # whatever evaluating an annotation raises
            reraise_interrupt(error)
            raise SchemaError(f"{cls.__name__}: {error}", "correct its annotations") from error
        except SystemExit as error:  # of an annotation such as "exit()"
            if is_from_handler(error):
                raise
            reason = f"{cls.__name__}: SystemExit: {error}"
        else:
            continue
        # Behind the handler: with its context, the error would be taken for an interrupt.
        raise SchemaError(reason, "correct its annotations")
    return found


def _scope(cls: type[Any]) -> Any:
    """Return where the names in the annotations of a class are looked up, in this order."""
    module = sys.modules.get(cls.__module__)
    return ChainMap(names_in(cls), vars(module) if module else {}, vars(builtins))


def names_in(cls: type[Any]) -> dict[str, Any]:
    """Return the names of a class that annotations in its body refer to.

    Its type variables and the classes defined in it come before anything of
    the same name outside. Whatever else it holds, such as an alias, counts only
    where the module and Python know no such name, as a field may be named like
    its type: ``bytes: bytes``.

    Args:
        cls: The class of a message, or a service.

    Returns:
        Values by name.
    """
    outside = ChainMap(vars(sys.modules.get(cls.__module__, builtins)), vars(builtins))
    inside = {
        name: value
        for name, value in vars(cls).items()
        if name not in outside or _is_defined_in(cls, value)
    }
    return inside | {each.__name__: each for each in getattr(cls, "__type_params__", ())}


def _is_defined_in(cls: type[Any], value: object) -> bool:
    return isinstance(value, type) and value.__qualname__ == f"{cls.__qualname__}.{value.__name__}"


def _field_in_place(
    cls: type[Any], attribute: Attribute, annotation: object, schema_of: SchemaOf
) -> Field:
    try:
        schema_of(annotation)
    except SchemaError as error:
        raise SchemaError(
            f"field {attribute.name!r} of {cls.__name__}: {error.reason}", error.hint
        ) from None
    return make_field(cls, attribute, annotation, schema_of)


def make_field(
    cls: type[Any], attribute: Attribute, annotation: object, schema_of: SchemaOf
) -> Field:
    """Return the field for an attribute of a message.

    Args:
        cls: Class of the message.
        attribute: The attribute.
        annotation: Its annotation, evaluated.
        schema_of: Returns the schema of an annotation.

    Returns:
        The field with its name on the wire and its schema.

    Raises:
        SchemaError: The field cannot travel.
    """
    if not attribute.is_argument:
        raise SchemaError(
            f"field {attribute.name!r} of {cls.__name__} has init=False, "
            "so a value that arrives cannot be given to it",
            "make it a property, or drop init=False",
        )
    marks = _annotated_metadata(annotation)
    named = wire_name_in(annotation)
    wire_name = go_name(attribute.name) if named is None else named
    if not is_exported(wire_name):
        raise SchemaError(
            f"field {attribute.name!r} of {cls.__name__} is {wire_name!r} on the wire, "
            "which Go would not export",
            'give it a name with a capital: Annotated[..., wire("Name")]',
        )
    schema = schema_of(annotation)
    embedded = any(isinstance(mark, Embedded) for mark in marks)
    if embedded and not isinstance(pointed_to(schema), Struct):
        raise SchemaError(
            f"field {attribute.name!r} of {cls.__name__} is embedded, but no message",
            "only a message, or an optional one, can be embedded",
        )
    return Field(
        attribute=attribute.name,
        argument=attribute.argument,
        wire_name=wire_name,
        schema=schema,
        has_default=attribute.has_default,
        json=_json_tag_of(marks),
        embedded=embedded,
        keyword_only=attribute.keyword_only,
    )


def _json_tag_of(marks: Iterable[object]) -> json_tag | None:
    tag = next((mark for mark in marks if isinstance(mark, json_tag)), None)
    unknown = tag.options - {"omitempty", "omitzero", "string"} if tag is not None else ()
    if unknown:
        raise SchemaError(
            f"{tag} has the option {min(unknown)!r}",
            "of Go's options only omitempty, omitzero and string are supported",
        )
    return tag


def wire_name_in(annotation: object) -> str | None:
    """Return the name that ``wire`` gives to the field or parameter of this annotation.

    Args:
        annotation: The annotation, evaluated.

    Returns:
        The name, None if it says none.
    """
    return next(
        (mark.name for mark in _annotated_metadata(annotation) if isinstance(mark, wire)), None
    )


def _annotated_metadata(annotation: Any) -> list[object]:
    """Return the metadata of ``Annotated`` for a field, the outermost first.

    That inside an alias or an optional counts as well.
    """
    if is_alias(annotation):
        return _annotated_metadata(annotation.__value__)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return [*reversed(annotation.__metadata__), *_annotated_metadata(arguments[0])]
    if origin is Union or origin is types.UnionType:
        members = [member for member in arguments if member is not type(None)]
        return _annotated_metadata(members[0]) if len(members) == 1 else []
    return []
