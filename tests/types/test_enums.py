"""Enums that take values of which they have no member."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.types import OpenIntEnum, OpenStrEnum


class Color(OpenIntEnum):
    RED = 0
    BLUE = 3


class Mood(OpenStrEnum):
    GOOD = "good"


@pytest.mark.parametrize("unknown", [Color(7), Mood("odd")], ids=repr)
def test_unknown_member_is_one_of_the_class(unknown: Any) -> None:
    assert type(unknown) in (Color, Mood)
    assert (unknown.name, unknown.is_known) == ("UNKNOWN", False)
    assert unknown in (7, "odd")


def test_known_member_is_the_only_one() -> None:
    assert Color(3) is Color.BLUE
    assert Color.BLUE.is_known
    assert Mood.GOOD.is_known


def test_unknown_members_are_no_members() -> None:
    Color(7)
    assert list(Color) == [Color.RED, Color.BLUE]


@given(st.integers(-(2**63), 2**63 - 1))
def test_unknown_members_are_equal_by_their_value(value: int) -> None:
    assert Color(value) == Color(value) == value
    assert {Color(value): 1}[Color(value)] == 1


@pytest.mark.parametrize("member", [Color(7), Mood("odd"), Color.BLUE], ids=repr)
def test_open_enum_survives_pickle_and_copy(member: Any) -> None:
    for again in pickle.loads(pickle.dumps(member)), copy.deepcopy(member):
        assert (again, type(again)) == (member, type(member))


@pytest.mark.parametrize(("cls", "value"), [(Color, "7"), (Mood, 7)])
def test_open_enum_refuses_what_is_of_another_kind(cls: Any, value: object) -> None:
    with pytest.raises(ValueError, match="is not a valid"):
        cls(value)
