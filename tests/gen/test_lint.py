"""Tests of `rpcgen.gen.lint`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rpcgen.gen.describe import describe_idls
from rpcgen.gen.findings import Finding
from rpcgen.gen.lint import lint

HEAD = """\
from __future__ import annotations
from datetime import datetime, timedelta
from enum import IntEnum, IntFlag, StrEnum
from typing import Annotated, Any, Literal, Protocol

from attrs import define
from rpcgen.types import *
from rpcgen.types import OpenIntEnum, RemoteError, raises
"""

Lint = Callable[[str], list[Finding]]


@pytest.fixture
def found(idl_folder: Path) -> Lint:
    """Return a function that takes an IDL, without `HEAD`, and returns what is found."""

    def found(text: str) -> list[Finding]:
        (idl_folder / "shapes.py").write_text(HEAD + text)
        return lint(describe_idls(["shapes.py"]))

    return found


def holding(fields: str, before: str = "") -> str:
    lines = "".join(f"    {each}\n" for each in fields.split("; "))
    return f"""
{before}

@define(kw_only=True)
class M:
{lines}

class S(Protocol):
    def f(self, m: M) -> None: ...
"""


ENUMS = """
class Color(IntEnum):
    RED = 1


class Zero(IntEnum):
    NONE = 0


class Flag(IntFlag):
    A = 1


class Open(OpenIntEnum):
    A = 1


class Text(StrEnum):
    A = "a"
"""


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("guid: str", "Guid"),
        ("user_guid: str", "UserGuid"),
        ("api_url: str", "ApiUrl"),
        ("http_port: int", "HttpPort"),
        ("user_id_db: str", "UserIDDB"),
        ("pid: int", "PID"),
        ("ip_: str", "Ip"),
    ],
)
def test_name_that_go_spells_in_two_ways_is_found(found: Lint, field: str, other: str) -> None:
    (finding,) = found(holding(field))
    assert (finding.rule, finding.codecs) == ("ambiguous-name", ("gob",))
    assert f"a Go program has {other!r}" in finding.reason
    assert f'wire("{other}")' in finding.hint


@pytest.mark.parametrize(
    "field",
    [
        "user_id: str",
        "name: str",
        "guidance: str",
        'guid: Annotated[str, wire("GUID")]',
        'guid: Annotated[str, wire("Guid")]',
        "GUID: str",
    ],
)
def test_name_that_is_certain_is_not_found(found: Lint, field: str) -> None:
    assert found(holding(field)) == []


def test_name_of_a_parameter_is_found(found: Lint) -> None:
    (finding,) = found("class S(Protocol):\n    def f(self, guid: str, b: int) -> None: ...\n")
    assert finding.rule == "ambiguous-name"
    assert finding.location.column == 17


def test_names_that_differ_in_case_are_found(found: Lint) -> None:
    (finding,) = found(holding('name: str; name_: Annotated[str, wire("NAME")]'))
    assert (finding.rule, finding.codecs) == ("case-clash", ("json",))


@pytest.mark.parametrize("tag", ["other", "-"])
def test_names_that_json_tells_apart_are_not_found(found: Lint, tag: str) -> None:
    other = f'name_: Annotated[str, wire("NAME"), json_tag("{tag}")]'
    assert found(holding(f"name: str; {other}")) == []


@pytest.mark.parametrize("kind", ["Color", "Text", "Literal['a']", "Literal[1, 2]"])
def test_enum_that_cannot_be_zero_is_found(found: Lint, kind: str) -> None:
    (finding,) = found(holding(f"a: {kind}", ENUMS))
    assert (finding.rule, finding.codecs) == ("no-zero-member", ("gob", "json"))


@pytest.mark.parametrize("kind", ["Zero", "Flag", "Open", "list[Color]", "Literal['', 'a']"])
def test_enum_that_can_be_zero_is_not_found(found: Lint, kind: str) -> None:
    assert found(holding(f"a: {kind}", ENUMS)) == []


@pytest.mark.parametrize(
    ("kind", "zero"),
    [
        ("int", "0"),
        ("Uint8", "0"),
        ("float", "0"),
        ("timedelta", "0"),
        ("bool", "False"),
        ("str", "an empty str"),
        ("bytes", "empty bytes"),
        ("list[int]", "an empty list"),
        ("Zero", "0"),
        ("Text", "an empty str"),
    ],
)
def test_pointer_that_hides_a_zero_is_found(found: Lint, kind: str, zero: str) -> None:
    (finding,) = found(holding(f"a: {kind} | None", ENUMS))
    assert (finding.rule, finding.codecs) == ("hidden-zero", ("gob",))
    assert f"gob sends {zero}, too" in finding.reason


@pytest.mark.parametrize("kind", ["M", "datetime", "dict[str, int]", "BigInt", "M | N", "Any"])
def test_pointer_that_hides_nothing_is_not_found(found: Lint, kind: str) -> None:
    other = '@wire("s.N")\n@define\nclass N:\n    x: int\n'
    text = holding(f"a: {kind} | None", other).replace("@define(kw", '@wire("s.M")\n@define(kw')
    assert found(text) == []


def test_member_of_a_union_that_is_named_after_its_module_is_found(found: Lint) -> None:
    members = '@wire("s.N")\n@define\nclass N:\n    x: int\n\n\n@define\nclass P:\n    y: int\n'
    (finding,) = found(holding("a: N | P", members))
    assert (finding.rule, finding.codecs) == ("module-name", ("gob",))
    assert finding.hint == 'keep the name with the decorator @wire("shapes.P")'


def test_exception_that_is_named_after_its_module_is_found(found: Lint) -> None:
    error = "@define\nclass Gone(RemoteError):\n    key: str = ''\n\n\n"
    text = f"{error}class S(Protocol):\n    @raises(Gone)\n    def f(self) -> None: ...\n"
    (finding,) = found(text)
    assert (finding.rule, finding.codecs) == ("module-name", ("gob", "json"))
    assert found(f'@wire("shapes.Gone")\n{text}') == []


@pytest.mark.parametrize("parameter", ["a: int", "a: list[str]", "a: Any"])
def test_single_parameter_is_found(found: Lint, parameter: str) -> None:
    (finding,) = found(f"class S(Protocol):\n    def f(self, {parameter}) -> None: ...\n")
    assert (finding.rule, finding.codecs) == ("lone-parameter", ("gob", "json"))


@pytest.mark.parametrize(
    "method",
    [
        "def f(self) -> None: ...",
        "def f(self, a: int, b: int) -> None: ...",
        "@struct_args\n    def f(self, a: int) -> None: ...",
    ],
)
def test_parameters_beside_which_there_is_room_are_not_found(found: Lint, method: str) -> None:
    assert found(f"class S(Protocol):\n    {method}\n") == []
