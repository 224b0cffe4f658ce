"""The public names of what an IDL may say."""

from __future__ import annotations

import pytest

from rpcgen import types


@pytest.mark.parametrize("name", types.__all__)
def test_every_public_name_exists(name: str) -> None:
    assert hasattr(types, name)


def test_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match=r"module 'rpcgen.types' has no attribute 'nowhere'"):
        _ = types.nowhere


@pytest.mark.parametrize(
    "cls",
    [
        types.AddrPort,
        types.BigFloatValue,
        types.Duration,
        types.GoTime,
        types.OpenIntEnum,
        types.OpenStrEnum,
        types.Time,
    ],
)
def test_class_of_values_is_found_where_it_is_public(cls: type) -> None:
    assert cls.__module__ == "rpcgen.types"
