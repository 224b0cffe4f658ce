"""What is found in two types is what the codecs do with them."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Annotated, Any

import pytest
from attrs import define, frozen

from rpcgen import RpcError, gob
from rpcgen.gen.breaking.fit import Types
from rpcgen.gen.breaking.report import Report
from rpcgen.gen.breaking.types import TypeComparison
from rpcgen.gen.diagnostics import Location
from rpcgen.protocol.codecs import client_codec, server_codec
from rpcgen.protocol.headers import Request
from rpcgen.protocol.type_descriptions import TypeDescriptions
from rpcgen.schema import Schema, schema_of
from rpcgen.types import (
    BigInt,
    Complex64,
    Float32,
    Int8,
    Int64,
    NetipAddr,
    OpenIntEnum,
    Uint,
    Uint8,
    Uint64,
    length,
    underlying,
)

from .versions import HEAD, Compare, echo


class Color(OpenIntEnum):
    NONE = 0
    RED = 3


@underlying(Uint8)
class Level(OpenIntEnum):
    NONE = 0
    LOW = 3


@define
class Sub:
    x: int = 0


@frozen
class Case:
    """A type, and a value of it that says most: none that is zero, and no whole float."""

    annotation: Any
    value: Any

    @property
    def name(self) -> str:
        return re.sub(r"typing\.|<class '|'>", "", str(self.annotation))


CASES = [
    Case(bool, True),
    Case(int, 3),
    Case(Int8, 3),
    Case(Int64, 3),
    Case(Uint, 3),
    Case(Uint8, 3),
    Case(Uint64, 3),
    Case(Color, Color.RED),
    Case(Level, Level.LOW),
    Case(timedelta, timedelta(microseconds=1)),
    Case(Float32, 1.5),
    Case(float, 1.5),
    Case(complex, 1 + 1j),
    Case(Complex64, 1 + 1j),
    Case(str, "äß"),
    Case(bytes, b"\xff\x00"),
    Case(list[int], [3]),
    Case(list[Uint8], [3]),
    Case(list[str], ["äß"]),
    Case(tuple[int, ...], (3,)),
    Case(Annotated[list[int], length(1)], [3]),
    Case(Annotated[list[int], length(2)], [3, 3]),
    Case(dict[str, int], {"ä": 3}),
    Case(set[str], {"ä"}),
    Case(Sub, Sub(3)),
    Case(datetime, datetime(2026, 1, 1, tzinfo=UTC)),
    Case(uuid.UUID, uuid.UUID(int=3)),
    Case(BigInt, 3),
    Case(NetipAddr, ip_address("10.0.0.1")),
]


def passes(sent: Case, wanted: Case, codec: str) -> bool:
    """Return True if a receiver that wants the one type takes a value of the other."""
    try:
        if codec == "gob":
            gob.loads(gob.dumps(sent.value, sent.annotation), wanted.annotation)
        else:
            through_json(schema_of(sent.annotation), sent.value, wanted.annotation)
    except RpcError:
        return False
    return True


def through_json(schema: Schema[Any], value: Any, wanted: Any) -> Any:
    client, server = client_codec("json"), server_codec("json")
    server.feed(b"".join(client.encode_request(Request("S.F", 0), schema, value)))
    server.decode_request_header()
    return server.decode_request_body(schema_of(wanted))


def found(one: Case, codec: str, rule: str = "") -> set[str]:
    """Return the names of the types of which a comparison with one finds something."""
    return {each.name for each in CASES if any_finding(one, each, codec, rule)}


def any_finding(one: Case, other: Case, codec: str, rule: str) -> bool:
    old, new = TypeDescriptions(), TypeDescriptions()
    was = old.number_of(schema_of(one.annotation))
    now = new.number_of(schema_of(other.annotation))
    report = Report(Types(old.types), Types(new.types), {})
    TypeComparison(report).compare(was, now, Location("idl.py"), "it")
    return any(codec in each.codecs and rule in each.rule for each in report.findings)


def refused(one: Case, codec: str) -> set[str]:
    """Return the names of the types that do not take values of one, or whose values it does not."""
    return {
        each.name for each in CASES if not (passes(one, each, codec) and passes(each, one, codec))
    }


each_case = pytest.mark.parametrize("one", CASES, ids=lambda case: case.name)


@each_case
def test_what_gob_refuses_is_found(one: Case) -> None:
    assert refused(one, "gob") <= found(one, "gob")


@each_case
def test_what_is_found_of_kinds_is_what_gob_refuses(one: Case) -> None:
    assert found(one, "gob", "type-changed") <= refused(one, "gob")


@each_case
def test_what_json_refuses_is_found(one: Case) -> None:
    unsayable = {each.name for each in CASES if isinstance(each.value, complex)}
    assert refused(one, "json") - unsayable <= found(one, "json")


SAID = {
    ("int", "float"): ("type-changed", ("gob", "json")),
    ("list[int]", "Annotated[list[int], length(2)]"): ("type-changed", ("gob",)),
    ("Annotated[list[int], length(3)]", "Annotated[list[int], length(2)]"): (
        "type-changed",
        ("gob",),
    ),
    ("str", "bytes"): ("type-changed", ("gob", "json")),
    ("list[int]", "list[str]"): ("type-changed", ("gob", "json")),
    ("dict[str, int]", "dict[int, int]"): ("type-changed", ("gob", "json")),
    ("int", "Int8"): ("number-narrowed", ("gob", "json")),
    ("Int8", "int"): ("number-widened", ("gob", "json")),
    ("float", "Float32"): ("number-narrowed", ("gob", "json")),
    ("list[Int8]", "list[Int16]"): ("number-widened", ("gob", "json")),
    ("timedelta", "Int32"): ("number-narrowed", ("gob", "json")),
    ("datetime", "BigInt"): ("type-changed", ("gob", "json")),
    ("int", "Any"): ("type-changed", ("gob", "json")),
}


@pytest.mark.parametrize("change", SAID, ids=" to ".join)
def test_change_of_a_type_is_said(change: tuple[str, str], compare: Compare) -> None:
    (finding,) = compare(echo(change[0]), echo(change[1]))
    assert (finding.rule, finding.codecs) == SAID[change]
    assert "field 'a' of M" in finding.reason


def test_sign_of_a_number_is_another_kind_in_gob_and_a_range_in_json(compare: Compare) -> None:
    found = compare(echo("int"), echo("Uint"))
    assert [(each.rule, each.codecs) for each in found] == [
        ("type-changed", ("gob",)),
        ("number-narrowed", ("json",)),
    ]


def test_enum_of_another_underlying_type_says_both(compare: Compare) -> None:
    level = "class Level(OpenIntEnum):\n    LOW = 0\n"
    after = f"@underlying(Uint8)\n{level}"
    found = compare(echo("Level", level), echo("Level", after))
    assert [(each.rule, each.codecs) for each in found] == [
        ("type-changed", ("gob",)),
        ("number-narrowed", ("json",)),
    ]
    assert "is Level (uint8) now, and was Level (int)" in found[0].reason


SAME = [
    ("int", "Int64"),
    ("int", "int | None"),
    ("int", "timedelta"),
    ("list[int]", "tuple[int, ...]"),
    ("set[str]", "dict[str, bool]"),
    ("list[Uint8]", "bytes"),
    ("datetime", "GoTime"),
    ("UUID", "Annotated[UUID, length(16)]"),
    ("M | None", "M | None"),
]


@pytest.mark.parametrize(("old", "new"), SAME)
def test_change_that_no_peer_sees_is_not_said(old: str, new: str, compare: Compare) -> None:
    assert compare(echo(old), echo(new)) == []
    assert compare(echo(new), echo(old)) == []


def test_message_that_several_use_is_said_once(compare: Compare) -> None:
    use = "\n@define\nclass N:\n    one: M\n    more: list[M]\n    again: dict[str, M]\n"
    use += "class T(Protocol):\n    def f(self, n: N) -> M: ...\n"
    assert len(compare(echo("int") + use, echo("str") + use)) == 1


def test_place_is_that_of_the_new_field(compare: Compare) -> None:
    new = echo("str")
    (finding,) = compare(echo("int"), new)
    line = (HEAD + new).split("\n").index("    a: str") + 1
    assert str(finding.location).endswith(f"new/shapes.py:{line}:5")


def test_place_of_an_argument_is_the_parameter(compare: Compare) -> None:
    service = "class S(Protocol):\n    def f(self, a: {}) -> None: ..."
    (finding,) = compare(service.format("int"), service.format("str"))
    assert finding.location.column == 17
    assert "the argument of S.F" in finding.reason
