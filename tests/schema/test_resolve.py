"""From annotations to schemas: what travels, what Go calls it, what is refused and why."""

from __future__ import annotations

import dataclasses
import enum
import sys
import types
import typing
import uuid
from abc import ABC, abstractmethod
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from ipaddress import IPv4Address
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    Optional,
    Protocol,
    TypeAlias,
    TypedDict,
    TypeVar,
)

import attrs
import pytest
from attrs import define, field, frozen

from rpcgen import gob
from rpcgen import schema as schema_module
from rpcgen.errors import DecodeError, EncodeError, SchemaError
from rpcgen.gojson.decode import decode as json_decode
from rpcgen.gojson.encode import encode as json_encode
from rpcgen.gojson.stream import parse as json_parse
from rpcgen.schema import (
    Array,
    Field,
    Interface,
    Map,
    Slice,
    Struct,
    attributes_of,
    field_of,
    is_infinite,
    schema_for,
    schema_of,
    wire_name_in,
)
from rpcgen.types import (
    URL,
    AddrPort,
    BigFloatValue,
    BigInt,
    Complex64,
    Duration,
    Float32,
    GoType,
    Int8,
    NetIP,
    NetipAddr,
    Time,
    Uint,
    Uint8,
    Uint16,
    embedded,
    interface,
    json_tag,
    length,
    wire,
)

from .. import golang

if TYPE_CHECKING:
    from decimal import Decimal as OnlyForTypes

T = TypeVar("T")


# --- messages to make schemas of ------------------------------------------------------------------


@wire("main.Point")
@frozen
class Point:
    x: int
    y: int = 0


@wire("main.Circle")
@define
class Circle:
    center: Point
    radius: float


@define
class Square:
    side: float


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


class Color(enum.IntEnum):
    NONE = 0
    RED = 1


class Mood(enum.StrEnum):
    NONE = ""
    GOOD = "good"


class Level(enum.IntEnum):
    LOW = 1


UserID = NewType("UserID", int)
for _each in (Color, Mood, UserID):
    _each.__module__ = "main"  # the package of the Go program below

Shape: TypeAlias = Circle | Square
Vector: TypeAlias = Annotated[list[float], length(3)]


class Temperature:
    """Encodes itself, and has no value without arguments."""

    def __init__(self, celsius: float) -> None:
        self.celsius = celsius

    def gob_encode(self) -> bytes:
        return str(self.celsius).encode()

    @classmethod
    def gob_decode(cls, data: bytes) -> Temperature:
        return cls(float(data))


class Plain:
    pass


class Named(NamedTuple):
    x: int


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


def go(annotation: object) -> str:
    return schema_of(annotation).go


def fields(cls: type[Any]) -> dict[str, Field]:
    schema = schema_of(cls)
    assert isinstance(schema, Struct)
    return {each.attribute: each for each in schema.fields}


# --- Go's spelling --------------------------------------------------------------------------------

GO_TYPES: list[tuple[object, str]] = [
    (bool, "bool"),
    (int, "int"),
    (float, "float64"),
    (complex, "complex128"),
    (str, "string"),
    (bytes, "[]byte"),
    (Int8, "int8"),
    (Uint, "uint"),
    (Uint16, "uint16"),
    (Float32, "float32"),
    (Complex64, "complex64"),
    (list[int], "[]int"),
    (tuple[str, ...], "[]string"),
    (list[Uint8], "[]byte"),
    (list[list[float]], "[][]float64"),
    (Annotated[list[int], length(4)], "[4]int"),
    (Annotated[tuple[int, ...], length(0)], "[0]int"),
    (Annotated[bytes, length(4)], "[4]byte"),
    (Annotated[list[Vector], length(2)], "[2][3]float64"),
    (Annotated[uuid.UUID, length(16)], "[16]byte"),
    (dict[str, list[Point]], "map[string][]Point"),
    (dict[Point, dict[Color, bool]], "map[Point]map[Color]bool"),
    (Point, "Point"),
    (Point | None, "*Point"),
    (list[int] | None, "*[]int"),
    (dict[str, int] | None, "map[string]int"),
    (Any, "interface{}"),
    (list[Any], "[]interface{}"),
    (Circle | Square, "interface{}"),
    (None, "struct{}"),
    (Color, "Color"),
    (Mood, "Mood"),
    (UserID, "UserID"),
    (list[UserID], "[]UserID"),
    (datetime, "time.Time"),
    (timedelta, "time.Duration"),
    (BigInt, "big.Int"),
    (Fraction, "big.Rat"),
    (BigFloatValue, "big.Float"),
    (NetIP, "net.IP"),
    (NetipAddr, "netip.Addr"),
    (AddrPort, "netip.AddrPort"),
    (list[URL], "[]url.URL"),
]

PROGRAM = """
package main

import ("fmt"; "math/big"; "net"; "net/netip"; "net/url"; "reflect"; "time")

type (
	Point struct { X, Y int }
	Color int
	Mood string
	UserID int
	used struct { big.Int; net.IP; netip.Addr; url.URL; time.Time }
)

func main() {
	for _, t := range []reflect.Type{%s} { fmt.Println(t) }
}
"""


@pytest.fixture(scope="module")
def spelled_by_go(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The types of the table, as Go's own reflection spells them."""
    folder = tmp_path_factory.mktemp("spelling")
    sources = [source for _, source in GO_TYPES]
    types = ", ".join(f"reflect.TypeOf((*{source})(nil)).Elem()" for source in sources)
    (folder / "main.go").write_text(PROGRAM % types)
    lines = golang.run_go("run", "main.go", cwd=folder).splitlines()
    return dict(zip(sources, lines, strict=True))


@pytest.mark.parametrize(("annotation", "source"), GO_TYPES)
def test_go_is_the_spelling_of_go(
    annotation: object, source: str, spelled_by_go: dict[str, str]
) -> None:
    assert go(annotation) == spelled_by_go[source]


def test_go_of_struct_without_name() -> None:
    @wire("")
    @define
    class Anonymous:
        x: int
        user_id: str

    assert go(Anonymous) == "struct { X int; UserID string }"


def test_go_of_message_has_the_last_part_of_its_module() -> None:
    assert go(Square) == "test_resolve.Square"


def test_wire_name_of_message_is_not_inherited() -> None:
    class Disc(Circle):
        pass

    assert go(Disc) == "test_resolve.Disc"


# --- equal schemas --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: schema_of(list[int]),
        lambda: schema_of(dict[str, list[Point]]),
        lambda: schema_of(Annotated[list[int], length(4)]),
        lambda: schema_of(int | None),
        lambda: schema_of(Point),
        lambda: schema_for([1, 2]),
        lambda: schema_for({"a": [Point(1)]}),
    ],
)
def test_schema_is_one_object(make: Callable[[], object]) -> None:
    assert make() is make()


def test_optional_is_a_union_with_none() -> None:
    assert schema_of(Optional[int]) is schema_of(int | None)  # noqa: UP045 - what is tested


def test_annotated_with_what_cannot_be_hashed_is_allowed() -> None:
    assert go(Annotated[int, ["a", "note"]]) == "int"


# --- names for types ------------------------------------------------------------------------------


def test_new_type_of_new_type_has_its_own_name() -> None:
    AdminID = NewType("AdminID", UserID)
    assert go(AdminID) == "test_resolve.AdminID"


def test_new_type_of_message_is_the_message() -> None:
    Origin = NewType("Origin", Point)
    assert schema_of(Origin) is schema_of(Point)


def test_new_type_of_self_encoding_type_encodes_itself() -> None:
    Birthday = NewType("Birthday", datetime)
    assert schema_of(Birthday) is schema_of(datetime)


def test_new_type_of_array_keeps_its_length() -> None:
    Normal = NewType("Normal", Vector)
    assert typing.cast(Array[Any], schema_of(Normal)).length == 3


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type X = ... came with Python 3.12")
class TestTypeStatement:
    def alias(self, statement: str) -> Any:
        namespace = dict(globals())
        exec(statement, namespace)
        return namespace["X"]

    def test_alias_is_what_it_stands_for(self) -> None:
        assert schema_of(self.alias("type X = list[Point]")) is schema_of(list[Point])

    def test_alias_of_a_union_may_be_none(self) -> None:
        shape = schema_of(self.alias("type X = Circle | Square") | None)
        assert isinstance(shape, Interface)
        assert shape.nullable

    def test_alias_of_a_union_may_be_a_member_of_another(self) -> None:
        shape = schema_of(self.alias("type X = Circle | Square") | Point)
        assert isinstance(shape, Interface)
        assert [member.cls for member in shape.members] == [Circle, Square, Point]

    def test_alias_may_name_a_field(self) -> None:
        assert wire_name_in(self.alias('type X = Annotated[int, wire("Other")]')) == "Other"

    def test_alias_that_contains_itself_is_refused(self) -> None:
        with pytest.raises(SchemaError, match="type X contains itself"):
            schema_of(self.alias("type X = list[X]"))

    def test_alias_of_an_unknown_name_is_refused(self) -> None:
        with pytest.raises(SchemaError, match="name 'Nowhere' is not defined"):
            schema_of(self.alias("type X = list[Nowhere]"))

    def test_generic_alias_is_what_it_stands_for(self) -> None:
        alias = self.alias("type X[T] = dict[str, T]")
        assert schema_of(alias[int]).go == "map[string]int"

    def test_generic_alias_without_types_is_refused(self) -> None:
        with pytest.raises(SchemaError, match="unsupported type T"):
            schema_of(self.alias("type X[T] = list[T]"))

    def test_generic_message_in_the_new_syntax_has_fields_of_its_types(self) -> None:
        statement = "@define\nclass X[T]:\n    items: 'list[T]'\n    next: T | None = None"
        assert go_fields(self.alias(statement)[int]) == {"Items": "[]int", "Next": "*int"}


# --- Annotated ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "annotation",
    [
        Annotated[list[Uint8], length(4), wire("N")],
        Annotated[list[Uint8], wire("N"), length(4)],
        Annotated[Annotated[list[Uint8], length(4)], "a note", wire("N")],
        Annotated[Annotated[list[Uint8], wire("N")], length(4)],
    ],
)
def test_marks_come_in_any_order(annotation: object) -> None:
    assert (go(annotation), wire_name_in(annotation)) == ("[4]uint8", "N")


def test_outer_wire_name_wins() -> None:
    Inner: TypeAlias = Annotated[int, wire("Inner")]
    assert wire_name_in(Annotated[Inner, wire("Outer")]) == "Outer"


def test_optional_keeps_the_wire_name_inside() -> None:
    assert wire_name_in(Annotated[int, wire("Inner")] | None) == "Inner"


def test_wire_name_inside_a_list_is_not_that_of_the_field() -> None:
    assert wire_name_in(list[Annotated[int, wire("Inner")]]) is None


def test_optional_of_annotated_optional_is_one_optional() -> None:
    assert go(Annotated[int | None, "a note"] | None) == "*int"


# --- unions ---------------------------------------------------------------------------------------


def test_union_of_messages_has_them_as_members() -> None:
    schema = schema_of(Circle | Square)
    assert isinstance(schema, Interface)
    assert [member.cls for member in schema.members] == [Circle, Square]


@pytest.mark.parametrize(
    ("annotation", "nullable"),
    [(Circle | Square, False), (Circle | Square | None, True), (Shape | None, True)],
)
def test_union_is_nullable_with_none(annotation: object, nullable: bool) -> None:
    schema = schema_of(annotation)
    assert isinstance(schema, Interface)
    assert schema.nullable is nullable


def test_any_or_none_is_any() -> None:
    schema = schema_of(Any | None)
    assert isinstance(schema, Interface)
    assert (schema.members, schema.nullable) == ((), True)


# --- enums ----------------------------------------------------------------------------------------


class Mixed(str, enum.Enum):  # noqa: UP042 - the old way of StrEnum
    A = "a"


class Flags(enum.IntFlag):
    A = 1


@pytest.mark.parametrize(
    ("cls", "base"), [(Color, "int"), (Flags, "int"), (Mood, "string"), (Mixed, "string")]
)
def test_enum_travels_as_its_base(cls: type[enum.Enum], base: str) -> None:
    schema = schema_of(cls)
    assert isinstance(schema, schema_module.Enum)
    assert schema.base.go == base


# --- messages -------------------------------------------------------------------------------------


def test_message_may_refer_to_itself() -> None:
    assert fields(Tree)["left"].schema.go == "*test_resolve.Tree"


def test_messages_may_refer_to_each_other() -> None:
    assert fields(Ping)["pongs"].schema.go == "map[string]test_resolve.Pong"


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


@pytest.mark.parametrize("method", ["zero", "fields"])
@pytest.mark.parametrize("shape", ["Direct", "Left", "InArray"])
def test_message_that_never_ends_is_refused(shape: str, method: str) -> None:
    schema = schema_of(globals()[shape])
    with pytest.raises(SchemaError, match=f"message {shape} contains itself"):
        schema.zero() if method == "zero" else fields(globals()[shape])


@frozen
class Direct:
    me: Direct


@define
class Left:
    right: Right


@define
class Right:
    left: Left


@define
class InArray:
    several: Annotated[list[InArray], length(2)]


@define
class HoldsDirect:
    direct: Direct


def test_message_that_holds_an_endless_one_does_not_hold_itself() -> None:
    assert not is_infinite(typing.cast(Struct[Any], schema_of(HoldsDirect)))


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
    assert go(list[BadType]) == "[]test_resolve.BadType"


def test_field_of_leaves_the_place_to_its_caller() -> None:
    (attribute,) = attributes_of(BadType)
    with pytest.raises(SchemaError, match=r"^unsupported type bytearray"):
        field_of(BadType, attribute, bytearray)


# --- annotations that cannot travel ---------------------------------------------------------------


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


# --- keys of maps ---------------------------------------------------------------------------------


@frozen
class WithList:
    items: list[int]


@define(eq=False)
class ByIdentity:
    x: int


@pytest.mark.parametrize(
    ("cls", "expected"),
    [(Point, True), (Square, False), (WithList, False), (ByIdentity, True)],
)
def test_message_is_comparable_where_python_and_go_agree(cls: type[Any], expected: bool) -> None:
    assert schema_of(cls).comparable() is expected


@pytest.mark.parametrize("key", [Square, WithList])
def test_message_as_key_is_judged_by_its_fields_later(key: type[Any]) -> None:
    schema = schema_of(dict[key, int])  # type: ignore[valid-type]
    assert isinstance(schema, Map)
    assert not schema.key.comparable()


def test_union_with_a_member_that_cannot_be_hashed_is_no_key() -> None:
    with pytest.raises(SchemaError, match="cannot be the key of a map"):
        schema_of(dict[Point | Square, int])


def test_union_that_holds_itself_is_comparable() -> None:
    assert schema_of(Leaf | Branch).comparable()


@frozen
class Leaf:
    x: int


@frozen
class Branch:
    left: Leaf | Branch


# --- zero values ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("annotation", "zero"),
    [
        (bool, False),
        (int, 0),
        (Uint8, 0),
        (float, 0.0),
        (complex, 0j),
        (str, ""),
        (bytes, b""),
        (list[int], []),
        (tuple[int, ...], ()),
        (Vector, [0.0, 0.0, 0.0]),
        (Annotated[tuple[Point, ...], length(2)], (Point(0, 0), Point(0, 0))),
        (Annotated[bytes, length(2)], b"\0\0"),
        (uuid.UUID, uuid.UUID(int=0)),
        (dict[str, int], {}),
        (Circle, Circle(Point(0, 0), 0.0)),
        (Point | None, None),
        (Any, None),
        (Circle | Square | None, None),
        (None, None),
        (Color, Color.NONE),
        (Mood, Mood.NONE),
        (Flags, Flags(0)),
        (UserID, 0),
        (datetime, datetime(1, 1, 1, tzinfo=UTC)),
        (timedelta, timedelta()),
        (BigInt, 0),
        (Fraction, Fraction(0)),
        (BigFloatValue, BigFloatValue()),
        (URL, ""),
        (NetipAddr, None),
        (AddrPort, AddrPort(None, 0)),
    ],
)
def test_zero_is_that_of_go(annotation: object, zero: object) -> None:
    made = schema_of(annotation).zero()
    assert (type(made), made) == (type(zero), zero)


def test_zero_is_not_the_default() -> None:
    @define
    class Defaults:
        x: int = 7

    assert schema_of(Defaults).zero().x == 0


def test_zero_of_a_list_is_a_new_one() -> None:
    assert schema_of(list[int]).zero() is not schema_of(list[int]).zero()


@define
class Positive:
    x: int = field(validator=attrs.validators.gt(0))


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (Level, "Level has no member for 0, Go's zero value"),
        (Mixed, "Mixed has no member for '', Go's zero value"),
        (Circle | Square, "nil where Circle | Square is wanted"),
        (Temperature, "Temperature has no zero value: TypeError"),
        (Positive, "Positive has no zero value: ValueError: 'x' must be > 0: 0"),
    ],
)
def test_zero_that_the_type_lacks_is_a_decode_error(annotation: object, text: str) -> None:
    with pytest.raises(DecodeError) as raised:
        schema_of(annotation).zero()
    assert str(raised.value).startswith(text)


# --- values without a schema ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "spelling"),
    [
        (True, "bool"),
        (1, "int"),
        ("a", "string"),
        (b"a", "[]uint8"),
        (None, "struct {}"),
        (Point(1), "main.Point"),
        ([1, 2], "[]int"),
        ((1, 2), "[]int"),
        ([True, 1], "[]interface {}"),
        ([], "[]interface {}"),
        ([None], "[]interface {}"),
        ([1, None], "[]interface {}"),
        ([[1], [2]], "[][]int"),
        ([[1], ["a"]], "[]interface {}"),
        ([Point(1), Square(1.0)], "[]interface {}"),
        ({}, "map[interface {}]interface {}"),
        ({"a": 1}, "map[string]int"),
        ({"a": 1, "b": None}, "map[string]interface {}"),
        ({"a": [1]}, "map[string][]int"),
        (Time.of(datetime(2026, 1, 1, tzinfo=UTC), 7), "time.Time"),
        (Duration.of(7), "time.Duration"),
        (AddrPort(None, 0), "netip.AddrPort"),
    ],
)
def test_schema_for_value(value: object, spelling: str) -> None:
    assert schema_for(value).go == spelling


def test_schema_for_list_makes_a_list() -> None:
    assert typing.cast(Slice[Any], schema_for([1])).container is list


def test_schema_for_tuple_makes_a_tuple() -> None:
    assert typing.cast(Slice[Any], schema_for((1,))).container is tuple


@pytest.mark.parametrize("value", [bytearray(), [bytearray()], Plain(), Named(1)])
def test_schema_for_what_cannot_travel_is_refused(value: object) -> None:
    with pytest.raises(SchemaError, match="unsupported type"):
        schema_for(value)


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
    assert go_fields(Person)["Homes"] == "map[string]test_resolve.Address"


# --- generic messages -----------------------------------------------------------------------------

K = TypeVar("K")


def from_json(schema: schema_module.Schema[Any], text: str) -> Any:
    return json_decode(schema, json_parse(text))


@frozen
class Round:
    radius: float


@define
class Page(Generic[T]):
    items: list[T]
    next: T | None = None


@define
class Keyed(Page[K], Generic[K, T]):
    by_key: dict[str, T] = field(factory=dict)


@define
class UserPage(Keyed[Round, int]):
    total: int = 0


class Stamped(Generic[T]):
    """A mixin that has no fields."""


@define
class StampedPage(Stamped[int], Page[Round]):
    pass


@define
class Unsaid(Page):  # type: ignore[type-arg]
    pass


@define
class Growing(Generic[T]):
    inner: Growing[list[T]] | None


def go_fields(annotation: object) -> dict[str, str]:
    return {field.wire_name: field.schema.go for field in struct_of(annotation).fields}


def struct_of(annotation: object) -> Struct[Any]:
    schema = schema_of(annotation)
    assert isinstance(schema, Struct)
    return schema


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (Page[int], {"Items": "[]int", "Next": "*int"}),
        (Page[Round], {"Items": "[]test_resolve.Round", "Next": "*test_resolve.Round"}),
        (
            Page[Page[int]],
            {"Items": "[]test_resolve.Page[int]", "Next": "*test_resolve.Page[int]"},
        ),
        (StampedPage, {"Items": "[]test_resolve.Round", "Next": "*test_resolve.Round"}),
        (
            UserPage,
            {
                "Items": "[]test_resolve.Round",
                "Next": "*test_resolve.Round",
                "ByKey": "map[string]int",
                "Total": "int",
            },
        ),
        (
            Keyed[bytes, Page[str]],
            {
                "Items": "[][]uint8",
                "Next": "*[]uint8",
                "ByKey": "map[string]test_resolve.Page[string]",
            },
        ),
    ],
    ids=str,
)
def test_generic_message_has_fields_of_its_types(
    annotation: object, expected: dict[str, str]
) -> None:
    assert go_fields(annotation) == expected


def test_generic_message_is_called_as_in_go() -> None:
    assert go(Page[Round]) == "test_resolve.Page[test_resolve.Round]"


def test_generic_message_has_one_schema_for_each_of_its_types() -> None:
    assert schema_of(Page[int]) is schema_of(Page[int])
    assert go(Page[int]) != go(Page[str])


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Page[int], Page([1, 2], 3)),
        (Page[str], Page(["a"])),
        (dict[str, Page[Page[int]]], {"a": Page([Page([1])])}),
        (UserPage, UserPage([Round(1.0)], None, {"a": 1}, 4)),
    ],
    ids=str,
)
def test_generic_message_travels(annotation: object, value: object) -> None:
    assert gob.loads(gob.dumps(value, annotation), annotation) == value
    schema = schema_of(annotation)
    assert from_json(schema, json_encode(schema, value)) == value


def test_generic_messages_of_one_class_are_several_types_of_one_stream() -> None:
    annotation = tuple[Page[int], ...] | None
    both = tuple[Page[str], ...]
    encoder, decoder = gob.Encoder(), gob.Decoder()
    decoder.feed(encoder.encode((Page([1]),), annotation) + encoder.encode((Page(["a"]),), both))
    assert (decoder.decode(annotation), decoder.decode(both)) == ((Page([1]),), (Page(["a"]),))


def test_type_variable_that_no_subclass_says_is_refused() -> None:
    with pytest.raises(SchemaError, match="Unsaid does not say what its base Page holds"):
        fields(Unsaid)


def test_generic_message_that_grows_without_end_is_refused() -> None:
    with pytest.raises(SchemaError, match="Growing holds itself with ever other types"):
        gob.dumps(Growing(None), Growing[int])


# --- dataclasses ----------------------------------------------------------------------------------


@dataclass
class Data:
    x: int
    tags: list[str] = dataclasses.field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenData:
    x: int
    y: Data | None = None
    shared: ClassVar[int] = 3


@dataclass
class MoreData(Data):
    z: float = 0.5


@dataclass
class GenericData(Generic[T]):
    value: T


@dataclass
class Cached:
    x: int
    cache: int = dataclasses.field(init=False, default=0)


@pytest.mark.parametrize(
    "value",
    [
        Data(1, ["a"]),
        FrozenData(x=1, y=Data(2)),
        FrozenData(x=0),
        MoreData(1, [], 2.5),
        GenericData(Data(1)),
    ],
    ids=repr,
)
def test_dataclass_travels(value: object) -> None:
    annotation = GenericData[Data] if isinstance(value, GenericData) else type(value)
    schema = schema_of(annotation)
    assert gob.loads(gob.dumps(value, annotation), annotation) == value
    assert from_json(schema, json_encode(schema, value)) == value


def test_dataclass_has_a_default_where_the_sender_has_no_field() -> None:
    @define
    class Older:
        x: int

    assert gob.loads(gob.dumps(Older(1)), MoreData) == MoreData(1, [], 0.5)


def test_frozen_dataclass_is_a_key() -> None:
    assert go(dict[FrozenKey, int]) == "map[test_resolve.FrozenKey]int"


@dataclass(frozen=True)
class FrozenKey:
    x: int


def test_field_of_a_dataclass_that_init_does_not_take_is_refused() -> None:
    with pytest.raises(SchemaError, match="field 'cache' of Cached has init=False"):
        fields(Cached)


# --- types that travel as another kind ------------------------------------------------------------


@define
class Loose:
    tags: set[str] = field(factory=set)
    ids: frozenset[int] | None = None
    level: Literal["low", "high"] = "low"
    bit: Literal[0, 1] = 0
    names: Sequence[str] = ()
    ages: Mapping[str, int] = field(factory=dict)
    levels: dict[Literal["low", "high"], list[Literal[1, 2]]] = field(factory=dict)
    maybe: Literal["x", None] = None


LOOSE = Loose(
    {"a", "b"},
    frozenset([1]),
    "high",
    1,
    ["c"],
    {"d": 1},
    {"low": [1, 2]},
    "x",
)


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (set[str], "map[string]bool"),
        (AbstractSet[int], "map[int]bool"),
        (typing.Set[str], "map[string]bool"),  # noqa: UP006
        (frozenset[Round], "map[test_resolve.Round]bool"),
        (Sequence[int], "[]int"),
        (typing.MutableSequence[int], "[]int"),
        (Mapping[str, int], "map[string]int"),
        (Mapping[str, int] | None, "map[string]int"),
        (Literal["a", "b"], "string"),
        (Literal[1, 2], "int"),
        (Literal["a", None], "*string"),
        (NewType("Level", Literal["a"]), "test_resolve.Level"),
        (Annotated[Round, interface], "interface {}"),
    ],
    ids=str,
)
def test_type_that_is_converted_has_the_type_of_go(annotation: object, expected: str) -> None:
    assert go(annotation) == expected


@pytest.mark.parametrize("value", [LOOSE, Loose()], ids=["full", "default"])
def test_converted_values_travel(value: Loose) -> None:
    schema = schema_of(Loose)
    received = gob.loads(gob.dumps(value), Loose)
    assert attrs.evolve(received, names=tuple(received.names)) == attrs.evolve(
        value, names=tuple(value.names)
    )
    again = from_json(schema, json_encode(schema, value))
    assert attrs.evolve(again, names=()) == attrs.evolve(value, names=())


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (set[str], frozenset("a"), {"a"}),
        (frozenset[int], {1}, frozenset([1])),
        (Sequence[int], (1, 2), [1, 2]),
        (Sequence[int], range(2), [0, 1]),
        (Mapping[str, int], types.MappingProxyType({"a": 1}), {"a": 1}),
        (list[set[int]], [{1}, set()], [{1}, set()]),
        (set[Literal["a", "b"]], {"a"}, {"a"}),
    ],
    ids=str,
)
def test_converted_value_is_taken_in_every_form(
    annotation: object, value: object, expected: object
) -> None:
    schema = schema_of(annotation)
    for received in (
        gob.loads(gob.dumps(value, annotation), annotation),
        from_json(schema, json_encode(schema, value)),
    ):
        assert (received, type(received)) == (expected, type(expected))


def test_member_that_go_has_as_false_is_not_in_the_set() -> None:
    assert gob.loads(gob.dumps({"a": True, "b": False}), set[str]) == {"a"}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"tags": ["a"]}, "Loose.tags: "),
        ({"tags": {1}}, "Loose.tags[1]: "),
        ({"level": "middle"}, "Loose.level: 'middle' is none of 'low', 'high'"),
        ({"bit": 2}, "Loose.bit: 2 is none of 0, 1"),
        ({"maybe": "y"}, "Loose.maybe: 'y' is none of 'x'"),
        ({"names": "abc"}, "Loose.names: "),
        ({"ages": [("a", 1)]}, "Loose.ages: "),
        ({"levels": {"low": [3]}}, "Loose.levels['low'][0]: 3 is none of 1, 2"),
        ({"levels": {"lower": []}}, "Loose.levels['lower']: 'lower' is none of"),
    ],
    ids=str,
)
def test_value_that_cannot_be_converted_is_refused_at_its_place(
    changes: dict[str, Any], text: str
) -> None:
    value = attrs.evolve(LOOSE, **changes)
    for encode in (gob.dumps, json_encode):
        with pytest.raises(EncodeError) as raised:
            encode(value, Loose) if encode is gob.dumps else encode(schema_of(Loose), value)
        assert str(raised.value).startswith(text)


def test_literal_that_arrives_is_one_of_its_values() -> None:
    with pytest.raises(DecodeError, match="'c' is none of 'a', 'b'"):
        gob.loads(gob.dumps("c"), Literal["a", "b"])
    with pytest.raises(DecodeError, match="'c' is none of 'a', 'b'"):
        from_json(schema_of(Literal["a", "b"]), '"c"')


def test_literal_without_gos_zero_value_cannot_be_left_out() -> None:
    with pytest.raises(DecodeError, match="'' is none of 'a'"):
        schema_of(Literal["a"]).zero()


# --- an interface with one implementation ---------------------------------------------------------


@pytest.mark.parametrize(
    ("annotation", "nullable"),
    [
        (Annotated[Round, interface], False),
        (Annotated[Round | None, interface], True),
        (Annotated[Round, interface] | None, True),
    ],
    ids=str,
)
def test_interface_of_one_message(annotation: object, nullable: bool) -> None:
    schema = schema_of(annotation)
    assert isinstance(schema, Interface)
    assert (schema.members, schema.nullable) == ((schema_of(Round),), nullable)


def test_interface_of_a_union_is_the_union() -> None:
    union = schema_of(Annotated[Round | Vector3, interface])
    assert isinstance(union, Interface)
    assert union.members == (schema_of(Round), schema_of(Vector3))


@define
class Vector3:
    x: float


def test_interface_of_one_message_travels_with_its_name() -> None:
    annotation = list[Annotated[Round, interface]]
    data = gob.dumps([Round(1.0)], annotation)
    assert b"test_resolve.Round" in data
    assert gob.loads(data, annotation) == [Round(1.0)]
