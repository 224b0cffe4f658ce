"""Generated code that knows where in a value it works."""

from __future__ import annotations

import linecache
import traceback

import pytest

from rpcgen.gob.source import Source, forget, place_of


def _divide() -> Source:
    source = Source("divide", "Sums")
    with source.function("def divide(values):"), source.block("for i, v in enumerate(values):"):
        with source.at("[{i}]", "int", "v"):
            source.line("1 // v")
    return source


def _failure() -> ZeroDivisionError:
    divide = _divide().compile()["divide"]
    with pytest.raises(ZeroDivisionError) as caught:
        divide([1, 0])
    return caught.value


def test_place_of_fills_in_the_indices() -> None:
    assert place_of(_failure()).path == "Sums[1]"


def test_place_of_knows_what_was_wanted_and_found() -> None:
    place = place_of(_failure())
    assert (place.wanted, place.has_value, place.value) == ("int", True, 0)


def test_place_of_an_error_from_elsewhere_is_empty() -> None:
    assert place_of(ValueError()).path == ""


def test_tracebacks_show_the_generated_lines() -> None:
    assert "1 // v" in "".join(traceback.format_exception(_failure()))


def test_constants_have_one_name_each() -> None:
    source = Source("constants")
    value = object()
    assert source.constant(value, "a") == source.constant(value, "b")


def test_variables_take_only_letters_of_a_hint() -> None:
    assert Source("variables").variable("x = 1\n{é}") == "x0"


def test_forget_drops_the_lines() -> None:
    divide = _divide().compile()["divide"]
    forget(divide)
    assert divide.__code__.co_filename not in linecache.cache


def test_variables_have_names_of_their_own() -> None:
    source = Source("variables")
    assert source.variable("x") != source.variable("x")
