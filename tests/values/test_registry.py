"""Names of types in interface values."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from rpcgen import gob
from rpcgen.errors import EncodeError, SchemaError
from rpcgen.schema import schema_of
from rpcgen.types import Int8, Uint8
from rpcgen.values.registry import Typed, registry
from tests.gob.examples import Circle, Holder, Item, Point, Point3, Square


def test_register_takes_the_name_of_go() -> None:
    names = gob.Registry()
    names.register(Point)
    assert names.by_name("main.Point") is names.by_class(Point)


def test_register_of_a_pointer_takes_the_name_with_a_star() -> None:
    names = gob.Registry()
    names.register(Circle | None)
    assert names.by_name("*main.Circle") is names.by_class(Circle)


def test_register_the_same_again() -> None:
    names = gob.Registry()
    names.register(Point)
    names.register(Point)
    assert names.by_class(Point)


def test_register_another_type_under_the_same_name() -> None:
    names = gob.Registry()
    names.register(Point)
    with pytest.raises(SchemaError, match=r"'main.Point' is registered"):
        names.register(Point3)


def test_register_the_same_type_under_another_name() -> None:
    names = gob.Registry()
    names.register(Point)
    with pytest.raises(SchemaError, match="is registered as"):
        names.register(Point, "other")


def test_register_under_no_name() -> None:
    with pytest.raises(SchemaError, match="empty name"):
        gob.Registry().register(Point, "")


def test_a_name_with_a_star_stands_for_the_type_without() -> None:
    names = gob.Registry()
    names.register(Point)
    assert names.by_name("*main.Point") is names.by_name("main.Point")


@pytest.mark.parametrize(
    "name",
    ["int", "int8", "uint8", "uintptr", "float32", "complex64", "[]uint8", "[]string", "[]int16"],
)
def test_the_types_that_go_registers_are_known(name: str) -> None:
    assert gob.Registry().by_name(name)


@pytest.mark.parametrize(
    ("annotation", "name"), [(list[Int8], "[]int8"), (Uint8, "uint8"), (dict[str, int], None)]
)
def test_name_of_a_type_without_a_class(annotation: object, name: str | None) -> None:
    assert gob.Registry().name_of(gob.Typed(None, annotation).schema) == name


def test_register_reaches_the_registry_of_the_process() -> None:
    gob.register(Square, "tests.registry.Square")
    assert registry.by_name("tests.registry.Square") is registry.by_class(Square)


def test_values_travel_under_the_registered_name() -> None:
    names = gob.Registry()
    names.register(Item, "path/to/pkg.Item")
    data = gob.Encoder(registry=names).encode(Holder(Item("a", 1.0)))
    assert b"path/to/pkg.Item" in data
    assert gob.Decoder(data, registry=names).decode(Holder) == Holder(Item("a", 1.0))


def test_uuid_has_the_name_of_google() -> None:
    assert gob.Registry().by_name("github.com/google/uuid.UUID") is schema_of(UUID)
    assert gob.Registry().by_name("*github.com/google/uuid.UUID") is schema_of(UUID)


def test_uuid_has_the_name_that_it_is_registered_under() -> None:
    names = gob.Registry()
    names.register(UUID, "github.com/gofrs/uuid.UUID")
    data = gob.Encoder(registry=names).encode([UUID(int=5)], list[Any])
    assert b"github.com/gofrs/uuid.UUID" in data
    assert gob.Decoder(data, registry=names).decode(list[Any]) == [UUID(int=5)]


def test_plain_type_may_have_several_names() -> None:
    names = gob.Registry()
    names.register(float, "main.Celsius")
    names.register(float, "main.Kelvin")
    names.register(list[Int8], "main.Row")
    values = [Typed(36.5, "main.Celsius"), 1.5, Typed([1], "main.Row")]
    data = gob.Encoder(registry=names).encode(values, list[Any])
    back = gob.Decoder(data, registry=names).decode(list[Any])
    assert back == [36.5, 1.5, [1]]
    assert [getattr(each, "go_type", None) for each in back] == ["main.Celsius", None, "main.Row"]
    assert gob.Encoder(registry=names).encode(back, list[Any]) == data


def test_name_that_is_not_registered_is_told() -> None:
    with pytest.raises(EncodeError, match=r"'main\.Nobody' is not registered"):
        gob.dumps([Typed(1, "main.Nobody")], list[Any])
    with pytest.raises(EncodeError, match=r"'main\.Nobody' is not registered"):
        gob.dumps(Typed(1, "main.Nobody"))
