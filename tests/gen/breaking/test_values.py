"""Tests of `rpcgen.gen.breaking.values`."""

from __future__ import annotations

import pytest

from .versions import HEAD, Compare, echo


def enum(members: str, base: str = "StrEnum") -> str:
    lines = "".join(f"    {each}\n" for each in members.split("; "))
    return echo("E", f"class E({base}):\n{lines}")


SAID = {
    (enum("A = ''"), enum("A = ''; B = 'b'")): ["enum-member-added"],
    (enum("A = ''; B = 'b'"), enum("A = ''")): ["enum-member-removed"],
    (enum("A = ''; B = 'b'"), enum("A = ''; B = 'c'")): ["enum-member-changed"],
    (enum("A = 0; B = 1", "IntEnum"), enum("A = 0; C = 1; B = 2", "IntEnum")): [
        "enum-member-changed"
    ],
    (enum("A = ''"), enum("A = ''; B = 'b'", "OpenStrEnum")): ["enum-member-added"],
    (enum("A = ''", "OpenStrEnum"), enum("A = ''")): ["enum-closed"],
    (echo("str"), enum("A = ''")): ["enum-closed"],
    (echo("str"), echo("Literal['', 'a']")): ["enum-closed"],
    (echo("Literal['', 'a']"), echo("Literal['', 'b']")): [
        "enum-member-removed",
        "enum-member-added",
    ],
    (echo("Literal['']"), enum("A = ''; B = 'b'")): ["enum-member-added"],
}


@pytest.mark.parametrize("change", SAID)
def test_change_of_values_is_said(change: tuple[str, str], compare: Compare) -> None:
    found = compare(*change)
    assert [each.rule for each in found] == SAID[change]
    assert {each.codecs for each in found} == {("gob", "json")}


SAME = [
    (enum("A = ''"), enum("Z = ''")),
    (enum("A = ''"), enum("A = ''", "OpenStrEnum")),
    (enum("A = ''", "OpenStrEnum"), enum("A = ''; B = 'b'", "OpenStrEnum")),
    (enum("A = ''; B = 'b'", "OpenStrEnum"), enum("A = ''", "OpenStrEnum")),
    (enum("A = 1", "IntFlag"), enum("A = 1; B = 2", "IntFlag")),
    (enum("A = ''"), echo("str")),
]


@pytest.mark.parametrize(("old", "new"), SAME)
def test_change_that_is_taken_is_not_said(old: str, new: str, compare: Compare) -> None:
    assert compare(old, new) == []


def test_new_member_is_told_where_it_is(compare: Compare) -> None:
    new = enum("A = ''; B = 'b'")
    (finding,) = compare(enum("A = ''"), new)
    assert finding.location.line == (HEAD + new).split("\n").index("    B = 'b'") + 1
    assert finding.reason.startswith("member 'B', which is 'b', of E is new")


def test_enum_that_is_a_number_is_of_another_kind_than_one_that_is_text(compare: Compare) -> None:
    (finding,) = compare(enum("A = ''"), enum("A = 0", "IntEnum"))
    assert finding.rule == "type-changed"
