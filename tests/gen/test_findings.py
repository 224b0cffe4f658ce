"""Tests of `rpcgen.gen.findings`."""

from __future__ import annotations

import pytest

from rpcgen.gen.diagnostics import Location
from rpcgen.gen.findings import Finding, kept

FINDING = Finding(Location("a.py", 3, 5), "case-clash", "it is so", "do that")


def spared(text: str, line: int = 3) -> bool:
    finding = Finding(Location("a.py", line, 5), "case-clash", "it is so")
    return kept([finding], {"a.py": text}) == []


def test_text_has_place_rule_and_hint() -> None:
    assert FINDING.text("breaking") == (
        "a.py:3:5: breaking: it is so [case-clash]\n    hint: do that"
    )


def test_text_names_the_only_codec() -> None:
    finding = Finding(Location("a.py"), "case-clash", "it is so", codecs=("gob",))
    assert finding.text("lint") == "a.py:1:1: lint: it is so [case-clash; gob only]"


def test_json_has_everything() -> None:
    assert FINDING.as_json() == {
        "path": "a.py",
        "line": 3,
        "column": 5,
        "rule": "case-clash",
        "reason": "it is so",
        "hint": "do that",
        "codecs": ["gob", "json"],
    }


@pytest.mark.parametrize(
    "text",
    [
        "\n\nx: int  # rpcgen: ignore[case-clash]",
        "\n\nx: int  # noqa  # rpcgen: ignore[other, case-clash]",
        "\n# rpcgen: ignore[case-clash]\nx: int",
        "# rpcgen: ignore[case-clash]\n# why\nx: int",
        "# rpcgen: ignore[case-clash]\n@define\nclass X:",
        "\n\nx: int  #rpcgen:ignore[case-clash]",
    ],
)
def test_comment_spares_the_rule(text: str) -> None:
    assert spared(text)


@pytest.mark.parametrize(
    "text",
    [
        "\n\nx: int",
        "\n\nx: int  # rpcgen: ignore[other]",
        "\n\nx: int  # rpcgen: ignore",
        "\ny: int  # rpcgen: ignore[case-clash]\nx: int",
        "# rpcgen: ignore[case-clash]\n\nx: int",
        "\n\nx: int\n# rpcgen: ignore[case-clash]",
        "",
    ],
)
def test_other_comment_spares_nothing(text: str) -> None:
    assert not spared(text)


def test_file_that_is_not_known_spares_nothing() -> None:
    assert kept([FINDING], {}) == [FINDING]


def test_rule_can_be_left_out_everywhere() -> None:
    other = Finding(Location("a.py"), "hidden-zero", "")
    assert kept([FINDING, other], {}, ["case-clash"]) == [other]


def test_findings_are_in_order_and_each_once() -> None:
    first = Finding(Location("a.py", 1), "case-clash", "")
    assert kept([FINDING, first, FINDING], {}) == [first, FINDING]
