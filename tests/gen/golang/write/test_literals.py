"""Tests of `rpcgen.gen.golang.write.literals`."""

from __future__ import annotations

import pytest

from rpcgen.gen.golang.write.literals import one_line, quoted, shown


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("plain ä 😀", '"plain ä 😀"'),
        ('a "b" \\', '"a \\"b\\" \\\\"'),
        ("\n\t\r", '"\\n\\t\\r"'),
        ("\0\x7f\ufeff", '"\\u0000\\u007f\\ufeff"'),
        ("\U000e0001", '"\\U000e0001"'),
        ("\ud800", '"\\ufffd"'),
    ],
)
def test_text_is_a_literal_of_go(text: str, literal: str) -> None:
    assert quoted(text) == literal


def test_text_of_a_comment_has_what_a_line_may_hold() -> None:
    assert shown('a "b"\n\tc\0') == 'a "b"\n\tc\\u0000'


def test_short_function_is_on_one_line() -> None:
    assert one_line("func (A) isB()") == "func (A) isB() {}"
    assert one_line("func a() int", "return 1") == "func a() int { return 1 }"


def test_long_function_is_not() -> None:
    head = f"func {'a' * 90}()"
    assert one_line(head) == f"{head} {{\n}}"
    assert one_line(head, "return") == f"{head} {{\n\treturn\n}}"
