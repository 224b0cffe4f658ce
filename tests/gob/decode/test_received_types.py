"""Types that a sender describes: how many, and what is known of those that are there."""

from __future__ import annotations

import pytest

from rpcgen import gob
from rpcgen.errors import DecodeError
from rpcgen.gob import wire
from rpcgen.gob.decode.received_types import ReceivedTypes

from ..examples import Item, Order, Point

_PAIR = wire.StructType("Pair", 64, (("A", wire.INT), ("B", wire.INT)))


def _received(*types: wire.WireType, limits: gob.Limits | None = None) -> ReceivedTypes:
    """Return the types under the ids 64, 65, ..."""
    received = ReceivedTypes(limits or gob.Limits())
    for id, known in enumerate(types, 64):
        _define(received, id, known)
    return received


def _define(received: ReceivedTypes, id: int, known: wire.WireType) -> None:
    definition = wire.write_definition(id, known)
    start = 2 if definition[0] > 127 else 1  # after the negated id
    assert received.define(id, definition, start, len(definition)) == len(definition)


def test_type_limit() -> None:
    decoder = gob.Decoder(
        gob.dumps(Order(1, [Item("a", 1.5)], {"k": 500})), limits=gob.Limits(types=2)
    )
    with pytest.raises(DecodeError, match="more than 2 type definitions"):
        decoder.decode(Order)


@pytest.mark.parametrize("fast", [True, False])
def test_second_definition_of_a_type(fast: bool) -> None:
    definition = gob.dumps(Point(1, 2))[:31]
    with pytest.raises(DecodeError, match="second definition"):
        gob.Decoder(definition + definition).decode(Point if fast else None)


def test_definition_is_kept_under_its_id() -> None:
    assert _received(_PAIR).types == {64: _PAIR}


def test_fields_of_all_types_together_are_bounded() -> None:
    received = _received(_PAIR, limits=gob.Limits(fields=3))
    with pytest.raises(DecodeError, match=r"Limits\.fields"):
        _define(received, 65, _PAIR)


def test_dropped_types_count_no_more() -> None:
    received = _received(_PAIR, limits=gob.Limits(fields=2, types=1))
    received.drop(0)
    assert received.types == {}
    _define(received, 64, _PAIR)
    assert received.types == {64: _PAIR}


def test_size_of_all_types_together_is_bounded() -> None:
    received = _received(limits=gob.Limits(fields=1))
    with pytest.raises(DecodeError, match=r"type definitions of more than 256 bytes"):
        _define(received, 64, wire.SliceType("S" * 300, 64, wire.INT))


def test_size_of_dropped_types_counts_no_more() -> None:
    known = wire.SliceType("S" * 200, 64, wire.INT)
    received = _received(known, limits=gob.Limits(fields=1))
    received.drop(0)
    _define(received, 64, known)
    assert received.types == {64: known}


def test_type_that_takes_the_place_of_a_dropped_one_is_looked_at_anew() -> None:
    received = _received(wire.MapType("", 64, wire.STRING, wire.INTERFACE))
    before = received.may_define(64)
    received.drop(0)
    _define(received, 64, _PAIR)
    assert (before, received.may_define(64)) == (True, False)


def test_elements_may_define_types_where_they_have_interfaces() -> None:
    element = wire.StructType("S", 64, (("X", wire.INTERFACE),))
    assert _received(element, wire.SliceType("", 65, 64)).may_define(65)


def test_drop_keeps_the_first_types() -> None:
    received = _received(_PAIR, wire.SliceType("", 65, 64))
    received.drop(1)
    assert received.types == {64: _PAIR}


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (wire.StructType("S", 64, (("X", wire.INTERFACE),)), True),
        (wire.StructType("S", 64, (("X", 99),)), True),
        (wire.MapType("", 64, wire.STRING, wire.INTERFACE), True),
        (wire.SliceType("", 64, 64), False),
        (wire.ArrayType("", 64, wire.INT, 3), False),
        (_PAIR, False),
    ],
)
def test_value_may_define_types_where_it_has_interfaces(
    known: wire.WireType, expected: bool
) -> None:
    assert _received(known).may_define(64) is expected


@pytest.mark.parametrize(
    ("id", "expected"), [(64, False), (65, True), (66, True), (67, False), (68, False)]
)
def test_containers_of_structs_remember_their_type(id: int, expected: bool) -> None:
    received = _received(
        _PAIR,
        wire.SliceType("", 65, 64),
        wire.MapType("", 66, wire.STRING, 65),
        wire.SliceType("", 67, wire.INT),
        wire.ArrayType("", 68, 68, 2),
    )
    assert received.holds_described(id) is expected
