"""Tests of `rpcgen.gen.breaking.unions`."""

from __future__ import annotations

import pytest

from .versions import Compare, echo


def union(kind: str, names: str = "ABC", head: str = "") -> str:
    classes = "".join(f"{head}@define\nclass {name}:\n    x: int = 0\n\n" for name in names)
    return echo(kind, classes)


SAID = {
    ("A | B", "A | B | C"): "union-member-added",
    ("A | B | C", "A | B"): "union-member-removed",
    ("A | B", "A | B | None"): "union-nullable",
    ("Any", "A | B | None"): "union-closed",
}


@pytest.mark.parametrize("change", SAID, ids=" to ".join)
def test_change_of_a_union_is_said_of_gob(change: tuple[str, str], compare: Compare) -> None:
    (finding,) = compare(union(change[0]), union(change[1]))
    assert (finding.rule, finding.codecs) == (SAID[change], ("gob",))


@pytest.mark.parametrize(
    ("old", "new"), [("A | B", "B | A"), ("A | B | None", "A | B"), ("A | B | None", "Any")]
)
def test_change_that_is_taken_is_not_said(old: str, new: str, compare: Compare) -> None:
    assert compare(union(old), union(new)) == []


def test_moved_module_renames_the_members(compare: Compare) -> None:
    idl = union("A | B", "AB")
    found = compare(idl, idl, "shapes", "forms")
    assert [each.rule for each in found] == ["union-member-renamed"] * 2
    assert "A is 'forms.A' inside a union or Any, and was 'shapes.A'" in found[0].reason
    assert found[0].hint == 'keep the name with the decorator @wire("shapes.A")'


def test_moved_module_renames_what_an_any_holds(compare: Compare) -> None:
    idl = union("Any", "A")
    found = compare(idl, idl, "shapes", "forms")
    assert {each.rule for each in found} == {"union-member-renamed"}
    assert {each.codecs for each in found} == {("gob",)}


def test_moved_module_is_no_matter_to_names_that_are_said(compare: Compare) -> None:
    classes = [f'@wire("{name}")\n@define\nclass {name}:\n    x: int\n' for name in "AB"]
    idl = echo("A | B", "\n".join(classes))
    assert compare(idl, idl, "shapes", "forms") == []


def test_members_of_a_union_are_compared(compare: Compare) -> None:
    (finding,) = compare(union("A | B"), union("A | B").replace("x: int", "x: str", 1))
    assert finding.rule == "type-changed"
    assert "field 'x' of A" in finding.reason
