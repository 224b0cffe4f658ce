"""Errors about annotations that cannot travel, each with a hint what to write instead."""

from __future__ import annotations

import enum
import inspect
import sys
import typing
from collections import Counter, OrderedDict, abc, defaultdict, deque
from collections.abc import Hashable
from datetime import date
from typing import IO, Annotated, Any, ForwardRef, Literal, Optional, TypeVar, Union

from ..errors import SchemaError
from ..types import Duration, GoType, Time
from .classes import is_alias, is_generic, is_message, with_arguments

__all__ = ["UNDEFINED", "format_annotation", "literal_hint", "union_hint", "unsupported"]


def unsupported(annotation: object) -> SchemaError:
    """Return the error for an annotation that has no counterpart on the wire.

    Args:
        annotation: The annotation, or whatever stands in its place.

    Returns:
        An error to raise, with a hint what to write instead.
    """
    return SchemaError(f"unsupported type {format_annotation(annotation)}", _hint(annotation))


def _hint(annotation: object) -> str:
    origin = typing.get_origin(annotation) or annotation
    if isinstance(origin, Hashable) and origin in _HINTS:
        return _HINTS[origin]
    if isinstance(origin, TypeVar):
        return "Go's methods have one type for all their callers: write it out"
    if isinstance(origin, str | ForwardRef):
        return "write the type itself, not its name in quotes; only a message can contain itself"
    if is_alias(origin):
        return "say what it holds in brackets, or write out what the alias stands for"
    if isinstance(origin, type):
        return _class_hint(origin)
    return _SEE_TABLE


def _class_hint(cls: type[Any]) -> str:
    library = cls.__module__.split(".")[0]
    if library in sys.stdlib_module_names:
        return _LIBRARY_HINTS.get(f"{library}.{cls.__name__}", _SEE_TABLE)
    if is_message(cls) and is_generic(cls):
        return f"say what it holds, as in {with_arguments(cls)}"
    if issubclass(cls, enum.Enum):
        kinds = "an IntFlag" if issubclass(cls, enum.Flag) else "an IntEnum or a StrEnum"
        return f"make {cls.__name__} {kinds}"
    for base in (bool, int, float, complex, str, bytes):
        if issubclass(cls, base):
            return f'write NewType("{cls.__name__}", {base.__name__})'
    if _has_methods(cls) and (getattr(cls, "_is_protocol", False) or inspect.isabstract(cls)):
        return (
            "name the messages that implement it, as in Circle | Square; "
            "one alone is Annotated[Circle, interface]"
        )
    if typing.is_typeddict(cls) or issubclass(cls, tuple | dict | list):
        return f"make {cls.__name__} a message: a class decorated with attrs.define"
    # The class of a library that makes its own, such as pydantic, takes no decorator.
    if type(cls) is not type and not inspect.isabstract(cls):
        return f"make {cls.__name__} a message: a class of its own, decorated with attrs.define"
    return f"decorate {cls.__name__} with attrs.define to make it a message"


def _has_methods(cls: type[Any]) -> bool:
    return any(inspect.isfunction(each) for name, each in vars(cls).items() if name[:1] != "_")


def format_annotation(annotation: object) -> str:
    """Return an annotation as its author would write it, for an error message."""
    if annotation is type(None):
        return "None"
    if isinstance(annotation, type) and typing.get_origin(annotation) is None:
        return annotation.__name__
    for mark in getattr(annotation, "__metadata__", ()):
        if isinstance(mark, GoType):
            return mark.name
    return str(annotation).replace("typing.", "")


def literal_hint(values: tuple[object, ...]) -> str:
    """Return what to write instead of a ``Literal`` of other values than strings or ints.

    Args:
        values: Values in the brackets.
    """
    kinds = {type(value) for value in values if value is not None}
    if not values:
        return "say its values, such as Literal['a', 'b']"
    if len(kinds) > 1:
        return "a Literal holds strings alone or ints alone: drop the others, or use Any"
    written = [kind.__name__ for kind in kinds] + ["None"] * (None in values)
    return f"a Literal holds strings alone or ints alone: write {' | '.join(written)}"


def union_hint(members: tuple[object, ...]) -> str:
    """Return what to write instead of a union of other things than messages.

    Args:
        members: Annotations that the union is made of.
    """
    literals = [member for member in members if typing.get_origin(member) is Literal]
    values = [value for literal in literals for value in typing.get_args(literal)]
    # Lists: what is in an Annotated, and so the whole, may be impossible to hash.
    others = [member for member in members if member not in (*literals, type(None))]
    kinds = {type(value) for value in values if value is not None}
    optional = " | None" if None in values or type(None) in members else ""
    if len(kinds) == 1 and not others:
        merged = ", ".join([repr(value) for value in values if value is not None])
        return f"write Literal[{merged}]{optional}"
    if len(kinds) == 1 and others == [*kinds]:
        (kind,) = kinds
        return f"write {kind.__name__}{optional}: it takes the values of the Literal as well"
    return "make each member an attrs class, or use Any"


_SEE_TABLE = "see the table of types in the README"


_HINTS: dict[object, str] = {
    **dict.fromkeys(
        (list, tuple, abc.Sequence, abc.MutableSequence), "say what it holds, such as list[int]"
    ),
    **dict.fromkeys(
        (set, frozenset, abc.Set, abc.MutableSet), "say what it holds, such as set[int]"
    ),
    **dict.fromkeys(
        (dict, abc.Mapping, abc.MutableMapping), "say what it holds, such as dict[str, int]"
    ),
    **dict.fromkeys((bytearray, memoryview), "use bytes"),
    **dict.fromkeys(
        (
            *(abc.Iterable, abc.Iterator, abc.Generator, abc.Collection, abc.Container),
            *(abc.Reversible, abc.KeysView, abc.ValuesView),
            *(abc.AsyncIterable, abc.AsyncIterator, abc.AsyncGenerator, deque),
        ),
        "use list[T] or Sequence[T]",
    ),
    **dict.fromkeys((defaultdict, OrderedDict), "use dict[K, V] or Mapping[K, V]"),
    Counter: "use dict[T, int] or Mapping[T, int]",
    abc.Callable: "functions cannot travel: take the values that it works on, or its result",
    **dict.fromkeys(
        (Annotated, typing.ClassVar, typing.Final, typing.NotRequired, typing.Required),
        "write the type alone",
    ),
    **dict.fromkeys((abc.Awaitable, abc.Coroutine), "write the type of its result alone"),
    **dict.fromkeys(
        (typing.Never, typing.NoReturn),
        "no value has this type: write the type of a value, or -> None for a method",
    ),
    IO: "use bytes",
    Literal: literal_hint(()),
    Optional: "say what it holds, such as Optional[int]",
    Union: "say what it holds, such as Circle | Square",
    typing.LiteralString: "use str",
    type: "use str, as the name of the type",
    date: "use datetime",
    object: "use Any",
    typing.Self: "write the name of the class",
    Time: "write datetime, which a Time is",
    Duration: "write timedelta, which a Duration is",
}


# By name, since importing the modules takes long.
_LIBRARY_HINTS = {
    "datetime.time": "use timedelta, as the time since midnight, or str",
    "decimal.Decimal": "use BigRat or BigFloat of rpcgen.types, or str",
    "re.Pattern": "use str",
    **dict.fromkeys(
        [f"pathlib.{name}" for name in ("Path", "PosixPath", "PurePath", "PurePosixPath")],
        "use str",
    ),
    **dict.fromkeys(
        ("datetime.timezone", "datetime.tzinfo", "zoneinfo.ZoneInfo"),
        "use str, as the name of the zone",
    ),
    **dict.fromkeys(
        ("ipaddress.IPv4Address", "ipaddress.IPv6Address"), "use NetipAddr of rpcgen.types"
    ),
    **dict.fromkeys(
        [f"ipaddress.IPv{version}{kind}" for version in "46" for kind in ("Interface", "Network")],
        "use NetipPrefix of rpcgen.types",
    ),
}


UNDEFINED = "define or import it at the top of its module, and not under TYPE_CHECKING only"
