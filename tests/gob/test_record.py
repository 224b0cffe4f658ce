"""Structs without a schema."""

from __future__ import annotations

import pytest

from rpcgen.gob import Record

_POINT = Record("Point", ("X", "Y"), (1, 2))


def test_fields_by_key() -> None:
    assert _POINT["X"] == 1


def test_fields_by_attribute() -> None:
    assert _POINT.Y == 2


def test_a_key_that_is_no_field() -> None:
    with pytest.raises(KeyError):
        _POINT["Z"]


def test_an_attribute_that_is_no_field() -> None:
    with pytest.raises(AttributeError, match="Point has no field 'Z'"):
        _POINT.Z  # noqa: B018


def test_asdict() -> None:
    assert _POINT.asdict() == {"X": 1, "Y": 2}


def test_repr_names_the_fields() -> None:
    assert repr(_POINT) == "Point(X=1, Y=2)"


def test_records_can_be_keys() -> None:
    assert {_POINT: 1}[Record("Point", ("X", "Y"), (1, 2))] == 1
