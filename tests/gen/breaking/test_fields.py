"""Tests of `rpcgen.gen.breaking.fields`."""

from __future__ import annotations

import pytest

from rpcgen.gen.findings import Finding

from .versions import Compare

BOTH = ("gob", "json")


def message(fields: str) -> str:
    lines = "".join(f"    {each}\n" for each in fields.split("; "))
    return f"""
@define
class Sub:
    x: int = 0


@define(kw_only=True)
class M:
    common: int = 0
{lines}

class S(Protocol):
    def f(self, m: M) -> None: ...
"""


def said(finding: Finding) -> tuple[str, tuple[str, ...]]:
    return finding.rule, finding.codecs


SAID = {
    ("a: int = 0", "pass"): ("field-removed", BOTH),
    ("a: int = 0", 'a: Annotated[int, wire("B")] = 0'): ("field-renamed", BOTH),
    ("guid: int = 0", 'guid: Annotated[int, wire("Guid")] = 0'): ("field-renamed", ("gob",)),
    ("a: int = 0", 'a: Annotated[int, json_tag("b")] = 0'): ("json-name-changed", ("json",)),
    ("a: int = 0", 'a: Annotated[int, json_tag("-")] = 0'): ("json-name-changed", ("json",)),
    ('a: Annotated[int, json_tag("b")] = 0', "a: int = 0"): ("json-name-changed", ("json",)),
    ("a: int = 0", 'a: Annotated[int, json_tag("a,string")] = 0'): ("type-changed", ("json",)),
    ('a: Annotated[int, json_tag(",string")] = 0', "a: int = 0"): ("type-changed", ("json",)),
    ('a: Annotated[int, wire("B"), json_tag("a")] = 0', "a: int = 0"): ("field-renamed", ("gob",)),
    ('a: Annotated[int, json_tag("-")] = 0', "pass"): ("field-removed", ("gob",)),
    ("sub: Sub", "sub: Annotated[Sub, embedded]"): ("embedding-changed", ("json",)),
    ("sub: Annotated[Sub, embedded]", "sub: Sub"): ("embedding-changed", ("json",)),
}


@pytest.mark.parametrize("change", SAID, ids=" to ".join)
def test_change_of_a_field_is_said(change: tuple[str, str], compare: Compare) -> None:
    (finding,) = compare(message(change[0]), message(change[1]))
    assert said(finding) == SAID[change]


SAME = [
    ("pass", "a: int = 0"),
    ("a: int = 0", 'b: Annotated[int, wire("A")] = 0'),
    ("a: int = 0; b: str = ''", "b: str = ''; a: int = 0"),
    ("a: int = 0", 'a: Annotated[int, json_tag("a,omitempty")] = 0'),
    ("a: int = 0", "a: int = 7"),
    ('a: Annotated[int, json_tag("-")] = 0', 'a: Annotated[int, json_tag("a")] = 0'),
    (
        'sub: Annotated[Sub, json_tag("sub")]',
        'sub: Annotated[Sub, embedded, json_tag("sub")]',
    ),
]


@pytest.mark.parametrize(("old", "new"), SAME)
def test_change_that_no_peer_sees_is_not_said(old: str, new: str, compare: Compare) -> None:
    assert compare(message(old), message(new)) == []


def test_field_that_is_gone_may_be_the_only_new_one_of_its_type(compare: Compare) -> None:
    (finding,) = compare(message("a: str = 'x'"), message("b: str = 'x'; c: int = 0"))
    assert "if 'b' is its new name, write b: Annotated[..., wire(\"A\")]" in finding.hint
    assert "they get its default, 'x'," in finding.reason


def test_field_that_is_gone_may_be_any_of_several_new_ones(compare: Compare) -> None:
    (finding,) = compare(message("a: str = 'x'"), message("b: str = 'x'; c: str = ''"))
    assert "new name" not in finding.hint


def test_renamed_field_says_how_to_keep_the_name(compare: Compare) -> None:
    (finding,) = compare(message("a: int = 0"), message('a: Annotated[int, wire("B")] = 0'))
    assert finding.hint == 'keep the name: a: Annotated[..., wire("A")]'


def test_type_of_a_renamed_field_is_compared_by_what_json_takes(compare: Compare) -> None:
    new = 'guid: Annotated[str, wire("Guid")] = ""'
    found = compare(message("guid: int = 0"), message(new))
    assert {each.rule for each in found} == {"field-renamed", "type-changed"}


def test_parameter_of_several_is_a_field(compare: Compare) -> None:
    service = "class S(Protocol):\n    def f(self, a: int, {}: int) -> None: ...\n"
    (finding,) = compare(service.format("b"), service.format("by"))
    assert said(finding) == ("field-removed", BOTH)
    assert "field 'b' of SFArgs" in finding.reason


def test_parameters_that_are_gone_are_fields_that_are_gone(compare: Compare) -> None:
    service = "class S(Protocol):\n    def f(self{}) -> None: ...\n"
    found = compare(service.format(", a: int, b: int"), service.format(""))
    assert [said(each) for each in found] == [("field-removed", BOTH)] * 2


def test_parameters_where_there_were_none_are_no_matter(compare: Compare) -> None:
    service = "class S(Protocol):\n    def f(self{}) -> None: ...\n"
    assert compare(service.format(""), service.format(", a: int, b: int")) == []
