"""Tests of `rpcgen.gen.defaults`."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest

from rpcgen.gen.defaults import is_literal, is_reference, is_repeated, unportable
from rpcgen.gen.load import isolated_imports
from rpcgen.gen.model import Parameter, read_module
from rpcgen.gen.source import Source

from .test_golden import GOLDEN

HEAD = """
import enum
from datetime import datetime, timedelta
from typing import *
from attrs import define, frozen

UserId = NewType("UserId", int)
LIMIT = 10
_SECRET = 7
_HIDDEN = timedelta(1)
NAMES = ["a"]

@frozen
class Point:
    x: int = 0

@define
class Loose:
    x: int = 0

class Mode(enum.IntFlag):
    READ = 1
    WRITE = 2
"""

Load = Callable[..., Source]


def parameter(load: Load, annotation: str, default: str, after: str = "") -> Parameter:
    method = f"class S(Protocol):\n    def f(self, a: {annotation} = {default}) -> None: ...\n"
    source = load(idl=f"{HEAD}\n{method}{after}")
    (service,) = read_module(type("Idl", (), {})(), source, lambda name: source).services
    return service.methods[0].parameters[0]


@pytest.mark.parametrize("default", ["3", "-3", "1.5", '"a"', 'b"x"', "None", "()", "(1, 2)", "1j"])
def test_literal_is_known_as_one(load: Load, default: str) -> None:
    found = parameter(load, "Any", default)
    assert found.default is not None
    assert (is_literal(found.default), unportable(found)) == (True, ("", ""))


@pytest.mark.parametrize("default", ["LIMIT", "Mode.READ", "Point.x"])
def test_constant_is_imported(load: Load, default: str) -> None:
    found = parameter(load, "Any", default)
    assert found.default is not None
    assert (is_reference(found.default), is_repeated(found)) == (True, False)


@pytest.mark.parametrize(
    "default", ["3 * 4", "(1 + 2) * 3", "_SECRET", "len('abc')", "1 if LIMIT else 2", "(LIMIT, 2)"]
)
def test_value_of_an_expression_is_written_out(load: Load, default: str) -> None:
    found = parameter(load, "Any", default)
    assert (is_repeated(found), unportable(found)) == (True, ("", ""))


@pytest.mark.parametrize(
    ("annotation", "default"),
    [
        ("UserId", "UserId(3)"),
        ("UserId | None", "UserId(3)"),
        ("Point", "Point()"),
        ("timedelta", "timedelta(seconds=2)"),
        ("Mode", "Mode.READ | Mode.WRITE"),
        ("str", '"a" * 1000'),
    ],
)
def test_other_value_is_made_again(load: Load, annotation: str, default: str) -> None:
    found = parameter(load, annotation, default)
    assert (is_repeated(found), unportable(found)) == (False, ("", ""))


@pytest.mark.parametrize(
    ("annotation", "default", "reason", "hint"),
    [
        ("int", "...", "cannot be carried over", "write the value itself"),
        ("list[int]", "[]", "can be changed, and all calls would share it", "write a tuple"),
        ("list[str]", "NAMES", "can be changed", "write a tuple"),
        ("dict[str, int]", "{}", "can be changed", "write None"),
        ("Loose", "Loose()", "can be changed", "decorate Loose with attrs.frozen"),
        ("timedelta", "_HIDDEN", "'_HIDDEN' is private", "call it 'HIDDEN'"),
        ("timedelta", "[_HIDDEN][0]", "cannot be carried over", "give it a name"),
        ("int", "10 ** 5000", "cannot be carried over", "give it a name"),
        ("Any", "lambda: 3", "comes to another value each time", "give it a name"),
        ("Any", "object()", "comes to another value each time", "give it a name"),
        ("datetime", "datetime.now()", "comes to another value each time", "give it a name"),
    ],
)
def test_default_that_cannot_be_carried_over_has_a_reason_and_a_hint(
    load: Load, annotation: str, default: str, reason: str, hint: str
) -> None:
    told = unportable(parameter(load, annotation, default))
    assert reason in told[0]
    assert told[1].startswith(hint)


def test_constant_that_has_another_value_by_now_is_not_imported(load: Load) -> None:
    found = parameter(load, "Point", "Point(LIMIT)", after="LIMIT = 11\n")
    assert "comes to another value" in unportable(found)[0]


def test_constant_that_is_gone_by_now_is_not_imported(load: Load) -> None:
    found = parameter(load, "Point", "Point(LIMIT)", after="del LIMIT\n")
    assert "cannot be evaluated" in unportable(found)[0]


@pytest.fixture(scope="module")
def visor() -> Any:
    """Return the service of the golden case, and its generated base for implementations."""
    with isolated_imports(GOLDEN):
        idl = importlib.import_module("defaults.idl")
        generated = importlib.import_module("defaults.generated.idl")
    return idl.Visor, generated


@pytest.mark.parametrize("name", ["constants", "expressions", "made", "tuples", "alone"])
@pytest.mark.parametrize("cls", ["VisorClient", "AsyncVisorClient", "VisorGo", "AsyncVisor"])
def test_generated_method_has_the_defaults_of_the_idl(visor: Any, name: str, cls: str) -> None:
    protocol, generated = visor
    wanted = getattr(protocol, name).__defaults__
    assert getattr(getattr(generated, cls), name).__defaults__ == wanted


def test_struct_of_parameters_has_the_defaults_of_the_idl(visor: Any) -> None:
    protocol, generated = visor
    made = generated.VisorMadeArgs()
    assert tuple(
        getattr(made, name) for name in ("point", "timeout", "mode", "user", "nobody")
    ) == (protocol.made.__defaults__)
