"""From the annotations of a message to its fields."""

from __future__ import annotations

import enum
import typing
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Optional

import attrs
import pytest
from attrs import define, field

from rpcgen.errors import SchemaError
from rpcgen.schema import attributes_of, field_of, schema_of
from rpcgen.types import embedded, json_tag, wire

from .messages import Point, fields, go, go_fields, struct_of

if TYPE_CHECKING:
    from decimal import Decimal as OnlyForTypes


@define
class Tree:
    value: int
    left: Tree | None = None
    others: list[Tree] = field(factory=list)


@define
class Ping:
    pongs: dict[str, Pong]


@define
class Pong:
    ping: Ping | None


@define
class Quoted:
    one: Optional["Point"]  # noqa: UP037, UP045 - what is tested
    many: "list['Point']"  # noqa: UP037


def test_message_may_refer_to_itself() -> None:
    assert fields(Tree)["left"].schema.go == "*test_fields.Tree"


def test_messages_may_refer_to_each_other() -> None:
    assert fields(Ping)["pongs"].schema.go == "map[string]test_fields.Pong"


def test_message_may_quote_its_annotations() -> None:
    assert [each.schema.go for each in fields(Quoted).values()] == ["*main.Point", "[]main.Point"]


def test_fields_come_in_the_order_of_the_class() -> None:
    assert [each.wire_name for each in fields(Tree).values()] == ["Value", "Left", "Others"]


def test_fields_of_a_base_come_first() -> None:
    @define
    class Derived(Point):
        z: int = 0

    assert list(fields(Derived)) == ["x", "y", "z"]


def test_field_with_default_may_be_left_out() -> None:
    assert [each.has_default for each in fields(Point).values()] == [False, True]


def test_class_variable_is_no_field() -> None:
    @define
    class Counted:
        count: ClassVar[int] = 0
        x: int

    assert list(fields(Counted)) == ["x"]


def test_private_field_may_have_a_wire_name() -> None:
    @define
    class Private:
        _x: Annotated[int, wire("X")]

    assert (fields(Private)["_x"].wire_name, fields(Private)["_x"].argument) == ("X", "x")


def test_alias_of_attrs_is_the_argument() -> None:
    @define
    class Aliased:
        x: int = field(alias="value")

    assert fields(Aliased)["x"].argument == "value"


def test_old_attrs_class_says_types_otherwise() -> None:
    assert fields(attrs.make_class("Old", {"x": attrs.field(type=int)}))["x"].schema.go == "int"


def test_field_keeps_its_json_tag() -> None:
    @define
    class Tagged:
        x: Annotated[int, json_tag("x,omitempty")]

    assert fields(Tagged)["x"].json == json_tag("x,omitempty")


def test_message_can_be_embedded() -> None:
    @define
    class Outer:
        point: Annotated[Point, embedded]

    assert fields(Outer)["point"].embedded


def test_number_cannot_be_embedded() -> None:
    @define
    class Outer:
        x: Annotated[int, embedded]

    with pytest.raises(SchemaError, match="'x' of Outer is embedded, but no message"):
        fields(Outer)


# --- fields that cannot travel --------------------------------------------------------------------


@define
class TwoAlike:
    user_id: int
    userID: int  # noqa: N815 - what is tested


@define
class PrivateField:
    _x: int


@define
class Uncased:
    中: int


@define
class EmptyWireName:
    x: Annotated[int, wire("")]


@define
class NotInInit:
    x: int = field(init=False, default=0)


@define
class BadType:
    tags: Iterable[int]


@define
class Unknown:
    x: OnlyForTypes


@define
class BadSyntax:
    x: "int |"  # type: ignore[valid-type]  # noqa: F722


@define
class BadAttribute:
    x: typing.Nowhere  # type: ignore[name-defined]


Unannotated = attrs.make_class("Unannotated", ["x"])


@pytest.mark.parametrize(
    ("cls", "text"),
    [
        (TwoAlike, "fields 'user_id' and 'userID' of TwoAlike are both 'UserID' on the wire"),
        (PrivateField, "field '_x' of PrivateField is '_x' on the wire, which Go would not export"),
        (Uncased, "field '中' of Uncased is '中' on the wire, which Go would not export"),
        (EmptyWireName, "field 'x' of EmptyWireName is '' on the wire"),
        (NotInInit, "field 'x' of NotInInit has init=False"),
        (BadType, "field 'tags' of BadType: unsupported type collections.abc.Iterable"),
        (Unknown, "Unknown: name 'OnlyForTypes' is not defined (define or import it"),
        (BadSyntax, "BadSyntax: Forward reference must be an expression"),
        (BadAttribute, "BadAttribute: module 'typing' has no attribute 'Nowhere'"),
        (Unannotated, "field 'x' of Unannotated has no annotation"),
    ],
)
def test_message_that_cannot_travel_is_refused_at_its_field(cls: type[Any], text: str) -> None:
    with pytest.raises(SchemaError) as raised:
        fields(cls)
    assert str(raised.value).startswith(text)


def test_bad_field_is_not_looked_at_before_it_is_needed() -> None:
    assert go(list[BadType]) == "[]test_fields.BadType"


def test_field_of_leaves_the_place_to_its_caller() -> None:
    (attribute,) = attributes_of(BadType)
    with pytest.raises(SchemaError, match=r"^unsupported type bytearray"):
        field_of(BadType, attribute, bytearray)


# --- fields that are named like built-in types ----------------------------------------------------


@define
class Blob:
    bytes: bytes
    list: list[int]
    dict: dict[str, int] | None


@define
class BiggerBlob(Blob):
    int: int


def test_field_named_like_a_builtin_type_has_that_type() -> None:
    assert list(go_fields(BiggerBlob).values()) == [
        "[]uint8",
        "[]int",
        "map[string]int",
        "int",
    ]


# --- classes defined in the body of a message -----------------------------------------------------


class Temper(enum.IntEnum):
    OUTSIDE = 0


@define
class Person:
    class Temper(enum.IntEnum):
        INSIDE = 0

    @define
    class Address:
        city: str

    Homes = dict[str, Address]

    mood: Temper
    home: Address | None
    homes: Homes


def test_class_in_the_body_of_a_message_comes_before_one_outside() -> None:
    mood = next(field.schema for field in struct_of(Person).fields if field.attribute == "mood")
    assert mood is schema_of(Person.Temper)


def test_alias_in_the_body_of_a_message_is_known() -> None:
    assert go_fields(Person)["Homes"] == "map[string]test_fields.Address"


def test_annotation_that_exits_is_refused() -> None:
    @define
    class Exits:
        value: "exit()"  # type: ignore[valid-type]  # noqa: UP037 - what is tested

    with pytest.raises(SchemaError, match="Exits"):
        go_fields(Exits)
