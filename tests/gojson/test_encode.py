"""What Go makes of the same values is compared in test_differential.py."""

from __future__ import annotations

import enum
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import Annotated, Any, Self
from uuid import UUID

import pytest
from attrs import define

from rpcgen import gob
from rpcgen.errors import EncodeError
from rpcgen.gob import Record, Typed
from rpcgen.gojson.encode import encode
from rpcgen.gojson.text import quote
from rpcgen.schema import schema_of
from rpcgen.types import (
    BigFloat,
    BigRat,
    Float32,
    GoTime,
    NetIP,
    NetipAddr,
    NetipAddrPort,
    NetipPrefix,
    Uint8,
    Uint64,
    json_tag,
    length,
)

from .kinds import KINDS, Cell, Color, Containers, Mood, Special, Tree


class Temperature:
    """A type that makes its own JSON."""

    def __init__(self, text: str) -> None:
        self.text = text

    def marshal_binary(self) -> bytes:
        return b""

    @classmethod
    def unmarshal_binary(cls, data: bytes) -> Self:
        return cls("")

    def marshal_json(self) -> bytes:
        return self.text.encode()


class Silent:
    """A type that has no JSON."""

    def marshal_binary(self) -> bytes:
        return b""

    @classmethod
    def unmarshal_binary(cls, data: bytes) -> Self:
        return cls()


@define
class Shapes:
    shape: Cell | Tree
    other: Cell | Tree | None = None


@define
class Spelled:
    """A message that makes its own JSON, of type str."""

    text: str = ""

    def marshal_json(self) -> str:
        return f'"{self.text}"'


class Loud(enum.IntEnum):
    ONE = 1

    def __str__(self) -> str:
        return "one!"


def encoded(annotation: Any, value: object) -> str:
    return encode(schema_of(annotation), value)


def error_of(annotation: Any, value: object) -> str:
    with pytest.raises(EncodeError) as caught:
        encoded(annotation, value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("int", True, "1"),
        ("int", Loud.ONE, "1"),
        ("Color", Color.RED, "1"),
        ("float64", 1, "1"),
        ("float32", 16777217.0, "16777216"),
        ("[]byte", bytearray(b"a"), '"YQ=="'),
        ("[]byte", memoryview(b"a"), '"YQ=="'),
        ("[]int", (1, 2), "[1,2]"),
        ("[]int", range(3), "[0,1,2]"),
        ("[3]byte", [1, 2, 3], "[1,2,3]"),
        ("map[bool]int", {}, "{}"),
        ("map[Cell]int", {}, "{}"),
        ("*int", None, "null"),
        ("time.Time", datetime(2020, 1, 2, tzinfo=UTC), '"2020-01-02T00:00:00Z"'),
        ("time.Duration", timedelta(seconds=1), "1000000000"),
    ],
)
def test_values_of_a_kin_are_taken(kind: str, value: object, text: str) -> None:
    assert encoded(KINDS[kind], value) == text


@pytest.mark.parametrize(
    ("kind", "value", "error"),
    [
        ("bool", 1, "1 is not a bool"),
        ("int", 1 << 63, "9223372036854775808 does not fit int"),
        ("int8", 128, "128 does not fit int8"),
        ("uint", -1, "-1 does not fit uint"),
        ("int", 1.0, "1.0 is not int"),
        ("int", None, "None is not int"),
        ("float64", "1", "'1' is not a float"),
        ("float64", float("nan"), "json: unsupported value: NaN"),
        ("float64", float("-inf"), "json: unsupported value: -Inf"),
        ("float32", float("inf"), "json: unsupported value: +Inf"),
        ("float32", 1e39, "1e+39 does not fit float32"),
        ("complex128", 1j, "json: unsupported type: complex128"),
        ("string", b"x", "b'x' is not a str"),
        ("string", "\ud800", "lone surrogates are no UTF-8"),
        ("[]byte", "x", "'x' is not bytes"),
        ("[3]byte", b"ab", "2 elements where there must be 3"),
        ("[]int", "ab", "'ab' is not a list"),
        ("[]int", {1: 2}, "{1: 2} is not a list"),
        ("[]int", [1, "x"], "[1]: 'x' is not int"),
        ("map[string]int", [1], "[1] is not a dict"),
        ("map[string]int", {1: 2}, "[1]: 1 is not a str"),
        ("map[string]int", {"k": "v"}, "['k']: 'v' is not int"),
        ("map[bool]int", {True: 1}, "[True]: json: unsupported type: bool as the key of a map"),
        ("map[Cell]int", {Cell(): 1}, "json: unsupported type: main.Cell as the key of a map"),
        ("Color", 1, "1 is not a Color"),
        ("Mood", "good", "'good' is not a Mood"),
        ("time.Time", datetime(2020, 1, 2), "a naive datetime"),
        ("time.Time", "x", "'x' is not time.Time"),
        ("time.Duration", 1, "1 is not a timedelta"),
        ("time.Duration", timedelta.max, "does not fit time.Duration"),
        ("big.Int", 1.5, "1.5 is not an int"),
        ("Cell", 5, "5 is not a Cell"),
        ("Tree", Tree(0, None, Tree("x")), "Tree.right.value: 'x' is not int"),  # type: ignore[arg-type]
        ("Containers", Containers(ages={"a": "x"}), "Containers.ages['a']: 'x' is not int"),  # type: ignore[dict-item]
        ("any", {"a": [object()]}, "['a'][0]: unsupported type object"),
    ],
)
def test_value_that_does_not_fit_is_refused(kind: str, value: object, error: str) -> None:
    assert error in error_of(KINDS[kind], value)


@pytest.mark.parametrize("kind", ["int", "uint8", "float64", "float32", "big.Int", "any", "string"])
def test_number_of_thousands_of_digits_is_refused(kind: str) -> None:
    error_of(KINDS[kind], int("9" * 4000) ** 3)


def test_value_inside_itself_is_refused() -> None:
    items: list[Any] = []
    items.append(items)
    assert "nested too deeply" in error_of(Any, items)


def test_octets_beyond_a_byte_are_refused() -> None:
    assert "a list of numbers from 0 to 255" in error_of(list[Uint8], [256])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([1, 2.5, None, True, "x", b"x"], '[1,2.5,null,true,"x","eA=="]'),
        ({"b": 1, "a": (1,)}, '{"a":[1],"b":1}'),
        ({10: 1, 9: 2, Color.RED: 3}, '{"1":3,"10":1,"9":2}'),
        (Cell(1, 2), '{"Row":1,"Column":2}'),
        (Mood.GOOD, '"good"'),
        (Typed(1, Uint8), "1"),
        (datetime(2020, 1, 2, tzinfo=UTC), '"2020-01-02T00:00:00Z"'),
        (timedelta(microseconds=1), "1000"),
        (Record("P", ("X", "A"), (1, [2])), '{"X":1,"A":[2]}'),
    ],
)
def test_anything_is_plain_json(value: object, text: str) -> None:
    assert encoded(Any, value) == text


def test_member_of_a_union_is_its_own_json() -> None:
    assert encoded(Shapes, Shapes(Cell(1, 2))) == '{"Shape":{"Row":1,"Column":2},"Other":null}'


@pytest.mark.parametrize("value", [None, Special(), 5])
def test_what_is_no_member_of_a_union_is_refused(value: Any) -> None:
    assert "is not Cell | Tree" in error_of(Shapes, Shapes(value))


def test_type_makes_its_own_json() -> None:
    assert (
        encoded(list[Temperature], [Temperature('{ "<" : [1.0, 2] }')]) == '[{"\\u003c":[1.0,2]}]'
    )


def test_message_makes_its_own_json() -> None:
    assert encoded(Spelled, Spelled("x")) == '"x"'


@pytest.mark.parametrize("text", ["", "{", "1 2", "\ud800", "nan"])
def test_type_that_makes_no_json_is_refused(text: str) -> None:
    assert "error calling MarshalJSON" in error_of(Temperature, Temperature(text))


def test_type_without_json_is_refused() -> None:
    assert "give Silent the methods marshal_json and unmarshal_json" in error_of(Silent, Silent())


def test_ip_of_four_bytes_is_text() -> None:
    assert encoded(NetIP, bytes([1, 2, 3, 4])) == '"1.2.3.4"'


def test_ip_of_another_length_is_refused() -> None:
    assert error_of(NetIP, b"abc") == "address 616263: incorrect address length"


def test_address_as_a_key_is_text() -> None:
    assert encoded(KINDS["map[netip.Addr]int"], {IPv4Address("1.2.3.4"): 1}) == '{"1.2.3.4":1}'


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("<>&", '"\\u003c\\u003e\\u0026"'),
        ("\u2028\u2029", '"\\u2028\\u2029"'),
        ('"\\/', '"\\"\\\\/"'),
        ("\b\f\n\r\t\x00\x1f\x7f", '"\\b\\f\\n\\r\\t\\u0000\\u001f\x7f"'),
        ("é😀", '"é😀"'),
    ],
)
def test_strings_are_escaped_as_by_go(text: str, quoted: str) -> None:
    assert quote(text) == quoted


def test_uuid_is_a_text() -> None:
    assert encode(schema_of(UUID), UUID(int=5)) == '"00000000-0000-0000-0000-000000000005"'


def test_uuid_of_a_length_is_an_array() -> None:
    assert encode(schema_of(Annotated[UUID, length(16)]), UUID(int=5)) == (
        "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,5]"
    )


def test_uuid_is_the_key_of_an_object() -> None:
    ident = UUID(int=5)
    assert encode(schema_of(dict[UUID, int]), {ident: 1}) == f'{{"{ident}":1}}'


def test_what_is_no_uuid_is_refused() -> None:
    assert "is not uuid.UUID" in error_of(UUID, "x")


def test_keys_that_are_the_same_in_json_are_refused() -> None:
    assert "one would vanish" in error_of(dict[Any, int], {1: 2, "1": 3})


@define
class Animal:
    name: str


@define
class Dog(Animal):
    bark: str


def test_subclass_with_fields_of_its_own_is_not_cut() -> None:
    error = error_of(list[Animal], [Animal("a"), Dog("rex", "wuff")])
    assert error.startswith("[1]: a Dog where Animal is declared would lose bark")


@pytest.mark.parametrize(
    ("value", "annotation", "text"),
    [(1 << 63, Uint64, "9223372036854775808"), (["c"], list[str], '["c"]'), (1.5, Float32, "1.5")],
)
def test_value_that_has_kept_its_type_is_plain(value: Any, annotation: Any, text: str) -> None:
    arrived = gob.loads(gob.dumps(gob.Typed(value, annotation), Any), Any)
    assert encode(schema_of(Any), arrived) == text


@pytest.mark.parametrize(
    "annotation", [datetime, BigRat, BigFloat, NetipAddr, NetipPrefix, NetipAddrPort, UUID, GoTime]
)
@pytest.mark.parametrize("value", ["x", 5.5, [1], object()], ids=str)
def test_error_says_nothing_of_python(annotation: Any, value: object) -> None:
    error = error_of(list.__class_getitem__(annotation), [value])
    assert error.startswith("[0]: ")
    assert "attribute" not in error
    assert "unpack" not in error


@define
class Optional:
    ages: Annotated[dict[str, int] | None, json_tag("ages,omitempty")] = None
    numbers: Annotated[list[int] | None, json_tag("list,omitempty")] = None
    text: Annotated[str | None, json_tag("text,omitempty")] = None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Optional(), "{}"),
        (Optional({}, []), "{}"),
        (Optional({"a": 1}, [1], ""), '{"ages":{"a":1},"list":[1],"text":""}'),
    ],
)
def test_optional_dict_and_list_are_left_out_when_empty(value: Optional, text: str) -> None:
    assert encode(schema_of(Optional), value) == text
