"""Sized numbers and plain types of Go's library."""

from __future__ import annotations

from typing import get_args

from rpcgen.types import GoType, Uint8


def test_sized_number_is_a_plain_number_with_its_type_in_go() -> None:
    assert get_args(Uint8) == (int, GoType("uint8"))
