"""Plans: what codecs are told of a schema."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, NewType
from uuid import UUID

import pytest
from attrs import define, fields, frozen

from rpcgen.errors import SchemaError
from rpcgen.schema import Schema, Struct, schema_of
from rpcgen.schema.plan import Node, Op, Plan, plan_of
from rpcgen.types import BigInt, Complex64, Float32, Int8, Uint8, length


class Color(enum.IntEnum):
    RED = 0
    BLUE = 1


class Unit(enum.StrEnum):
    NONE = ""
    METRE = "m"


@frozen
class Point:
    x: int
    y: int = 0


@define
class Tree:
    left: Tree | None
    branches: list[Tree]


@define
class Ping:
    pong: Pong | None


@define
class Pong:
    ping: Ping | None


@define
class Unsound:
    inside: list[object]


@define
class All:
    flag: bool
    number: int
    small: Int8
    byte: Uint8
    real: float
    narrow: Float32
    pair: Complex64
    text: str
    raw: bytes
    several: list[Uint8]
    names: tuple[str, ...]
    grid: Annotated[list[int], length(2)]
    ages: dict[str, int]
    point: Point
    anything: Any
    shape: Point | Tree | None
    when: datetime
    big: BigInt
    nothing: None
    color: Color
    unit: Unit
    span: timedelta
    maybe: int | None
    tags: set[str]
    loose: Mapping[str, int]
    some: Literal["", "a"]
    perhaps: Literal["a"] | None


def root_of(annotation: object) -> Node:
    plan = plan_of(schema_of(annotation))
    return plan.nodes[plan.root]


def op_of(annotation: object) -> Op:
    return root_of(annotation).op


@pytest.mark.parametrize(
    ("annotation", "op"),
    [
        (bool, Op.BOOL),
        (Int8, Op.INT),
        (Uint8, Op.UINT),
        (Float32, Op.FLOAT),
        (Complex64, Op.COMPLEX),
        (str, Op.STRING),
        (bytes, Op.BYTES),
        (list[Uint8], Op.BYTES),
        (list[int], Op.LIST),
        (Annotated[list[Uint8], length(2)], Op.ARRAY),
        (Annotated[UUID, length(16)], Op.ARRAY),
        (dict[str, int], Op.MAP),
        (set[str], Op.MAP),
        (Point, Op.STRUCT),
        (Any, Op.INTERFACE),
        (Point | Tree, Op.INTERFACE),
        (datetime, Op.OPAQUE),
        (UUID, Op.OPAQUE),
        (None, Op.EMPTY),
        (Color, Op.ENUM),
        (timedelta, Op.DURATION),
        (int | None, Op.INT),
        (Literal["", "a"], Op.STRING),
        (NewType("Ident", int), Op.INT),
    ],
)
def test_op_of_each_kind(annotation: object, op: Op) -> None:
    assert op_of(annotation) is op


@pytest.mark.parametrize(
    ("annotation", "bits"),
    [(int, 64), (Int8, 8), (Uint8, 8), (float, 64), (Float32, 32), (complex, 128), (Complex64, 64)],
)
def test_number_has_its_bits(annotation: object, bits: int) -> None:
    assert root_of(annotation).bits == bits


def plans() -> list[Plan]:
    return [plan_of(schema_of(each)) for each in (All, Tree, Ping, list[All | None])]


def nodes() -> list[Node]:
    return [node for plan in plans() for node in plan.nodes]


@pytest.mark.parametrize("node", nodes(), ids=str)
def test_zero_is_that_of_the_schema(node: Node) -> None:
    assert node.zero() == node.declared.zero()


@pytest.mark.parametrize("plan", plans(), ids=lambda plan: plan.nodes[plan.root].go)
def test_numbers_are_those_of_the_rows(plan: Plan) -> None:
    for number, node in enumerate(plan.nodes):
        assert node.number == number
        assert set(node.children) | {node.plain, node.inner} <= set(range(len(plan.nodes)))


@pytest.mark.parametrize("plan", plans(), ids=lambda plan: plan.nodes[plan.root].go)
def test_plain_is_without_pointer_and_conversion(plan: Plan) -> None:
    for node in plan.nodes:
        plain, inner = plan.nodes[node.plain], plan.nodes[node.inner]
        assert (plain.nullable, plain.lower, plain.declared) == (False, None, node.schema)
        assert (inner.nullable, inner.lower, inner.plain) == (node.nullable, None, node.plain)


def member(name: str) -> Node:
    plan = plan_of(schema_of(All))
    found = {each.field.attribute: each.node for each in plan.nodes[plan.root].members}
    return plan.nodes[found[name]]


def test_members_are_the_fields_of_the_class() -> None:
    names = [each.field.attribute for each in root_of(All).members]
    assert names == [each.name for each in fields(All)]


@pytest.mark.parametrize(("name", "nullable"), [("maybe", True), ("number", False)])
def test_pointer_is_nullable(name: str, nullable: bool) -> None:
    assert member(name).nullable is nullable


def test_literal_that_may_be_missing_has_pointer_and_conversion() -> None:
    node = member("perhaps")
    assert node.nullable
    assert node.lower is not None
    assert node.lower("a") == "a"


def test_set_is_made_of_a_map() -> None:
    node = member("tags")
    assert node.lower is not None
    assert node.make is not None
    assert node.make(node.lower({"a"})) == {"a"}


def test_bytes_of_a_list_keep_their_container() -> None:
    assert member("several").container is list


@pytest.mark.parametrize(("annotation", "expected"), [(Uint8, True), (Int8, False), (int, False)])
def test_byte_is_an_unsigned_integer_of_8_bits(annotation: object, expected: bool) -> None:
    assert root_of(annotation).is_byte is expected


def test_byte_under_a_pointer_is_none() -> None:
    assert not root_of(Uint8 | None).is_byte


def test_message_that_holds_itself_is_one_row() -> None:
    plan = plan_of(schema_of(Tree))
    assert [node.op for node in plan.nodes if node.plain == node.number].count(Op.STRUCT) == 1


def test_element_of_a_message_that_holds_itself_is_the_message() -> None:
    plan = plan_of(schema_of(Tree))
    branches = plan.nodes[plan.nodes[plan.root].members[1].node]
    assert branches.children == (plan.root,)


def test_messages_that_hold_each_other_are_two_rows() -> None:
    plan = plan_of(schema_of(Ping))
    assert [node.op for node in plan.nodes if node.plain == node.number] == [Op.STRUCT] * 2


def test_plan_is_made_once() -> None:
    assert plan_of(schema_of(All)) is plan_of(schema_of(All))


def test_plan_of_deep_types_needs_no_stack() -> None:
    schema: Schema[Any] = schema_of(int)
    for _ in range(5000):
        schema = schema_of(list[int]).replace(element=schema)  # type: ignore[attr-defined]
    assert len(plan_of(schema).nodes) == 5001


def test_plan_of_what_cannot_travel_is_refused() -> None:
    schema = schema_of(Unsound)
    assert isinstance(schema, Struct)
    with pytest.raises(SchemaError, match="field 'inside' of Unsound: unsupported type object"):
        plan_of(schema)
