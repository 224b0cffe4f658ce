"""Tests of `rpcgen.gojson.quoted`; real Go does the same in the golden case ``json_tags``."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

import pytest
from attrs import define, field

from rpcgen.errors import DecodeError
from rpcgen.gojson.decode import decode
from rpcgen.gojson.encode import encode
from rpcgen.gojson.parse import parse
from rpcgen.schema import schema_of
from rpcgen.types import Uint8, json_tag

from .kinds import Color


@define
class Quoted:
    count: Annotated[int, json_tag("i,string")] = 0
    byte: Annotated[Uint8, json_tag("u,string,omitempty")] = 0
    real: Annotated[float, json_tag("f,string")] = 0.0
    flag: Annotated[bool, json_tag("b,string")] = False
    text: Annotated[str, json_tag("s,string")] = ""
    pointer: Annotated[int | None, json_tag("p,string")] = None
    took: Annotated[timedelta, json_tag("d,string")] = timedelta()
    color: Annotated[Color, json_tag("c,string")] = Color.NONE
    one: Annotated[Literal[1, 2], json_tag("o,string")] = 1
    many: Annotated[list[int], json_tag("l,string")] = field(factory=list)


WHOLE = (
    r'{"i":"-5","u":"3","f":"1.5","b":"true","s":"\"a\\\"b\"","p":"7","d":"1000","c":"1","o":"2",'
    r'"l":[1]}'
)
VALUE = Quoted(-5, 3, 1.5, True, 'a"b', 7, timedelta(microseconds=1), Color(1), 2, [1])


def decoded(text: str) -> Any:
    return decode(schema_of(Quoted), parse(text))


def test_values_are_written_as_go_writes_them() -> None:
    assert encode(schema_of(Quoted), VALUE) == WHOLE


def test_zeros_are_written_as_go_writes_them() -> None:
    zeros = '"i":"0","f":"0","b":"false","s":"\\"\\"","p":null,"d":"0","c":"0","o":"1","l":[]'
    assert encode(schema_of(Quoted), Quoted()) == f"{{{zeros}}}"


def test_values_are_read() -> None:
    assert decoded(WHOLE) == VALUE


@pytest.mark.parametrize("null", ["null", '"null"'])
@pytest.mark.parametrize("name", "iufbspdc")
def test_null_is_zero_in_a_string_as_well(name: str, null: str) -> None:
    assert decoded(f'{{"{name}":{null},"o":"1"}}') == Quoted()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("i", text) for text in ("5", "true", "{}", '""', '" 5"', '"5 "', '"5.0"', '"abc"')),
        *(("i", text) for text in ('"[1]"', '"{}"', '"0x1"', '"1_000"', r'"\"5\""')),
        *(("u", text) for text in ('"256"', '"-1"')),
        *(("f", text) for text in ('"1e400"', '"x"', "1.5")),
        *(("b", text) for text in ("true", '"TRUE"', '"1"')),
        *(("s", text) for text in ('"a"', '"1"', r'"\"a"')),
        *(("l", text) for text in ('"[1]"', '"1"')),
    ],
)
def test_what_go_refuses_is_refused(name: str, text: str) -> None:
    with pytest.raises(DecodeError, match=f"json: cannot unmarshal .* Quoted.{name} of type"):
        decoded(f'{{"{name}":{text}}}')
