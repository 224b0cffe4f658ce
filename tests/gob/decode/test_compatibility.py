"""Types that do not go together are refused, wherever in a value they are."""

from __future__ import annotations

from typing import Any

import pytest

from rpcgen import gob
from rpcgen.errors import DecodeError
from rpcgen.gob import wire
from rpcgen.gob.decode.compatibility import TypeChecks
from rpcgen.schema import schema_of

from ..examples import Order, Point

_TYPES: dict[int, wire.WireType] = {
    64: wire.StructType("Point", 64, (("X", wire.INT), ("Y", wire.INT))),
    65: wire.SliceType("", 65, 64),
    66: wire.MapType("", 66, wire.STRING, wire.INT),
}


def _check(types: dict[int, wire.WireType], id: int, annotation: Any) -> None:
    TypeChecks(types, False, gob.Limits()).check(id, schema_of(annotation))


@pytest.mark.parametrize(
    ("id", "annotation"),
    [(64, int), (65, dict[str, int]), (66, list[Point]), (wire.UINT, int), (99, Point), (64, Any)],
)
def test_types_that_do_not_go_together_are_refused_before_decoding(
    id: int, annotation: Any
) -> None:
    with pytest.raises(DecodeError, match="arrives where"):
        _check(_TYPES, id, annotation)


def test_a_field_without_a_name_is_refused() -> None:
    types: dict[int, wire.WireType] = {
        64: wire.StructType("S", 64, (("", wire.INT), ("X", wire.INT)))
    }
    with pytest.raises(DecodeError, match="has no name"):
        _check(types, 64, Point)


def test_a_nested_mismatch_is_found_where_no_value_comes() -> None:
    point = wire.StructType("Order", 64, (("ID", wire.INT), ("Items", 65)))
    types: dict[int, wire.WireType] = {64: point, 65: wire.SliceType("", 65, wire.STRING)}
    with pytest.raises(DecodeError, match="string arrives where"):
        _check(types, 64, Order)


def test_refusal_is_remembered() -> None:
    checks = TypeChecks(_TYPES, False, gob.Limits())
    reasons = []
    for _ in range(2):
        with pytest.raises(DecodeError) as caught:
            checks.check(64, schema_of(int))
        reasons.append(caught.value.reason)
    assert reasons == ["Point arrives where int is wanted"] * 2


def test_type_that_is_gone_is_forgotten() -> None:
    types = dict(_TYPES)
    checks = TypeChecks(types, False, gob.Limits())
    checks.check(64, schema_of(Point))
    types[64] = wire.StructType("Line", 64, (("From", wire.INT),))
    checks.forget()
    with pytest.raises(DecodeError, match="no field of Line"):
        checks.check(64, schema_of(Point))


def test_fields_that_are_compared_are_bounded() -> None:
    checks = TypeChecks(_TYPES, False, gob.Limits(fields=1))
    with pytest.raises(DecodeError, match=r"Limits\.fields"):
        checks.check(64, schema_of(Point))
