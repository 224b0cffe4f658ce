"""Tests of `rpcgen.gen.breaking.durable`."""

from __future__ import annotations

import pytest

from .test_services import MESSAGE, ONE, TWO, F, G, service
from .versions import Compare


def durable(method: str) -> str:
    return f"@durable\n    {method}"


def message(fields: str) -> str:
    made = service(durable("def f(self, ms: list[dict[str, M]]) -> int: ..."))
    return made.replace("    a: int = 0\n", "".join(f"    {each}\n" for each in fields.split(";")))


def test_method_that_is_durable_no_more_is_said(compare: Compare) -> None:
    (finding,) = compare(service(durable(F)), service(F))
    assert finding.rule == "durable-removed"
    assert "queue is empty" in finding.hint


def test_method_that_becomes_durable_is_not_said(compare: Compare) -> None:
    assert compare(service(F), service(durable(F))) == []


def test_queue_of_a_method_that_is_gone_is_to_be_empty(compare: Compare) -> None:
    (finding,) = compare(service(durable(F), G), service(G))
    assert finding.rule == "method-removed"
    assert "no old peer is left and its queue is empty" in finding.hint


@pytest.mark.parametrize("default", ["1", "'x'", "True", "2.5"])
def test_new_field_that_is_not_zero_is_said(default: str, compare: Compare) -> None:
    kind = {"1": "int", "'x'": "str", "True": "bool", "2.5": "float"}[default]
    (finding,) = compare(message("a: int"), message(f"a: int;b: {kind} = {default}"))
    assert finding.rule == "durable-default"
    assert f"'b', which is new in the argument of S.F, is {default}" in finding.reason


@pytest.mark.parametrize(
    "field", ["b: int", "b: int = 0", "b: str = ''", "b: int | None = None", "b: bool = False"]
)
def test_new_field_that_is_zero_is_not_said(field: str, compare: Compare) -> None:
    assert compare(message("a: int"), message(f"a: int;{field}")) == []


def test_new_parameter_that_is_not_zero_is_said(compare: Compare) -> None:
    more = TWO.replace("b: int = 0", "b: int = 0, c: int = 3")
    (finding,) = compare(service(durable(TWO)), service(durable(more)))
    assert finding.rule == "durable-default"


def test_new_field_of_a_method_that_is_not_durable_is_not_said(compare: Compare) -> None:
    old = service(MESSAGE)
    assert compare(old, old.replace("a: int = 0", "a: int = 0\n    b: int = 1")) == []


def test_argument_of_another_form_is_said_as_of_other_methods(compare: Compare) -> None:
    (finding,) = compare(service(durable(ONE)), service(durable(TWO)))
    assert finding.rule == "request-form"
