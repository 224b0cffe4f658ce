"""Marks of a method's calls: declared exceptions, their texts, time limits, repetition."""

from __future__ import annotations

from typing import Annotated

import pytest
from attrs import define, field, frozen
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.types import Uint8, durable, idempotent, raises, timeout
from rpcgen.types.calls import (
    Raised,
    RemoteError,
    is_durable,
    is_idempotent,
    raised_by,
    timeout_of,
)


@define
class NotFoundError(RemoteError):
    key: str


@frozen
class RangeError(RemoteError):
    low: int
    high: Uint8
    why: str = "no reason"


@define
class PlainError(RemoteError):
    pass


class UndecoratedError(RemoteError):
    pass


@define
class OddError(RemoteError):
    parts: list[str] = field(factory=list)
    _hidden: Annotated[int, "counted"] = 0


NOT_FOUND = Raised(NotFoundError, "kv: no such key: {key}")
RANGE = Raised(RangeError, "not within {low}..{high}")


def method(self: object) -> None:
    """A method of a service."""


def test_raises_marks_the_function_itself() -> None:
    assert raises(PlainError)(method) is method


def test_raises_keeps_the_order_in_which_they_are_written() -> None:
    @raises(NotFoundError, text="a {key}")
    @raises(RangeError, PlainError)
    def decorated(self: object) -> None: ...

    assert raised_by(decorated) == (
        Raised(NotFoundError, "a {key}"),
        Raised(RangeError),
        Raised(PlainError),
    )


@pytest.mark.parametrize("error", [ValueError, UndecoratedError, "PlainError", PlainError()])
def test_raises_refuses_what_is_no_declared_exception(error: type[RemoteError]) -> None:
    with pytest.raises(TypeError, match="@raises"):
        raises(error)


def test_raises_refuses_a_text_for_several() -> None:
    with pytest.raises(TypeError, match="one exception with a text"):
        raises(PlainError, NotFoundError, text="no")


def test_raises_refuses_to_declare_nothing() -> None:
    with pytest.raises(TypeError, match="one exception"):
        raises()


def test_nothing_is_raised_by_a_plain_function() -> None:
    assert raised_by(lambda: None) == ()


def test_timeout_marks_the_function() -> None:
    assert timeout_of(timeout(2)(lambda: None)) == 2.0


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan")])
def test_timeout_refuses_what_is_no_time(seconds: float) -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        timeout(seconds)


@pytest.mark.parametrize("seconds", [method, "1", True, None])
def test_timeout_refuses_what_is_no_number(seconds: float) -> None:
    with pytest.raises(TypeError, match=r"@timeout\(1.5\)"):
        timeout(seconds)


def test_a_plain_function_has_no_timeout() -> None:
    assert timeout_of(lambda: None) is None


def test_idempotent_marks_the_function() -> None:
    assert is_idempotent(idempotent(lambda: None))


def test_a_plain_function_is_not_idempotent() -> None:
    assert not is_idempotent(lambda: None)


def test_match_reads_a_field() -> None:
    found = NOT_FOUND.match("kv: no such key: a: b")
    assert isinstance(found, NotFoundError)
    assert found.key == "a: b"


def test_match_reads_numbers_and_leaves_defaults() -> None:
    assert repr(RANGE.match("not within -3..20")) == repr(RangeError(-3, 20))


@pytest.mark.parametrize(
    "text", ["not within a..b", "not within 1..2!", "Not within 1..2", "not within 1.2", ""]
)
def test_match_leaves_the_texts_of_others(text: str) -> None:
    assert RANGE.match(text) is None


def test_match_takes_any_text_for_a_star() -> None:
    assert Raised(NotFoundError, "*: no {key}, *").match("kv: no x, sorry") is not None


def test_match_takes_nothing_without_a_text() -> None:
    assert Raised(PlainError).match("") is None


def test_match_takes_a_text_without_fields() -> None:
    assert isinstance(Raised(PlainError, "gone").match("gone"), PlainError)


def test_match_takes_no_text_that_ends_early() -> None:
    assert Raised(PlainError, "gone*gone").match("gone") is None


@given(st.text())
def test_text_of_is_what_match_reads(key: str) -> None:
    error = NotFoundError(key)
    found = NOT_FOUND.match(NOT_FOUND.text_of(error))
    assert isinstance(found, NotFoundError)
    assert found.key == key


def test_text_of_a_star_is_that_of_the_exception() -> None:
    assert (
        Raised(NotFoundError, "no {key}*").text_of(NotFoundError("k")) == "NotFoundError(key='k')"
    )


def test_a_brace_is_written_twice() -> None:
    assert Raised(PlainError, "{{}}").text_of(PlainError()) == "{}"


@pytest.mark.parametrize(
    ("raised", "problem"),
    [
        (Raised(NotFoundError, "no {id}"), "the text 'no {id}' has {id}, which is no field"),
        (Raised(RangeError, "low {low}"), "lacks {high}, a field of RangeError without a default"),
        (Raised(NotFoundError, "no {key"), "is no template"),
        (Raised(NotFoundError, "no {key:5}"), "is no template: write {field}, not {key}"),
        (Raised(OddError, "no {parts}"), "field 'parts' of OddError is no str, int or float"),
    ],
)
def test_problem_says_what_is_wrong(raised: Raised, problem: str) -> None:
    assert problem in raised.problem()


@pytest.mark.parametrize(
    "raised", [NOT_FOUND, RANGE, Raised(PlainError), Raised(OddError, "odd *")]
)
def test_problem_is_empty_for_a_good_text(raised: Raised) -> None:
    assert raised.problem() == ""


def test_a_field_is_made_by_the_name_that_its_class_takes() -> None:
    assert repr(Raised(OddError, "odd {_hidden}").match("odd 7")) == repr(OddError([], 7))


def test_durable_marks_the_function() -> None:
    assert is_durable(durable(lambda: None))


def test_a_plain_function_is_not_durable() -> None:
    assert not is_durable(lambda: None)


@pytest.mark.parametrize("target", [object, property(lambda self: None), None, 3])
def test_durable_is_for_methods_alone(target: object) -> None:
    with pytest.raises(TypeError, match="write it on a method"):
        durable(target)
