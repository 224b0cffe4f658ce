"""Annotations that cannot travel, and the hints what to write instead."""

from __future__ import annotations

import enum
import re
import typing
from abc import ABC, abstractmethod
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Annotated, Generic, Literal, Protocol, TypedDict, TypeVar
from zoneinfo import ZoneInfo

import pytest
from attrs import define

from rpcgen.errors import SchemaError
from rpcgen.schema import schema_of
from rpcgen.schema.diagnostics import union_hint
from rpcgen.types import BigInt, Duration, GoType, Time, interface, length, wire

from .messages import Circle, Color, Named, Plain, Vector

T = TypeVar("T")


class Typed(TypedDict):
    x: int


class Abstract(ABC):
    @abstractmethod
    def area(self) -> float: ...


class Service(Protocol):
    def area(self) -> float: ...


class Meta(type):
    """As of a library whose classes are made in its own way."""


class Model(metaclass=Meta):
    x: int


class Switches(enum.Flag):
    A = 1


class Bare(enum.Enum):
    RED = 1


class Celsius(float):
    pass


@define
class Box(Generic[T]):
    value: T


@pytest.mark.parametrize(
    ("annotation", "reason", "hint"),
    [
        (set, "unsupported type set", "say what it holds, such as set[int]"),
        (frozenset, "unsupported type frozenset", "say what it holds"),
        (Mapping, "unsupported type Mapping", "say what it holds, such as dict[str, int]"),
        (list, "unsupported type list", "say what it holds, such as list[int]"),
        (typing.List, "unsupported type List", "say what it holds"),  # noqa: UP006
        (tuple, "unsupported type tuple", "say what it holds"),
        (dict, "unsupported type dict", "say what it holds, such as dict[str, int]"),
        (tuple[int, str], "unsupported type tuple[int, str]", "write tuple[T, ...], or an attrs"),
        (Callable[[int], str], "unsupported type collections.abc.Callable[[int], str]", "functi"),
        (AsyncIterator[int], "unsupported type collections.abc.AsyncIterator[int]", "use list[T]"),
        (deque[int], "unsupported type collections.deque[int]", "use list[T] or Sequence[T]"),
        (OrderedDict[str, int], "unsupported type collections.OrderedDict[str, int]", "use dict["),
        (Counter[str], "unsupported type collections.Counter[str]", "use dict[T, int]"),
        (typing.Final[int], "unsupported type Final[int]", "write the type alone"),
        (Switches, "unsupported type Switches", "make Switches an IntFlag"),
        (Sequence, "unsupported type Sequence", "say what it holds, such as list[int]"),
        (Iterable[int], "unsupported type collections.abc.Iterable[int]", "use list[T] or Seq"),
        (bytearray, "unsupported type bytearray", "use bytes"),
        (object, "unsupported type object", "use Any"),
        (date, "unsupported type date", "use datetime"),
        (IPv4Address, "unsupported type IPv4Address", "use NetipAddr"),
        (Literal[1, "a"], "unsupported type Literal[1, 'a']", "a Literal holds strings alone"),
        (Literal[True], "unsupported type Literal[True]", "a Literal holds strings alone"),
        (Literal[None], "unsupported type Literal[None]", "a Literal holds strings alone"),
        (Literal[True, None], "unsupported type Literal[True, None]", "write bool | None"),
        (Literal[Color.RED], "unsupported type Literal[", "write Color"),
        (Literal[()], "unsupported type Literal[()]", "say its values, such as Literal['a'"),
        (Literal["a"] | Literal["b"], "a union of other things", "write Literal['a', 'b']"),
        (Literal[1] | Literal[2] | None, "a union of other things", "write Literal[1, 2] | None"),
        (Literal["a"] | str, "a union of other things than messages", "write str: it takes"),
        (Literal["a", None] | str, "a union of other things than messages", "write str | None: "),
        (Literal["a"] | int, "a union of other things than messages", "make each member an"),
        (Literal["a"] | Literal[1], "a union of other things than messages", "make each member"),
        (typing.Literal, "unsupported type Literal", "say its values, such as Literal['a'"),
        (typing.Never, "unsupported type Never", "-> None for a method"),
        (typing.NoReturn, "unsupported type NoReturn", "-> None for a method"),
        (typing.ClassVar[int], "unsupported type ClassVar[int]", "write the type alone"),
        (typing.ClassVar, "unsupported type ClassVar", "write the type alone"),
        (typing.Required[int], "unsupported type Required[int]", "write the type alone"),
        (typing.Awaitable[int], "unsupported type Awaitable[int]", "write the type of its result"),
        (type[int], "unsupported type type[int]", "use str"),
        (typing.MutableSet, "unsupported type MutableSet", "say what it holds, such as set[int]"),
        (typing.MutableMapping, "unsupported type MutableMapping", "such as dict[str, int]"),
        (typing.Container[int], "unsupported type Container[int]", "use list[T] or Sequence[T]"),
        (IPv4Network, "unsupported type IPv4Network", "use NetipPrefix"),
        (ZoneInfo, "unsupported type ZoneInfo", "use str, as the name of the zone"),
        (re.Pattern[str], "unsupported type re.Pattern[str]", "use str"),
        (Decimal, "unsupported type Decimal", "use BigRat or BigFloat"),
        (Path, "unsupported type Path", "use str"),
        (T, "unsupported type ~T", "Go's methods have one type"),
        (typing.Self, "unsupported type Self", "write the name of the class"),
        ("int", "unsupported type int", "write the type itself, not its name in quotes"),
        (list["int"], "unsupported type int", "write the type itself"),
        (5, "unsupported type 5", "see the table of types"),
        ([int], "unsupported type [<class 'int'>]", "see the table of types"),
        (Plain, "unsupported type Plain", "decorate Plain with attrs.define"),
        (Named, "unsupported type Named", "make Named a message: a class decorated with attrs."),
        (Typed, "unsupported type Typed", "make Typed a message: a class decorated with attrs."),
        (Abstract, "unsupported type Abstract", "name the messages that implement it"),
        (Service, "unsupported type Service", "name the messages that implement it"),
        (Model, "unsupported type Model", "make Model a message: a class of its own, dec"),
        (Bare, "unsupported type Bare", "make Bare an IntEnum or a StrEnum"),
        (Celsius, "unsupported type Celsius", 'write NewType("Celsius", float)'),
        (Box, "unsupported type Box", "say what it holds, as in Box[int]"),
        (Annotated[int, interface], "interface on int", "only a message"),
        (Box[int] | Box[str], "a union of one generic message with several", "make a message of"),
        (Time, "unsupported type Time", "write datetime"),
        (Duration, "unsupported type Duration", "write timedelta"),
        (int | str, "a union of other things than messages: int | str", "make each member an"),
        (Circle | int, "a union of other things than messages: Circle | int", "or use Any"),
        (Circle | Color, "a union of other things than messages: Circle | Color", "or use Any"),
        (Annotated[int, length(3)], "length(3) on int", "only list, tuple and bytes have a len"),
        (Annotated[Vector, length(2)], "two lengths on list[float]", "annotate each list"),
        (Annotated[list[int], length], "length without its argument", "write length(4)"),
        (Annotated[int, wire], "wire without its argument", 'write length(4), wire("Name")'),
        (Annotated[int, GoType("int7")], "unknown Go type 'int7'", "use the types of rpcgen.types"),
        (dict[list[int], int], "list[int] cannot be the key of a map", "use a type that Python"),
        (dict[bytes, int], "bytes cannot be the key of a map", "use a type that Python can hash"),
        (dict[BigInt, int], "big.Int cannot be the key of a map", "use a type that Python"),
        (dict[Vector, int], "Annotated[list[float], length(3)] cannot be the key", "use a type"),
        (dict[int | None, int], "int | None cannot be the key of a map", "use a type"),
    ],
)  # fmt: skip
def test_what_cannot_travel_is_refused_with_a_hint(
    annotation: object, reason: str, hint: str
) -> None:
    with pytest.raises(SchemaError) as raised:
        schema_of(annotation)
    assert raised.value.reason.startswith(reason)
    assert raised.value.hint.find(hint) >= 0


def test_class_named_like_one_of_the_standard_library_has_the_hint_of_a_class() -> None:
    path = type("Path", (), {})
    with pytest.raises(SchemaError, match=r"decorate Path with attrs\.define"):
        schema_of(path)


def test_union_hint_takes_members_that_cannot_be_hashed() -> None:
    noted = Annotated[str, ["a", "note"]]
    assert union_hint((Literal["a"], noted)) == "make each member an attrs class, or use Any"
