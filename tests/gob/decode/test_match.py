"""Which part of a sender's type becomes which of ours, without anything decoded."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from attrs import define

from rpcgen.errors import DecodeError
from rpcgen.gob import wire
from rpcgen.gob.decode.match import DecodePlan, Pair, match
from rpcgen.gob.source import TooLongError
from rpcgen.gob.untyped import untyped_schema
from rpcgen.schema import schema_of
from rpcgen.schema.plan import Op, plan_of
from rpcgen.types import BigInt, Float32, Uint8, length

from ..examples import Point


class Color(enum.IntEnum):
    RED = 0


@define
class Tree:
    left: Tree | None
    branches: list[Tree]


@define
class Wide:
    a: int
    b: str
    c: float


TREE: dict[int, wire.WireType] = {
    64: wire.StructType("Tree", 64, (("Left", 64), ("Branches", 65))),
    65: wire.SliceType("", 65, 64),
}


def matched(types: Mapping[int, wire.WireType], id: int, annotation: object) -> DecodePlan:
    return match(plan_of(schema_of(annotation)), types, id)


def root_of(plan: DecodePlan) -> Pair:
    return plan.pairs[plan.root]


@pytest.mark.parametrize(
    ("annotation", "id"),
    [
        (bool, wire.BOOL),
        (int, wire.INT),
        (Uint8, wire.UINT),
        (Float32, wire.FLOAT),
        (complex, wire.COMPLEX),
        (str, wire.STRING),
        (bytes, wire.BYTES),
        (list[Uint8], wire.BYTES),
        (Any, wire.INTERFACE),
        (Color, wire.INT),
        (timedelta, wire.INT),
        (int | None, wire.INT),
        (Literal["a"], wire.STRING),
        (None, wire.STRING),
    ],
)
def test_basic_type_goes_into_its_own(annotation: object, id: int) -> None:
    assert root_of(matched({}, id, annotation)).id == id


LIST = {64: wire.SliceType("", 64, wire.INT)}
ARRAY = {64: wire.ArrayType("", 64, wire.INT, 2)}
MAP = {64: wire.MapType("", 64, wire.STRING, wire.INT)}
OPAQUE = {64: wire.OpaqueType("Int", 64, "gob")}


@pytest.mark.parametrize(
    ("annotation", "types", "parts"),
    [
        (list[int], LIST, [wire.INT]),
        (Annotated[list[int], length(2)], ARRAY, [wire.INT]),
        (dict[str, int], MAP, [wire.STRING, wire.INT]),
        (BigInt, OPAQUE, []),
    ],
)
def test_parts_are_pairs_of_their_own(
    annotation: object, types: Mapping[int, wire.WireType], parts: list[int]
) -> None:
    plan = matched(types, 64, annotation)
    assert [plan.pairs[part].id for part in root_of(plan).parts] == parts


@pytest.mark.parametrize(
    ("annotation", "types", "id", "reason"),
    [
        (int, {}, wire.STRING, "string arrives where int is wanted"),
        (Color, {}, wire.STRING, r"string arrives where \w+\.Color is wanted"),
        (int | None, {}, wire.BOOL, "bool arrives where int is wanted"),
        (set[int], LIST, 64, r"a slice arrives where map\[int\]bool is wanted"),
        (list[int], ARRAY, 64, r"an array of 2 arrives where \[\]int is wanted"),
        (Annotated[list[int], length(3)], ARRAY, 64, r"of 2 arrives where \[3\]int is wanted"),
        (list[str], LIST, 64, "int arrives where string is wanted"),
        (list[Uint8], LIST, 64, r"a slice arrives where \[\]uint8 is wanted"),
        (str, OPAQUE, 64, "Int arrives where string is wanted"),
        (Point, {}, 70, "undefined type 70 arrives where"),
    ],
)
def test_types_that_do_not_go_together_are_refused(
    annotation: object, types: Mapping[int, wire.WireType], id: int, reason: str
) -> None:
    with pytest.raises(DecodeError, match=reason):
        matched(types, id, annotation)


def struct(*fields: tuple[str, int]) -> dict[int, wire.WireType]:
    return {64: wire.StructType("Wide", 64, fields)}


def test_fields_are_those_of_the_sender_in_its_order() -> None:
    plan = matched(struct(("C", wire.FLOAT), ("X", wire.INT), ("A", wire.INT)), 64, Wide)
    assert [
        (sent.name, sent.member and sent.member.field.attribute) for sent in root_of(plan).fields
    ] == [("C", "c"), ("X", None), ("A", "a")]


def test_type_of_a_field_that_is_skipped_is_not_looked_at() -> None:
    plan = matched(struct(("A", wire.INT), ("X", 99)), 64, Wide)
    assert [pair.id for pair in plan.pairs] == [64, wire.INT]


def test_struct_without_a_field_of_ours_is_refused() -> None:
    with pytest.raises(DecodeError, match=r"no field of Wide is one of .*Wide, which has A, B, C"):
        matched(struct(("X", wire.INT)), 64, Wide)


def test_field_without_a_name_is_refused() -> None:
    with pytest.raises(DecodeError, match="a field of Wide has no name"):
        matched(struct(("A", wire.INT), ("", wire.INT)), 64, Wide)


def test_type_that_holds_itself_is_one_pair() -> None:
    plan = matched(TREE, 64, Tree)
    assert [pair.node.op for pair in plan.pairs].count(Op.LIST) == 1
    assert plan.pairs[root_of(plan).fields[1].pair].parts == (plan.root,)


def test_pointer_is_a_pair_around_that_of_what_it_points_to() -> None:
    plan = matched(TREE, 64, Tree)
    left = plan.pairs[root_of(plan).fields[0].pair]
    assert (left.node.nullable, left.parts) == (True, (plan.root,))


def test_uuid_is_taken_as_an_array_from_who_sends_one() -> None:
    plan = matched({64: wire.ArrayType("UUID", 64, wire.UINT, 16)}, 64, UUID)
    assert root_of(plan).node.op is Op.ARRAY


def test_array_of_a_uuid_is_taken_as_what_encodes_itself() -> None:
    types: dict[int, wire.WireType] = {64: wire.OpaqueType("UUID", 64, "binary")}
    assert root_of(matched(types, 64, Annotated[UUID, length(16)])).node.op is Op.OPAQUE


def test_untyped_schema_goes_with_its_type() -> None:
    plan = match(plan_of(untyped_schema(TREE, 64)), TREE, 64)
    assert all(sent.member for sent in root_of(plan).fields)


def test_more_pairs_than_there_may_be_are_too_long() -> None:
    with pytest.raises(TooLongError):
        match(plan_of(schema_of(Tree)), TREE, 64, most=2)
