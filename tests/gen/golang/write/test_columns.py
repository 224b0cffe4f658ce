"""Tests of `rpcgen.gen.golang.write.columns`."""

from __future__ import annotations

from rpcgen.gen.golang.write.columns import aligned


def test_column_is_as_wide_as_its_widest_cell() -> None:
    assert aligned([["A", "int"], ["Long", "string"]]) == ["A    int", "Long string"]


def test_last_cell_is_not_filled() -> None:
    assert aligned([["A", "int", "`a`"], ["B", "[]string", "`b`"]]) == [
        "A int      `a`",
        "B []string `b`",
    ]


def test_row_without_a_cell_parts_the_column() -> None:
    assert aligned([["A", "int", "`a`"], ["Long", "string"], ["B", "[]byte", "`b`"]]) == [
        "A    int `a`",
        "Long string",
        "B    []byte `b`",
    ]


def test_comment_parts_all_columns() -> None:
    assert aligned([["A", "int"], ["// so"], ["Long", "int"]]) == ["A int", "// so", "Long int"]


def test_width_counts_characters() -> None:
    assert aligned([["Ä", "int"], ["AB", "int"]]) == ["Ä  int", "AB int"]


def test_nothing_is_no_line() -> None:
    assert aligned([]) == []
