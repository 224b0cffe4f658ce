from __future__ import annotations

import json

import pytest
from hypothesis import given

from rpcgen.errors import DecodeError
from rpcgen.gojson.members import fold
from rpcgen.gojson.parse import MINUS_ZERO, LongNumber, members, parse

from .drawn import OBJECTS

KEYS = frozenset(("a", "b"))


@given(OBJECTS)
def test_members_are_those_of_the_object(value: dict[str, object]) -> None:
    text = json.dumps(value, indent=1)
    found = members(text, {fold(key) for key in value} | set(value))
    assert {key: json.loads(found[key].text) for key in value} == value


def test_members_have_their_text() -> None:
    found = members('{ "a" : [1 , 2.0], "b":"x" }', KEYS)
    assert [(key, found[key].read(), found[key].text) for key in found] == [
        ("a", [1, 2.0], "[1 , 2.0]"),
        ("b", "x", '"x"'),
    ]


def test_members_of_no_interest_are_left_out() -> None:
    assert list(members('{"x":1,"a":2,"y":[3]}', KEYS)) == ["a"]


def test_members_of_another_case_are_found() -> None:
    assert members('{"A":2}', KEYS)["a"].read() == 2


def test_last_of_members_with_one_name_counts() -> None:
    assert members('{"a":1,"A":null}', KEYS)["a"].read() is None


def test_null_of_a_scalar_member_says_nothing() -> None:
    assert members('{"a":1,"A":null}', KEYS, scalar="a")["a"].read() == 1


def test_members_keep_the_text_of_what_is_replaced_in_values() -> None:
    found = members(r'{"a":"\ud800"}', KEYS)["a"]
    assert (found.read(), found.text) == ("\ufffd", r'"\ud800"')


@pytest.mark.parametrize(
    "text",
    ['{"a"}', '{"a":}', '{"a":1,}', "{,}", "{1:2}", '{"a":1 "b":2}', '{"a":1}}', '{"a":1]', "{]"],
)
def test_members_of_a_broken_object_are_refused(text: str) -> None:
    with pytest.raises(DecodeError, match="json"):
        members(text, KEYS)


# --- parse --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *("NaN", "Infinity", "-Infinity", "01", "1.", ".5", "+1", "'a'", "[1,]", "tru"),
        *('"\x01"', '"\\x"', '"\\ud80"', "\ufeff1"),
        *("", "1 2", "\u00a01", "[" * 100_000),
    ],
)
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(DecodeError, match="json"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"\ud83d\ude00"', "😀"),
        (r'"\ud83dx"', "\ufffdx"),
        (r'"\ude00\ud83d"', "\ufffd\ufffd"),
        (r'"\uD83D\ud83d\ude00"', "\ufffd😀"),
        (r'"\\ud83d"', r"\ud83d"),
        (r'"\\\ud83d"', "\\\ufffd"),
    ],
)
def test_lone_surrogates_are_replaced(text: str, value: str) -> None:
    assert parse(text).read() == value


def test_minus_zero_is_told_from_zero() -> None:
    assert parse("[0,-0]").read()[1] is MINUS_ZERO


def test_integer_of_thousands_of_digits_is_exact() -> None:
    assert parse("[" + "1" * 5000 + "]").read() == [(10**5000 - 1) // 9]


def test_integer_of_more_digits_than_the_limit_is_told_from_others() -> None:
    (number,) = parse("[-" + "1" * 10_001 + "]").read()
    assert (type(number), number.digits) == (LongNumber, 10_001)


def test_object_has_all_its_members_in_order() -> None:
    assert parse('{"b":1,"a":[{}],"b":2}').read() == (("b", 1), ("a", [()]), ("b", 2))


# --- compact ------------------------------------------------------------------------------------
