"""What an IDL says of types, classes, fields and methods."""

from __future__ import annotations

from enum import Enum, IntEnum, StrEnum
from typing import Annotated, Protocol

import pytest
from attrs import define

from rpcgen.types import (
    Float32,
    Int32,
    InterfaceMark,
    Uint8,
    Uintptr,
    interface,
    json_tag,
    length,
    struct_args,
    takes_struct,
    underlying,
    underlying_of,
    wire,
    wire_name_of,
)


@wire("shapes.Circle")
@define
class Circle:
    radius: float


class Ring(Circle):
    pass


def test_wire_names_a_class() -> None:
    assert wire_name_of(Circle) == "shapes.Circle"


def test_wire_returns_the_very_class() -> None:
    class Plain:
        pass

    assert wire("Other")(Plain) is Plain


def test_wire_survives_a_decorator_that_makes_a_new_class() -> None:
    @define
    @wire("Other")
    class Slotted:
        x: int

    assert wire_name_of(Slotted) == "Other"


def test_wire_names_a_function() -> None:
    @wire("Times")
    def multiply() -> None: ...

    assert wire_name_of(multiply) == "Times"


def test_wire_name_is_not_inherited() -> None:
    assert wire_name_of(Ring) is None


def test_wire_name_of_class_without_one_is_none() -> None:
    assert wire_name_of(int) is None


def test_wire_without_a_name_is_refused() -> None:
    with pytest.raises(TypeError, match=r'write wire\("Name"\)'):

        @wire  # type: ignore[arg-type]
        class Plain:
            pass


@pytest.mark.parametrize("count", [-1, True, 2.0, "4"])
def test_length_that_is_no_count_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="a length is 0, 1, 2"):
        length(count)


def test_length_is_shown_as_it_is_written() -> None:
    assert "length(4)" in str(Annotated[list[int], length(4)])


@pytest.mark.parametrize(
    ("text", "name", "options"),
    [
        ("id", "id", set()),
        ("id,omitempty", "id", {"omitempty"}),
        (",omitempty,omitzero", "", {"omitempty", "omitzero"}),
        ("id,", "id", set()),
    ],
)
def test_json_tag_has_a_name_and_options(text: str, name: str, options: set[str]) -> None:
    assert (json_tag(text).name, set(json_tag(text).options)) == (name, options)


@pytest.mark.parametrize(("text", "omitted"), [("-", True), ("-,", False), ("id", False)])
def test_json_tag_keeps_a_field_out(text: str, omitted: bool) -> None:
    assert json_tag(text).omitted is omitted


@struct_args
def marked(self: object, name: str) -> int:
    return len(name)


def unmarked(self: object, name: str) -> int:
    return len(name)


@struct_args
class Marked(Protocol):
    def ping(self) -> int: ...


class Inherits(Marked, Protocol):
    pass


@pytest.mark.parametrize(
    ("target", "expected"),
    [(marked, True), (unmarked, False), (Marked, True), (Inherits, False)],
)
def test_struct_args_marks_what_it_decorates_and_nothing_else(
    target: object, expected: bool
) -> None:
    assert takes_struct(target) is expected


def test_struct_args_leaves_the_function_as_it_is() -> None:
    assert struct_args(unmarked) is unmarked
    vars(unmarked).clear()


def test_interface_is_equal_to_itself_alone() -> None:
    assert interface == InterfaceMark()
    assert repr(interface) == "InterfaceMark()"


@underlying(Uint8)
class Level(IntEnum):
    LOW = 1


class Plain(IntEnum):
    LOW = 1


def test_underlying_type_is_that_of_the_enum() -> None:
    assert underlying_of(Level) == "uint8"


def test_underlying_type_is_int_where_nothing_else_is_said() -> None:
    assert underlying_of(Plain) == "int"


@pytest.mark.parametrize("type_", [Int32, Uintptr], ids=str)
def test_underlying_leaves_the_class_as_it_is(type_: object) -> None:
    class Other(IntEnum):
        LOW = 1

    assert underlying(type_)(Other) is Other


@pytest.mark.parametrize("type_", [int, str, "uint8", Float32, Level], ids=str)
def test_underlying_takes_sized_integers_alone(type_: object) -> None:
    with pytest.raises(TypeError, match="write a sized integer, such as Uint8"):
        underlying(type_)


@pytest.mark.parametrize("target", [Circle, StrEnum("Text", "A"), Enum("Any", "A"), len], ids=str)
def test_underlying_is_for_enums_of_numbers(target: object) -> None:
    with pytest.raises(TypeError, match="it is for an IntEnum or OpenIntEnum"):
        underlying(Uint8)(target)
