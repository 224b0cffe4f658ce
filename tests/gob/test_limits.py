"""The limits that a decoder has unless it is told others."""

from __future__ import annotations

import attrs
import pytest

from rpcgen import gob


def test_defaults_are_those_of_the_documentation() -> None:
    assert gob.Limits() == gob.Limits(message=64 << 20, depth=100, types=4096)


def test_limits_do_not_change() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        gob.Limits().depth = 5  # type: ignore[misc]
