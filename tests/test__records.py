"""`ImmutableRecord` and `ValueRecord`: made, compared and shown as attrs would do it."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from rpcgen._records import ImmutableRecord, ValueRecord


class _Thing(ImmutableRecord):
    first: int
    second: str = "b"


class _Point(ValueRecord):
    x: int
    y: int = 0


class _Named(_Point):
    """No fields of its own: it keeps those of its base."""


class _Other(ValueRecord):
    x: int
    y: int = 0


@pytest.mark.parametrize(
    "thing", [_Thing(1), _Thing(1, "b"), _Thing(first=1), _Thing(1, second="b")]
)
def test_fields_are_given_by_place_or_by_name_or_take_their_default(thing: _Thing) -> None:
    assert (thing.first, thing.second) == (1, "b")
    assert repr(thing) == "_Thing(first=1, second='b')"


@pytest.mark.parametrize(
    ("arguments", "named", "reason"),
    [
        ((), {}, "_Thing lacks 'first'"),
        ((1, "b", 3), {}, "_Thing has only 2 fields"),
        ((1,), {"third": 3}, "_Thing has no third to be given"),
        ((1,), {"first": 1}, "_Thing has no first to be given"),
    ],
)
def test_fields_that_do_not_fit_are_refused(arguments: Any, named: Any, reason: str) -> None:
    with pytest.raises(TypeError, match=reason):
        _Thing(*arguments, **named)


def test_fields_do_not_change() -> None:
    thing: Any = _Thing(1)
    with pytest.raises(AttributeError, match="_Thing does not change"):
        thing.first = 2
    with pytest.raises(AttributeError, match="_Thing does not change"):
        del thing.first


def test_frozen_is_equal_to_itself_alone() -> None:
    thing = _Thing(1)
    assert thing == thing
    assert thing != _Thing(1)
    assert len({thing, _Thing(1)}) == 2


def test_values_are_equal_by_class_and_fields() -> None:
    assert _Point(1) == _Point(1, 0)
    assert _Point(1) != _Point(2)
    assert _Point(1) != _Other(1)
    assert _Point(1) != _Named(1)
    assert len({_Point(1), _Point(1, 0), _Named(1), _Named(x=1)}) == 2


def test_value_that_cannot_be_hashed() -> None:
    point: Any = _Point([], 0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="unhashable"):
        hash(point)


def test_replaced_is_another_with_a_change() -> None:
    thing = _Thing(1, "x")
    assert repr(thing.replace(first=2)) == "_Thing(first=2, second='x')"
    assert thing.first == 1


def test_values_can_be_copied_and_pickled() -> None:
    point = _Point(1, 2)
    assert copy.deepcopy(point) == copy.copy(point) == point
    assert pickle.loads(pickle.dumps(point)) == point
