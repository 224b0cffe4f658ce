"""Schemas of Go's library that are known by name and by class."""

from __future__ import annotations

import uuid
from fractions import Fraction

import pytest

from rpcgen.schema import Array, Opaque, schema_of, uuid_form, uuid_of
from rpcgen.schema.gostdlib import GO_TYPES, array_of_uuid, go_library
from rpcgen.types import AddrPort, BigFloatValue

NAMED = uuid.UUID(bytes=bytes(range(16)))


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (Fraction, "big.Rat"),
        (BigFloatValue, "big.Float"),
        (AddrPort, "netip.AddrPort"),
        (uuid.UUID, "uuid.UUID"),
    ],
)
def test_class_of_the_library_has_the_name_of_go(cls: type, name: str) -> None:
    assert go_library()[cls].go == name


@pytest.mark.parametrize("name", ["big.Float", "big.Rat", "netip.AddrPort", "url.URL"])
def test_type_of_the_library_is_known_by_its_name(name: str) -> None:
    assert go_library()[name].go == name


def test_sized_number_is_known_by_its_name() -> None:
    assert GO_TYPES["uint8"].go == "uint8"


def test_uuid_of_is_made_of_its_bytes() -> None:
    assert uuid_of(range(16)) == NAMED


def test_array_of_uuid_makes_uuids() -> None:
    schema = array_of_uuid()
    assert isinstance(schema, Array)
    assert (schema.go, schema.container) == ("[16]uint8", uuid_of)


def test_uuid_form_of_an_array_is_the_array() -> None:
    assert uuid_form(schema_of(uuid.UUID), is_array=True) is array_of_uuid()


def test_uuid_form_of_what_encodes_itself_is_opaque() -> None:
    schema = uuid_form(array_of_uuid(), is_array=False)
    assert isinstance(schema, Opaque)
    assert schema.go == "uuid.UUID"


@pytest.mark.parametrize("is_array", [False, True])
def test_uuid_form_leaves_other_schemas_alone(is_array: bool) -> None:
    schema = schema_of(list[int])
    assert uuid_form(schema, is_array) is schema
