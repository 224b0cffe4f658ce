"""Tests of `rpcgen.gen.breaking.fit`; what the codecs make of it is tried in `test_types`."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from rpcgen.gen.breaking.fit import Types, bits_of, values_of
from rpcgen.protocol.reflection import Kind, TypeDescription
from rpcgen.protocol.type_descriptions import TypeDescriptions
from rpcgen.schema import schema_of
from rpcgen.types import OpenIntEnum, Uint8


class Color(OpenIntEnum):
    NONE = 0
    RED = 3


def described(annotation: Any) -> tuple[Types, TypeDescription]:
    table = TypeDescriptions()
    number = table.number_of(schema_of(annotation))
    return Types(table.types), table.types[number]


@pytest.mark.parametrize("kind", Kind)
def test_bits_are_those_of_numbers_alone(kind: Kind) -> None:
    is_number = kind.value.rstrip("0123456789") in ("int", "uint", "uintptr", "float", "complex")
    assert (bits_of(kind) > 0) == is_number


def test_bits_of_go_s_own_size_are_sixty_four() -> None:
    assert {bits_of(kind) for kind in (Kind.INT, Kind.UINT, Kind.UINTPTR, Kind.INT64)} == {64}
    assert bits_of(Kind.INT8) == 8


def test_values_of_an_open_enum_are_any() -> None:
    assert values_of(described(Color)[1]) is None


def test_values_of_a_literal_are_those_that_it_lists() -> None:
    assert values_of(described(Literal["a", "b"])[1]) == {"a": "", "b": ""}
    assert values_of(described(Literal[1, 2])[1]) == {1: "", 2: ""}


def test_values_of_a_number_are_any() -> None:
    assert values_of(described(int)[1]) is None


def test_kind_of_an_enum_is_that_of_its_base() -> None:
    types, each = described(Color)
    assert types.kind_of(each) is Kind.INT


def test_kind_of_a_list_of_bytes_is_bytes() -> None:
    types, each = described(list[Uint8])
    assert types.kind_of(each) is Kind.BYTES


def test_pointer_is_passed_over() -> None:
    table = TypeDescriptions()
    number = table.number_of(schema_of(int | None))
    assert table.types[Types(table.types).pointed_to(number)].kind is Kind.INT
