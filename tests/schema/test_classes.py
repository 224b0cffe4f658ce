"""Classes of messages: generic ones and dataclasses."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

import pytest
from attrs import define, field

from rpcgen import gob
from rpcgen.errors import SchemaError
from rpcgen.schema import schema_of
from rpcgen.schema.classes import slot_of, slots_of

from .messages import Round, fields, from_json, go, go_fields, to_json

T = TypeVar("T")


# --- generic messages -----------------------------------------------------------------------------


K = TypeVar("K")


@define
class Page(Generic[T]):
    items: list[T]
    next: T | None = None


@define
class Keyed(Page[K], Generic[K, T]):
    by_key: dict[str, T] = field(factory=dict)


@define
class UserPage(Keyed[Round, int]):
    total: int = 0


class Stamped(Generic[T]):
    """A mixin that has no fields."""


@define
class StampedPage(Stamped[int], Page[Round]):
    pass


@define
class Unsaid(Page):  # type: ignore[type-arg]
    pass


@define
class Growing(Generic[T]):
    inner: Growing[list[T]] | None


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (Page[int], {"Items": "[]int", "Next": "*int"}),
        (Page[Round], {"Items": "[]messages.Round", "Next": "*messages.Round"}),
        (
            Page[Page[int]],
            {"Items": "[]test_classes.Page[int]", "Next": "*test_classes.Page[int]"},
        ),
        (StampedPage, {"Items": "[]messages.Round", "Next": "*messages.Round"}),
        (
            UserPage,
            {
                "Items": "[]messages.Round",
                "Next": "*messages.Round",
                "ByKey": "map[string]int",
                "Total": "int",
            },
        ),
        (
            Keyed[bytes, Page[str]],
            {
                "Items": "[][]uint8",
                "Next": "*[]uint8",
                "ByKey": "map[string]test_classes.Page[string]",
            },
        ),
    ],
    ids=str,
)
def test_generic_message_has_fields_of_its_types(
    annotation: object, expected: dict[str, str]
) -> None:
    assert go_fields(annotation) == expected


def test_generic_message_is_called_as_in_go() -> None:
    assert go(Page[Round]) == "test_classes.Page[messages.Round]"


def test_generic_message_has_one_schema_for_each_of_its_types() -> None:
    assert schema_of(Page[int]) is schema_of(Page[int])
    assert go(Page[int]) != go(Page[str])


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Page[int], Page([1, 2], 3)),
        (Page[str], Page(["a"])),
        (dict[str, Page[Page[int]]], {"a": Page([Page([1])])}),
        (UserPage, UserPage([Round(1.0)], None, {"a": 1}, 4)),
    ],
    ids=str,
)
def test_generic_message_travels(annotation: object, value: object) -> None:
    assert gob.loads(gob.dumps(value, annotation), annotation) == value
    schema = schema_of(annotation)
    assert from_json(schema, to_json(schema, value)) == value


def test_generic_messages_of_one_class_are_several_types_of_one_stream() -> None:
    annotation = tuple[Page[int], ...] | None
    both = tuple[Page[str], ...]
    encoder, decoder = gob.Encoder(), gob.Decoder()
    decoder.feed(encoder.encode((Page([1]),), annotation) + encoder.encode((Page(["a"]),), both))
    assert (decoder.decode(annotation), decoder.decode(both)) == ((Page([1]),), (Page(["a"]),))


def test_type_variable_that_no_subclass_says_is_refused() -> None:
    with pytest.raises(SchemaError, match="Unsaid does not say what its base Page holds"):
        fields(Unsaid)


def test_generic_message_that_grows_without_end_is_refused() -> None:
    with pytest.raises(SchemaError, match="Growing holds itself with ever other types"):
        gob.dumps(Growing(None), Growing[int])


# --- dataclasses ----------------------------------------------------------------------------------


@dataclass
class Data:
    x: int
    tags: list[str] = dataclasses.field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenData:
    x: int
    y: Data | None = None
    shared: ClassVar[int] = 3


@dataclass
class MoreData(Data):
    z: float = 0.5


@dataclass
class GenericData(Generic[T]):
    value: T


@dataclass
class Cached:
    x: int
    cache: int = dataclasses.field(init=False, default=0)


@pytest.mark.parametrize(
    "value",
    [
        Data(1, ["a"]),
        FrozenData(x=1, y=Data(2)),
        FrozenData(x=0),
        MoreData(1, [], 2.5),
        GenericData(Data(1)),
    ],
    ids=repr,
)
def test_dataclass_travels(value: object) -> None:
    annotation = GenericData[Data] if isinstance(value, GenericData) else type(value)
    schema = schema_of(annotation)
    assert gob.loads(gob.dumps(value, annotation), annotation) == value
    assert from_json(schema, to_json(schema, value)) == value


def test_dataclass_has_a_default_where_the_sender_has_no_field() -> None:
    @define
    class Older:
        x: int

    assert gob.loads(gob.dumps(Older(1)), MoreData) == MoreData(1, [], 0.5)


def test_frozen_dataclass_is_a_key() -> None:
    assert go(dict[FrozenKey, int]) == "map[test_classes.FrozenKey]int"


@dataclass(frozen=True)
class FrozenKey:
    x: int


def test_field_of_a_dataclass_that_init_does_not_take_is_refused() -> None:
    with pytest.raises(SchemaError, match="field 'cache' of Cached has init=False"):
        fields(Cached)


# --- slots ----------------------------------------------------------------------------------------


@define
class Plain:
    name: str


@define
class Wide(Plain):
    more: int


@define(slots=False)
class Stand:
    a: int


def test_slot_is_found_in_a_base() -> None:
    assert slot_of(Wide, "name") is vars(Plain)["name"]
    assert slot_of(Stand, "a") is None


def test_slots_come_in_the_order_of_the_names() -> None:
    class Pair:
        __slots__ = ("a", "b")

    assert slots_of(Pair, ("b", "none", "a")) == (vars(Pair)["b"], None, vars(Pair)["a"])


def test_slot_of_a_class_that_looks_up_its_attributes_itself_is_not_read_past_that() -> None:
    @define
    class Shouting:
        name: str

        def __getattribute__(self, name: str) -> object:
            found = object.__getattribute__(self, name)
            return found.upper() if name == "name" else found

    assert slot_of(Shouting, "name") is None
    encoder = gob.Encoder()
    for _ in range(3):
        encoder.encode(Shouting("first"), Shouting)
    assert b"QUIET" in encoder.encode(Shouting("quiet"), Shouting)
