"""Values without a schema."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import pytest

from rpcgen import gob
from rpcgen.errors import DecodeError
from rpcgen.gob import wire
from rpcgen.gob.untyped import untyped_schema
from rpcgen.types import length

from .examples import Empty, Holder, Keeper, Node, Point, Secret

pytestmark = pytest.mark.usefixtures("implementation")


@pytest.mark.parametrize("value", [True, -5, 1.5, 1j, "text", b"octets", [1, 2], {"a": [1.5]}])
def test_plain_values_come_as_they_are(value: Any) -> None:
    assert gob.loads(gob.dumps(value)) == value


def test_structs_come_as_records() -> None:
    assert gob.loads(gob.dumps(Point(1, 2))) == gob.Record("Point", ("X", "Y"), (1, 2))


def test_arrays_come_as_tuples() -> None:
    assert gob.loads(gob.dumps([1, 2], Annotated[list[int], length(2)])) == (1, 2)


def test_structs_can_be_keys() -> None:
    data = gob.dumps({Point(1, 2): "a"}, dict[Point, str])
    assert gob.loads(data) == {gob.Record("", ("X", "Y"), (1, 2)): "a"}


def test_recursive_structs_end_in_none() -> None:
    assert gob.loads(gob.dumps(Node("a", [], Node("b")))).Next.Next is None


def test_interface_values_need_no_registration() -> None:
    registry = gob.Registry()
    registry.register(Point)
    data = gob.Encoder(registry=registry).encode(Holder(Point(1, 2)))
    assert gob.loads(data).Value.Y == 2


def test_self_encoded_values_come_as_their_bytes() -> None:
    keeper = gob.loads(gob.dumps(Keeper(Secret(b"abc"))))
    assert keeper.Secret == gob.Undecoded("Secret", b"cba")


def test_times_are_known_by_their_name() -> None:
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    assert gob.loads(gob.dumps(moment)) == moment


def test_another_type_of_a_known_name_comes_as_its_bytes() -> None:
    time = wire.OpaqueType("Time", 64, "gob")
    body = wire.write_definition(64, time)
    data = bytes((len(body),)) + body + b"\x05\xff\x80\x00\x01x"
    assert gob.loads(data) == gob.Undecoded("Time", b"x")


def test_empty_structs_come_as_empty_records() -> None:
    assert gob.loads(gob.dumps(Empty())).asdict() == {}


@pytest.mark.parametrize("name", ["x=1;y", "{stream}", "a\nb", "\0", "class", "é", "'\"\\", " "])
def test_names_that_a_peer_chose_are_never_code(name: str) -> None:
    struct = wire.StructType(name, 64, ((name, wire.INT), (name + "B", wire.INT)))
    body = wire.write_definition(64, struct)
    data = bytes((len(body),)) + body + b"\x07\xff\x80\x01\x02\x01\x04\x00"
    assert gob.loads(data) == gob.Record(name, (name, name + "B"), (1, 2))


def test_names_that_a_peer_chose_stand_in_errors_as_they_are() -> None:
    struct = wire.StructType("S", 64, (("{stream}", wire.STRING),))
    body = wire.write_definition(64, struct)
    data = bytes((len(body),)) + body + b"\x06\xff\x80\x01\x01\xff\x00"
    with pytest.raises(DecodeError, match=r"^S\.\{stream\}: "):
        gob.loads(data)


def test_a_type_that_is_not_defined() -> None:
    with pytest.raises(DecodeError, match="type 99 is not defined"):
        untyped_schema({64: wire.SliceType("", 64, 99)}, 64)
