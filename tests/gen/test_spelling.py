"""Tests of `rpcgen.gen.spelling`."""

from __future__ import annotations

import ast

import pytest

from rpcgen.gen.spelling import annotation_can_be_spelled, can_be_spelled


def parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    "text",
    [
        "3",
        "-3",
        '"a"',
        "NAME",
        "a.b.c",
        "(1, x)",
        "[x]",
        "f(1, x=y)",
        "a | b | c",
        "a + b",
        "f(2 * 3)",
    ],
)
def test_expression_can_be_spelled(text: str) -> None:
    assert can_be_spelled(parsed(text))


@pytest.mark.parametrize(
    "text",
    ["lambda: 3", "[x for x in y]", "f(*x)", "f(**x)", "(a + b) * c", "a ** b", "f().x", "(x := 3)",
     "f'{x}'", "a if b else c", "a[0]", "not a", "-a", "{1: 2}", "{1}", "a < b", "a and b"],
)  # fmt: skip
def test_expression_cannot_be_spelled(text: str) -> None:
    assert not can_be_spelled(parsed(text))


@pytest.mark.parametrize("text", ["_x", "a._b", "_a.b", "f(_x)", "__name__"])
def test_private_names_can_be_left_out(text: str) -> None:
    assert (can_be_spelled(parsed(text)), can_be_spelled(parsed(text), private=False)) == (
        True,
        False,
    )


@pytest.mark.parametrize(
    "text",
    ["int", "a.B", "None", "list[int]", "dict[str, list[B]]", "tuple[int, ...]", "A | B | None",
     'Literal["a", -1]', "Annotated[int, length(4), x | y]", "Callable[[int], str]"],
)  # fmt: skip
def test_annotation_can_be_spelled(text: str) -> None:
    assert annotation_can_be_spelled(parsed(text))


@pytest.mark.parametrize(
    "text",
    ["int if x else str", "list[(x := int)]", "f()", "list[int][0]()", "Annotated[int, lambda: 3]",
     "Annotated[f(), 3]", "f().x", "(int, str)", "list[*x]", "A + B", 'Literal[f"{x}"]'],
)  # fmt: skip
def test_annotation_cannot_be_spelled(text: str) -> None:
    assert not annotation_can_be_spelled(parsed(text))
