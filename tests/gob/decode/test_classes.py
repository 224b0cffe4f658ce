"""Classes whose objects are made by storing what they hold."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from rpcgen.gob.decode.classes import only_stores, stores_frozen
from rpcgen.schema import schema_of
from tests.gob.accelerated_examples import (
    Checked,
    Cold,
    ColdLoose,
    Data,
    Hooked,
    Loose,
    Named,
    Plain,
    Wide,
)


@pytest.mark.parametrize("cls", [Plain, Loose, Wide, Named])
def test_objects_of_plain_classes_are_made_without_their_init(cls: Any) -> None:
    # Depends on what attrs writes: a version that writes it otherwise costs time, no more.
    schema: Any = schema_of(cls)
    assert only_stores(schema)


@pytest.mark.parametrize("cls", [Checked, Cold, Data, Hooked])
def test_init_that_does_more_is_called(cls: Any) -> None:
    schema: Any = schema_of(cls)
    assert not only_stores(schema)


@pytest.mark.parametrize("cls", [Cold, ColdLoose])
def test_frozen_objects_are_made_without_their_init(cls: Any) -> None:
    schema: Any = schema_of(cls)
    assert stores_frozen(schema)


def _checked(self: Any) -> None:
    """Look at a new object."""


@pytest.mark.parametrize(
    "cls",
    [
        Plain,
        Checked,
        attrs.make_class("Kept", {"a": attrs.field(type=int)}, frozen=True, cache_hash=True),
        attrs.make_class(
            "Hooked",
            {"a": attrs.field(type=int)},
            frozen=True,
            class_body={"__attrs_post_init__": _checked},
        ),
        attrs.make_class(
            "Limited",
            {"a": attrs.field(type=int, validator=attrs.validators.lt(5))},
            frozen=True,
        ),
    ],
)
def test_init_of_a_frozen_class_that_does_more_is_called(cls: Any) -> None:
    schema: Any = schema_of(cls)
    assert not stores_frozen(schema)
