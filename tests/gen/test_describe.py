"""Tests of `rpcgen.gen.describe`."""

from __future__ import annotations

from pathlib import Path

import pytest

from rpcgen.errors import GenerateError
from rpcgen.gen.describe import Described, describe_idls
from rpcgen.protocol.reflection import Kind, TypeDescription

IDL = '''\
from enum import StrEnum
from typing import Annotated, Any, Protocol

from attrs import define
from messages import Base
from rpcgen import Code
from rpcgen.types import RemoteError, idempotent, raises, wire


class Color(StrEnum):
    NONE = ""
    RED = "red"


@wire("shapes.M")
@define
class M(Base):
    """A message."""

    name: Annotated[str, wire("Title")] = "x"
    color: Color = Color.NONE


@define
class Missing(RemoteError):
    code = Code.NOT_FOUND
    key: str = ""


class S(Protocol):
    """A service."""

    @idempotent
    @raises(Missing, text="no {key}")
    def get(self, m: M) -> list[M]:
        """Return what fits."""
        ...

    def put(self, key: str, value: Annotated[int, wire("V")] = 3) -> None: ...

    def any(self, what: Any) -> Any: ...
'''

BASE = """\
from attrs import define


@define
class Base:
    number: int = 0
"""


@pytest.fixture
def described(idl_folder: Path) -> Described:
    (idl_folder / "s.py").write_text(IDL)
    (idl_folder / "messages.py").write_text(BASE)
    return describe_idls(["s.py"])


def type_of(described: Described, python: str) -> tuple[int, TypeDescription]:
    for number, each in enumerate(described.description.types):
        if each.python == python:
            return number, each
    raise AssertionError(python)


def test_methods_are_those_of_the_wire(described: Described) -> None:
    (service,) = described.description.services
    assert (service.name, service.python, service.doc) == ("S", "S", "A service.")
    assert [each.name for each in service.methods] == ["Get", "Put", "Any"]
    get = service.methods[0]
    assert (get.python, get.doc, get.parameter, get.idempotent) == (
        "get",
        "Return what fits.",
        "m",
        True,
    )


def test_exceptions_have_their_code_and_text(described: Described) -> None:
    (raised,) = described.description.services[0].methods[0].raises
    assert (raised.text, raised.code) == ("no {key}", 5)
    assert described.description.types[raised.type].name == "s.Missing"


def test_parameters_are_the_fields_of_the_generated_struct(described: Described) -> None:
    put = described.description.services[0].methods[1]
    request = described.description.types[put.request]
    assert put.takes_struct
    assert (request.kind, request.name) == (Kind.STRUCT, "s.SPutArgs")
    assert [(each.name, each.attribute, each.default) for each in request.fields] == [
        ("Key", "key", ""),
        ("V", "value", "3"),
    ]


def test_places_are_where_things_are_written(described: Described) -> None:
    number, _ = type_of(described, "M")
    place, (service,) = described.types[number], described.services
    assert str(place.location) == "s.py:17:1"
    assert {name: str(each) for name, each in place.members.items()} == {
        "number": "messages.py:6:5",
        "name": "s.py:20:5",
        "color": "s.py:21:5",
    }
    assert str(service.location) == "s.py:30:1"
    assert str(service.methods["Get"].location) == "s.py:35:5"
    assert str(service.methods["Get"].request) == "s.py:35:19"
    assert str(service.methods["Get"].response) == "s.py:35:28"


def test_place_of_a_parameter_is_its_own(described: Described) -> None:
    number, _ = type_of(described, "SPutArgs")
    assert str(described.types[number].members["value"]) == "s.py:39:29"


def test_place_of_a_member_is_its_own(described: Described) -> None:
    number, _ = type_of(described, "Color")
    assert str(described.types[number].members["RED"]) == "s.py:12:5"


def test_names_that_wire_gives_are_known(described: Described) -> None:
    m, args, color = (type_of(described, name)[0] for name in ("M", "SPutArgs", "Color"))
    assert (described.types[m].named, described.types[m].is_named) == (frozenset({"name"}), True)
    assert described.types[args].named == {"value"}
    assert not described.types[color].is_named


def test_messages_that_an_any_holds_are_described(described: Described) -> None:
    types = described.description.types
    assert {types[each].name for each in described.dynamic} == {
        "messages.Base",
        "s.Missing",
        "shapes.M",
    }


def test_texts_are_those_of_the_files(described: Described) -> None:
    assert described.texts == {"s.py": IDL, "messages.py": BASE}


def test_mistakes_of_all_files_are_told(idl_folder: Path) -> None:
    (idl_folder / "a.py").write_text(IDL.replace("-> None: ...", ": ..."))
    (idl_folder / "messages.py").write_text(BASE)
    (idl_folder / "b.py").write_text("def f(:")
    with pytest.raises(GenerateError) as raised:
        describe_idls(["a.py", "b.py"])
    assert len(raised.value.errors) == 2


@pytest.mark.parametrize("arguments", [["messages.py"], ["."]])
def test_idl_without_a_service_is_an_error(idl_folder: Path, arguments: list[str]) -> None:
    (idl_folder / "messages.py").write_text(BASE)
    with pytest.raises(GenerateError, match="no service in"):
        describe_idls(arguments)


def test_several_folders_are_described_together(idl_folder: Path) -> None:
    for name in ("one", "two"):
        (idl_folder / name).mkdir()
        (idl_folder / name / "pyproject.toml").touch()
        (idl_folder / name / "s.py").write_text(IDL.replace("class S(", f"class {name.title()}("))
        (idl_folder / name / "messages.py").write_text(BASE)
    described = describe_idls(["one", "two"])
    assert [each.name for each in described.description.services] == ["One", "Two"]
    assert described.modules == ("s", "s")
