"""Classes whose objects are made by storing what they hold."""

from __future__ import annotations

from typing import Any

import pytest

from rpcgen.gob.decode.classes import only_stores
from rpcgen.schema import schema_of
from tests.gob.accelerated_examples import Checked, Cold, Data, Hooked, Loose, Named, Plain, Wide


@pytest.mark.parametrize("cls", [Plain, Loose, Wide, Named])
def test_objects_of_plain_classes_are_made_without_their_init(cls: Any) -> None:
    # Depends on what attrs writes: a version that writes it otherwise costs time, no more.
    schema: Any = schema_of(cls)
    assert only_stores(schema)


@pytest.mark.parametrize("cls", [Checked, Cold, Data, Hooked])
def test_init_that_does_more_is_called(cls: Any) -> None:
    schema: Any = schema_of(cls)
    assert not only_stores(schema)
