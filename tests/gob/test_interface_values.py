"""Values of interfaces: what their names stand for, and the definitions that they bring."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import define

from rpcgen import gob
from rpcgen.errors import DecodeError, TruncatedError
from rpcgen.gob.interface_values import TooLargeError, ValueStream
from rpcgen.types import wire as named
from rpcgen.values.registry import registry as global_registry

from .examples import Circle, Drawing, Holder, Item, Node, Point, Square

pytestmark = pytest.mark.usefixtures("implementation")


def _registry() -> gob.Registry:
    registry = gob.Registry()
    for cls in (Point, Item, Node, Holder):
        registry.register(cls)
    return registry


def _stream(values: list[Any]) -> bytes:
    encoder = gob.Encoder(registry=_registry())
    return b"".join(encoder.encode(value) for value in values)


def test_skip_keeps_definitions_inside_interfaces() -> None:
    decoder = gob.Decoder(_stream([Holder(Holder(Point(1, 2))), Point(3, 4)]))
    decoder.skip()
    assert decoder.decode(Point) == Point(3, 4)


def test_unregistered_name() -> None:
    with pytest.raises(DecodeError, match=r"'main.Point' is not registered"):
        gob.Decoder(_stream([Holder(Point(1, 2))]), registry=gob.Registry()).decode(Holder)


def test_pointer_name_of_a_union_member() -> None:
    registry = gob.Registry()
    registry.register(Circle | None)
    data = gob.Encoder(registry=registry).encode(Drawing(Circle(2.0)), Drawing)
    assert b"*main.Circle" in data
    assert gob.loads(data, Drawing) == Drawing(Circle(2.0))


def test_name_that_is_no_member_of_the_union() -> None:
    registry = _registry()
    data = gob.Encoder(registry=registry).encode(Holder(Point(1, 2)))

    @define
    class Other:
        value: Any

    Other.__annotations__["value"] = Circle | Square
    with pytest.raises(DecodeError, match=r"'main.Point' is no member of Circle \| Square"):
        gob.loads(data, Other)


def test_nesting_limit_of_interfaces() -> None:
    value: Any = Holder(1)
    for _ in range(150):
        value = Holder(value)
    registry = _registry()
    data = gob.Encoder(registry=registry).encode(value)
    with pytest.raises(DecodeError, match="nested too deeply"):
        gob.Decoder(data, registry=registry).decode(Holder)


@named("main.Inner")
@define
class Inner:
    a: int


@define
class Between:
    before: Any
    data: bytes
    after: Any


def test_large_message_with_new_types_inside_interface_values() -> None:
    # What a failed attempt has learnt of types must be forgotten before the next one.
    registry = gob.Registry()
    registry.register(Inner)
    registry.register(Holder)
    encoder, decoder = gob.Encoder(registry=registry), gob.Decoder(registry=registry)
    for before in (None, Holder(1), Holder(2)):
        decoder.feed(encoder.encode(Between(before, b"x", 2), Between))
        decoder.decode(Between)
    value = Between(Holder(Inner(7)), b"x" * 200_000, "after")
    data = encoder.encode(value, Between)
    decoded = None
    for start in range(0, len(data), 65536):
        decoder.feed(data[start : start + 65536])
        try:
            decoded = decoder.decode(Between)
        except TruncatedError:
            pass
    assert decoded == value


# --- memory, and numbers ------------------------------------------------------------------------


def _value_stream(limits: gob.Limits) -> ValueStream:
    return ValueStream(b"", limits, "strict", False, global_registry)


def test_memory_is_counted_down_to_the_limit() -> None:
    stream = _value_stream(gob.Limits(decoded=100))
    stream.room_left = 100
    stream.charge(60)
    stream.charge(40)
    with pytest.raises(TooLargeError, match=r"more than 100 bytes in memory \(Limits\.decoded\)"):
        stream.charge(1)


def test_elements_need_a_byte_each_before_they_are_counted() -> None:
    stream = _value_stream(gob.Limits())
    stream.end = 10
    with pytest.raises(IndexError, match="more elements than bytes"):
        stream.charge_elements(8, 0, 3)


def test_long_number_is_refused() -> None:
    stream = _value_stream(gob.Limits(digits=10))
    assert stream.short(bytes(13)) == bytes(13)
    with pytest.raises(DecodeError, match=r"more than 10 digits \(Limits\.digits\)"):
        stream.short(bytes(14))
