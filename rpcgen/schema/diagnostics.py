"""Errors about annotations that cannot travel, each with a hint what to write instead."""

from __future__ import annotations

import enum
import inspect
import sys
import typing
from collections import Counter, OrderedDict, abc, defaultdict, deque
from collections.abc import Hashable
from datetime import date
from typing import Any, ForwardRef, TypeVar

from ..errors import SchemaError
from ..types import Duration, GoType, Time
from .classes import filled, is_alias, is_generic, is_message

__all__ = ["UNDEFINED", "spelled", "unsupported"]


def unsupported(annotation: object) -> SchemaError:
    return SchemaError(f"unsupported type {spelled(annotation)}", _hint(annotation))


def _hint(annotation: object) -> str:
    origin = typing.get_origin(annotation) or annotation
    if isinstance(origin, Hashable) and origin in _HINTS:
        return _HINTS[origin]
    if isinstance(origin, type) and origin.__module__ == "ipaddress":
        return _IPADDRESS_HINTS.get(origin.__name__, _SEE_TABLE)
    if isinstance(origin, type) and (hint := _STDLIB_HINTS.get(origin.__name__)):
        library = origin.__module__.split(".")[0]
        return hint if library in ("datetime", "decimal", "pathlib") else _SEE_TABLE
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
    if cls.__module__.split(".")[0] in sys.stdlib_module_names:
        return _SEE_TABLE
    if is_message(cls) and is_generic(cls):
        return f"say what it holds, as in {filled(cls)}"
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


def spelled(annotation: object) -> str:
    if annotation is type(None):
        return "None"
    if isinstance(annotation, type) and typing.get_origin(annotation) is None:
        return annotation.__name__
    for mark in getattr(annotation, "__metadata__", ()):
        if isinstance(mark, GoType):
            return mark.name
    return str(annotation).replace("typing.", "")


_SEE_TABLE = "see the table of types in the README"


_HINTS: dict[object, str] = {
    **dict.fromkeys(
        (list, tuple, abc.Sequence, abc.MutableSequence), "say what it holds, such as list[int]"
    ),
    **dict.fromkeys((set, frozenset, abc.Set), "say what it holds, such as set[int]"),
    **dict.fromkeys((dict, abc.Mapping), "say what it holds, such as dict[str, int]"),
    **dict.fromkeys((bytearray, memoryview), "use bytes"),
    **dict.fromkeys(
        (
            *(abc.Iterable, abc.Iterator, abc.Generator, abc.Collection),
            *(abc.AsyncIterable, abc.AsyncIterator, abc.AsyncGenerator, deque),
        ),
        "use list[T] or Sequence[T]",
    ),
    **dict.fromkeys((defaultdict, OrderedDict), "use dict[K, V] or Mapping[K, V]"),
    Counter: "use dict[T, int] or Mapping[T, int]",
    abc.Callable: "functions cannot travel: take the values that it works on, or its result",
    typing.Final: "write the type alone",
    date: "use datetime",
    object: "use Any",
    typing.Self: "write the name of the class",
    Time: "write datetime, which a Time is",
    Duration: "write timedelta, which a Duration is",
}


# By their names, since to import their modules takes long.
_STDLIB_HINTS = {
    "Decimal": "use BigRat or BigFloat of rpcgen.types, or str",
    **dict.fromkeys(("Path", "PosixPath", "PurePath", "PurePosixPath"), "use str"),
    "time": "use timedelta, as the time since midnight, or str",
    "tzinfo": "use str, as the name of the zone",
}


# By their names: nobody who lacks the module can have one of its classes.
_IPADDRESS_HINTS = {
    **dict.fromkeys(("IPv4Address", "IPv6Address"), "use NetipAddr of rpcgen.types"),
    **dict.fromkeys(("IPv4Interface", "IPv6Interface"), "use NetipPrefix of rpcgen.types"),
}


UNDEFINED = "define or import it at the top of its module, and not under TYPE_CHECKING only"
