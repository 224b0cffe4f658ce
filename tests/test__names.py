"""Go's names for Python's, held to Go's own rules."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen._names import go_name, is_exported, is_identifier, parts_of_map

from . import golang

# What Python takes as a name.
names = st.from_regex(r"[^\W\d]\w*", fullmatch=True).filter(str.isidentifier)

EDGE_CASES = [
    "", "_", "a", "A", "9", "A9", "A_b", "_A", "A b", "A.b", "A-b", "É", "é", "ǅ", "Ǆ", "中", "Ⅷ",
    "A٣", "٣A", "A\u0301", "A²", "Aª", "Ω", "Type", "type", "A\n", "\uff21", "\U0001d400",
    "A·B", "Ⓐ",
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("multiply", "Multiply"),
        ("get_many", "GetMany"),
        ("getMany", "GetMany"),
        ("user_id", "UserID"),
        ("id", "ID"),
        ("http_url", "HTTPURL"),
        ("utf8_text", "UTF8Text"),
        ("idle", "Idle"),
        ("x1_y2", "X1Y2"),
        ("a_1", "A1"),
        ("get__many", "GetMany"),
        ("Multiply", "Multiply"),
        ("UserId", "UserId"),
        ("User_id", "User_id"),
        ("class_", "Class"),
        ("id_", "ID"),
        ("None_", "None"),
        ("élan_vital", "ÉlanVital"),
    ],
)
def test_go_name_of_python_name(name: str, expected: str) -> None:
    assert go_name(name) == expected


@pytest.mark.parametrize("name", ["_private", "__init__", "_", "_Capital_"])
def test_go_name_leaves_private_names_alone(name: str) -> None:
    assert go_name(name) == name


@given(names)
def test_go_name_is_idempotent(name: str) -> None:
    assert go_name(go_name(name)) == go_name(name)


@given(names)
def test_go_name_of_private_name_is_not_exported(name: str) -> None:
    assert not is_exported(go_name(f"_{name}"))


@given(st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]*", fullmatch=True))
def test_go_name_of_ascii_name_is_exported(name: str) -> None:
    assert is_exported(go_name(name))


@given(st.characters(categories=["Ll"]).filter(lambda letter: is_exported(letter.upper())))
def test_go_name_is_exported_where_the_letter_has_an_upper_case(letter: str) -> None:
    assert is_exported(go_name(f"{letter}_name"))


@pytest.mark.parametrize("name", ["中", "ª"])
def test_go_name_without_upper_case_is_not_exported(name: str) -> None:
    assert not is_exported(go_name(name))


@given(st.text())
def test_exported_names_are_identifiers(name: str) -> None:
    assert is_identifier(name) or not is_exported(name)


@pytest.fixture(scope="module")
def answers_of_go() -> dict[str, list[bool]]:
    """What Go says of the edge cases: a valid identifier? exported?"""
    program = golang.build(Path(__file__).parent / "names_of_go")
    said = subprocess.run(
        [program], input=json.dumps(EDGE_CASES), capture_output=True, text=True, check=True
    )
    answers: dict[str, list[bool]] = json.loads(said.stdout)
    return answers


@pytest.mark.parametrize("name", EDGE_CASES, ids=ascii)
def test_is_identifier_agrees_with_go(name: str, answers_of_go: dict[str, list[bool]]) -> None:
    assert is_identifier(name) == answers_of_go[name][0]


@pytest.mark.parametrize("name", EDGE_CASES, ids=ascii)
def test_is_exported_agrees_with_go(name: str, answers_of_go: dict[str, list[bool]]) -> None:
    assert is_exported(name) == all(answers_of_go[name])


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("map[string]int", ("string", "int")),
        ("map[[2]int][]map[string]bool", ("[2]int", "[]map[string]bool")),
        ("map[main.Pair[int,string]]main.Set[int]", ("main.Pair[int,string]", "main.Set[int]")),
        ("map[string", None),
        ("map[", None),
        ("main.Map[string]", None),
        ("", None),
    ],
)
def test_name_of_a_map_has_those_of_key_and_value(name: str, parts: tuple[str, str] | None) -> None:
    assert parts_of_map(name) == parts
