"""Structs without a schema."""

from __future__ import annotations

import copy
import pickle
import uuid
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from rpcgen import gob
from rpcgen.errors import EncodeError, SchemaError
from rpcgen.gob import Record, Undecoded
from rpcgen.gob.untyped import Origin
from rpcgen.gob.wire import INT, StructType
from rpcgen.schema import schema_of
from rpcgen.types import BigInt, Float32, Uint8, length
from rpcgen.values.record import Unmade, beginning
from tests.gob.shapes import Shape, annotation
from tests.gob.strategies import messages_of, shapes, values

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


@define
class Inner:
    byte: Uint8
    at: datetime


@define
class Outer:
    whole: int
    inner: Inner
    none: Inner | None
    several: list[Inner]
    by_name: dict[str, Inner]
    anything: Any
    narrow: Float32
    three: Annotated[list[int], length(3)]
    big: BigInt
    ident: uuid.UUID


gob.register(Inner, "test_record.Inner")

INNERS = st.builds(Inner, st.integers(0, 255), st.datetimes(timezones=st.just(UTC)))
OUTERS = st.builds(
    Outer,
    st.integers(-(2**63), 2**63 - 1),
    INNERS,
    st.none() | INNERS,
    st.lists(INNERS, max_size=3),
    st.dictionaries(st.text(max_size=3), INNERS, max_size=2),
    st.none() | INNERS | st.integers(-9, 9) | st.just(gob.Typed(200, Uint8)),
    st.floats(width=32, allow_nan=False),
    st.lists(st.integers(-9, 9), min_size=3, max_size=3),
    st.integers(),
    st.uuids(),
)


@given(OUTERS)
def test_record_goes_out_with_the_values_that_it_came_with(value: Outer) -> None:
    data = gob.dumps(value)
    assert gob.loads(gob.dumps(gob.loads(data)), Outer) == gob.loads(data, Outer)


@given(OUTERS)
def test_record_goes_out_as_the_struct_that_it_came_as(value: Outer) -> None:
    value.anything = None  # the types of interface values may be described once more
    data = gob.dumps(value)
    assert gob.dumps(gob.loads(data)) == data


@given(st.lists(OUTERS, min_size=1, max_size=3))
def test_records_in_a_list_go_out_as_they_came(values: list[Outer]) -> None:
    again = gob.dumps(gob.loads(gob.dumps(values)))
    assert gob.loads(again, list[Outer]) == gob.loads(gob.dumps(values), list[Outer])


def test_record_of_another_stream_goes_out_in_a_list() -> None:
    records = [gob.loads(gob.dumps(Inner(n, datetime.now(UTC)))) for n in range(3)]
    assert [each.byte for each in gob.loads(gob.dumps(records), list[Inner])] == [0, 1, 2]


def test_record_of_another_type_does_not_go_out_in_a_list() -> None:
    records = [gob.loads(gob.dumps(value)) for value in (Inner(1, datetime.now(UTC)), Args(1))]
    with pytest.raises(EncodeError, match=r"\[1\]: Args\(A=1\) is no Inner"):
        gob.dumps(records)


@define
class Args:
    a: int


def test_records_in_a_dict_go_out_as_they_came() -> None:
    data = gob.dumps({"a": Args(1)}, dict[str, Args])
    assert gob.loads(gob.dumps(gob.loads(data)), dict[str, Args]) == {"a": Args(1)}


@define
class Link:
    a: int
    next: Link | None = None


@define
class Left:
    rights: list[Right]


@define
class Right:
    lefts: dict[str, Left]
    left: Left | None = None


@define(frozen=True)
class Place:
    x: int


_LEFT = Left([Right({}, Left([])), Right({"a": Left([])})])


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (Link(1, Link(2)), Link),
        ([Link(1)], list[Link]),
        ([[Link(1, Link(2))]], list[list[Link]]),
        ([[], [Link(1)]], list[list[Link]]),
        ([[]], list[list[Link]]),
        ([], list[Link]),
        ({}, dict[str, Link]),
        ({"a": Link(1, Link(2))}, dict[str, Link]),
        ({"a": [], "b": [Link(1)]}, dict[str, list[Link]]),
        ({"a": {1: Link(1)}}, dict[str, dict[int, Link]]),
        ({Place(1): "a"}, dict[Place, str]),
        ({Place(1): [Place(2)]}, dict[Place, list[Place]]),
        ([Link(1), Link(2)], Annotated[list[Link], length(2)]),
        ([[Link(1)], [Link(2)]], Annotated[list[Annotated[list[Link], length(1)]], length(2)]),
        (_LEFT, Left),
        ([_LEFT], list[Left]),
        ({"a": [_LEFT]}, dict[str, list[Left]]),
        ([1, 2], list[BigInt]),
    ],
)
def test_what_came_without_a_schema_goes_out_as_it_came(value: Any, schema: Any) -> None:
    data = gob.dumps(value, schema)
    again = gob.dumps(gob.loads(data))
    assert again == data
    assert gob.loads(again, schema) == value


_STRUCTS: st.SearchStrategy[Shape] = st.one_of(
    messages_of(shapes(1)),
    st.sampled_from(["main.Point", "main.Tree", "main.Empty", "main.GobPoint"]),
)
_KEYS: st.SearchStrategy[Shape] = messages_of(st.sampled_from(["int8", "string"]))
_HOLDING_STRUCTS = st.recursive(
    _STRUCTS,
    lambda inner: st.one_of(
        st.tuples(st.just("slice"), inner),
        st.tuples(st.just("array"), st.integers(0, 3), inner),
        st.tuples(st.just("map"), st.sampled_from(["string", "int8"]) | _KEYS, inner),
    ),
    max_leaves=4,
)


@given(st.data())
def test_drawn_value_goes_out_as_it_came(data: st.DataObject) -> None:
    shape = data.draw(_HOLDING_STRUCTS)
    sent = gob.dumps(data.draw(values(shape)), annotation(shape))
    value = gob.loads(sent)
    try:
        again = gob.dumps(value)
    except EncodeError as error:
        assert "is not registered" in str(error) or "has no name" in str(error)  # noqa: PT017
        return
    # Compared as bytes, since NaN is not equal to itself.
    received, wanted = (gob.loads(each, annotation(shape)) for each in (again, sent))
    assert gob.dumps(received, annotation(shape)) == gob.dumps(wanted, annotation(shape))


@define
class Holder:
    value: Any


def test_duration_in_any_goes_out_as_it_came() -> None:
    value = Holder(timedelta(seconds=1))
    assert gob.loads(gob.dumps(gob.loads(gob.dumps(value))), Holder) == value


def test_second_value_of_a_stream_goes_out_as_it_came() -> None:
    encoder = gob.Encoder()
    decoder = gob.Decoder(b"".join(encoder.encode([Link(n)], list[Link]) for n in range(3)))
    for n, value in enumerate(decoder):
        assert gob.loads(gob.dumps(value), list[Link]) == [Link(n)]


def test_value_without_a_schema_stays_a_plain_list_in_any() -> None:
    records = gob.loads(gob.dumps([], list[Link]))
    assert gob.loads(gob.dumps({"a": records}, dict[str, Any])) == {"a": []}


@pytest.mark.parametrize("wrapped", [lambda v: [v], lambda v: {"a": v}, lambda v: [[], v, v]])
def test_what_came_without_a_schema_goes_out_within_another(wrapped: Any) -> None:
    value = gob.loads(gob.dumps([[], [Link(1)]], list[list[Link]]))
    assert gob.loads(gob.dumps(wrapped(value))) == wrapped(value)


def test_records_behind_empty_lists_go_out() -> None:
    record = gob.loads(gob.dumps(Link(1)))
    again = gob.dumps([[[]], [[record]]])
    assert gob.loads(again, list[list[list[Link]]]) == [[[]], [[Link(1)]]]


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))]
)
def test_copies_of_a_list_go_out_as_it_came(again: Any) -> None:
    data = gob.dumps([], list[Link])
    assert gob.dumps(again(gob.loads(data))) == data


def test_record_that_was_not_decoded_is_refused() -> None:
    with pytest.raises(EncodeError, match="make it a message"):
        gob.dumps(_POINT)


def test_record_that_was_in_no_interface_has_no_name_for_one() -> None:
    with pytest.raises(EncodeError, match="has no name"):
        gob.dumps(gob.loads(gob.dumps(Args(1))), Any)


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))]
)
def test_copies_of_a_record_go_out_as_it_came(again: Any) -> None:
    data = gob.dumps(Inner(1, datetime.now(UTC)))
    assert gob.dumps(again(gob.loads(data))) == data


def test_type_of_a_record_is_no_code() -> None:
    names = 'X"]', "__import__('os')", "{0}", "a b"
    types = {65: StructType("T", 65, tuple((name, INT) for name in names))}
    record = Record("T", names, (1, 2, 3, 4), Origin(types, 65, {}))
    assert gob.loads(gob.dumps(record)) == record


_SPARSE = Record("T", ("A", "B", "C"), Unmade((list, dict, 1)))


def test_empty_lists_and_dicts_are_made_once() -> None:
    record = Record("T", ("A", "B"), Unmade((list, dict)))
    record.A.append(1)
    record["B"]["k"] = 2
    assert record.values == ([1], {"k": 2})


def test_empty_lists_of_two_records_are_two() -> None:
    first, second = (Record("T", ("A",), Unmade((list,))) for _ in range(2))
    first.A.append(1)
    assert second.A == []


def test_record_whose_lists_are_not_made_is_equal_to_one_whose_are() -> None:
    assert Record("T", ("A", "B", "C"), ([], {}, 1)) == _SPARSE


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))]
)
def test_copy_of_a_record_whose_lists_are_not_made(again: Any) -> None:
    assert again(Record("T", ("A", "B"), Unmade((list, dict)))).values == ([], {})


class Celsius:
    def __init__(self, degrees: bytes) -> None:
        self.degrees = degrees

    def gob_encode(self) -> bytes:
        return self.degrees

    @classmethod
    def gob_decode(cls, data: bytes) -> Celsius:
        return cls(data)


@define
class Weather:
    now: Celsius


def test_undecoded_goes_out_as_it_came() -> None:
    data = gob.dumps(Weather(Celsius(b"7C")))
    record = gob.loads(data)
    assert record.Now == Undecoded("Celsius", b"7C")
    assert gob.dumps(record) == data
    assert gob.dumps(record.Now) == gob.dumps(Celsius(b"7C"))


def test_record_has_no_schema_of_its_class() -> None:
    with pytest.raises(SchemaError, match="pass what was decoded on as it is"):
        schema_of(list[Record])


def test_beginning_of_a_record_makes_none_of_its_fields() -> None:
    record = Record("main.Wide", ("A", "B"), Unmade((list, 1)))
    assert (beginning(record), type(record._values)) == ("main.Wide(...)", Unmade)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ((Record("", ("A",), (1,)), 1), "(Record(...), ...)"),
        ([[Record("T", ("A",), (1,))]], "[[T(...), ...], ...]"),
        ({"a": Record("T", ("A",), (1,))}, "{T(...), ...}"),
    ],
)
def test_beginning_of_what_holds_records_names_the_first(value: object, shown: str) -> None:
    assert beginning(value) == shown


@pytest.mark.parametrize("value", [(1, 2, 3), "text", 7, (), b"x"])
def test_beginning_of_anything_else_is_its_repr(value: object) -> None:
    assert beginning(value) == repr(value)


def test_beginning_is_no_longer_than_it_needs_to_be() -> None:
    assert len(beginning("x" * 1000)) == 80
