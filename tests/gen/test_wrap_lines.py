"""Tests of `rpcgen.gen.wrap_lines`: ruff is the judge."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rpcgen.gen.wrap_lines import LINE_LENGTH, wrap_lines

LONG = "a_rather_long_name_for_such_a_thing"


def formatted(code: str) -> str:
    """Return what ``ruff format`` makes of ``code``."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", f"--line-length={LINE_LENGTH}", "-"],
        input=code,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize(
    "line",
    [
        "short = 1",
        f"def f(self, {LONG}: int, {LONG}_2: int, done: int | None = None) -> None: ...",
        f"def f(self, {LONG}: int) -> dict[{LONG}, list[{LONG}]]: ...",
        f"def f(self) -> dict[{LONG}, list[{LONG}_one_two_three_four]]: ...",
        f"def f(self, {LONG}: int) -> {LONG} | list[{LONG}_one_two_three]: ...",
        f"def f(self, x: {LONG} | {LONG}_2 | {LONG}_3 = None) -> None: ...",
        f"def f(self, x: dict[{LONG}, {LONG}_2, {LONG}_3] | None = None) -> None: ...",
        f"def f(self, {', '.join(f'{LONG}_{n}: int' for n in range(5))}, *, x: int) -> None: ...",
        f'NAME = Method[{LONG}, {LONG}_2]("Some.WireName_of_this")',
        f'NAME = Method[dict[{LONG}, {LONG}_2], {LONG}_3]("Some.WireName")',
        f"register({LONG}, {LONG}, {LONG})",
        f"register({', '.join([LONG] * 4)})",
        f"return_ = self.client.call({LONG}, {LONG}({LONG}, {LONG}))",
        f"return_ = self.client.call({LONG}({', '.join([LONG] * 4)}))",
        f'call(\'a string, with ( brackets and " quotes\', "{LONG}", "{LONG}")',
    ],
)
def test_layout_breaks_a_line_as_ruff_does(line: str) -> None:
    assert wrap_lines(line) == formatted(line)


def test_layout_breaks_a_field_with_a_long_union() -> None:
    code = f"class A:\n    field: {LONG} | list[{LONG}_2] | None_of_the_above = None\n"
    assert wrap_lines(code) == formatted(code)


def test_layout_breaks_an_element_inside_brackets() -> None:
    code = f"x = [\n    function(lambda args: {LONG}({LONG}, {LONG}_2)),\n]\n"
    assert wrap_lines(code) == formatted(code)


def test_layout_leaves_the_lines_of_a_docstring() -> None:
    code = f'def f():\n    """One.\n\n    {"word, (word) " * 10}\n    """\n'
    assert wrap_lines(code) == code


def test_layout_leaves_a_docstring_of_one_line() -> None:
    code = f'def f():\n    """{"word, (word) " * 10}end."""\n'
    assert wrap_lines(code) == code


def test_layout_leaves_what_it_cannot_break() -> None:
    code = f"{'x' * 120} = 1\n"
    assert wrap_lines(code) == code


names = st.integers(1, 30).map(lambda length: ("Abcdefghij" * 3)[:length])
types = st.recursive(
    names,
    lambda inner: st.one_of(
        inner.map("list[{}]".format),
        inner.map("tuple[{}, ...]".format),
        st.tuples(names, inner).map("dict[{0[0]}, {0[1]}]".format),
    ),
    max_leaves=4,
)


@st.composite
def signatures(draw: st.DrawFn) -> str:
    parameters = draw(st.lists(st.tuples(names.map(str.lower), types), max_size=5))
    written = ["self", *(f"{name}_{n}: {kind}" for n, (name, kind) in enumerate(parameters))]
    return f"    def f({', '.join(written)}) -> {draw(types)}: ..."


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(signatures(), min_size=20, max_size=30))
def test_layout_breaks_any_signature_as_ruff_does(lines: list[str]) -> None:
    code = "\n".join(["class A:", *lines]) + "\n"
    assert wrap_lines(code) == formatted(code)
