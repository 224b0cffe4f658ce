"""Values of interfaces that keep the Go type that they came with."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen import gob
from rpcgen.errors import EncodeError
from rpcgen.schema import schema_of
from rpcgen.types import Complex64, Float32, Int8, Uint8, Uint64
from rpcgen.values.kept import PLAIN, Kept, keep
from tests.gob.vectors import plain

SENT: list[tuple[Any, Any]] = [
    (200, Uint8),
    (-5, Int8),
    (1 << 60, Uint64),
    (1.5, Float32),
    (1j, Complex64),
    (["c"], list[str]),
    ([], list[int]),
]


@pytest.mark.parametrize(("value", "annotation"), SENT, ids=repr)
def test_value_is_plain_and_goes_out_as_it_came(value: Any, annotation: Any) -> None:
    data = gob.dumps(gob.Typed(value, annotation), Any)
    arrived = gob.loads(data, Any)
    assert arrived == value
    assert plain(arrived) is type(value)
    assert gob.dumps(arrived, Any) == data


@pytest.mark.parametrize(("value", "annotation"), SENT, ids=repr)
def test_value_goes_out_without_a_schema_as_it_came(value: Any, annotation: Any) -> None:
    arrived = gob.loads(gob.dumps(gob.Typed(value, annotation), Any), Any)
    assert gob.dumps(arrived) == gob.dumps(value, annotation)


@pytest.mark.parametrize("value", [True, 5, 1.5, 1j, "a", b"a", ["a"], [], {"a": 1}], ids=repr)
def test_value_of_the_obvious_type_is_what_it_was(value: Any) -> None:
    assert type(gob.loads(gob.dumps(value, Any), Any)) is type(value)


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))]
)
@pytest.mark.parametrize(("value", "annotation"), SENT, ids=repr)
def test_copies_keep_the_type(value: Any, annotation: Any, again: Any) -> None:
    arrived = again(gob.loads(gob.dumps(gob.Typed(value, annotation), Any), Any))
    assert arrived == value
    assert gob.dumps(arrived, Any) == gob.dumps(gob.Typed(value, annotation), Any)


def test_value_fits_where_a_plain_one_does() -> None:
    arrived = gob.loads(gob.dumps(gob.Typed(200, Uint8), Any), Any)
    assert isinstance(arrived, int)
    assert type(arrived + 1) is int
    assert json.dumps(arrived) == "200"
    assert gob.dumps(arrived, int) == gob.dumps(200, int)


def test_list_that_no_longer_fits_its_type_is_refused() -> None:
    arrived: Any = gob.loads(gob.dumps(gob.Typed(["c"], list[str]), Any))
    arrived.append(5)
    with pytest.raises(EncodeError, match=r"\[1\]: 5 does not fit string"):
        gob.dumps(arrived, Any)


def test_plain_value_of_one_that_has_kept_its_type() -> None:
    kept = keep(["c"], "[]string")
    assert isinstance(kept, Kept)
    assert type(kept.plain()) is list


def test_keep_of_what_python_has_no_subclass_for() -> None:
    assert keep(True, "main.Flag") is True


def test_plain_names_are_those_of_plain_values() -> None:
    for value in (True, 5, 1.5, 1j, "a", b"a", ["a"], {"a": 1}):
        data = gob.dumps(value, Any)
        assert any(bytes((len(name),)) + name.encode() in data for name in PLAIN)


def test_unregistered_type_is_kept_without_a_schema() -> None:
    names = gob.Registry()
    names.register(schema_of(dict[str, int]), "main.Ages")
    encoder = gob.Encoder(registry=names)
    data = encoder.encode([gob.Typed({"a": 1}, dict[str, int])], list[Any])
    arrived = gob.loads(data)
    assert arrived == [{"a": 1}]
    assert gob.dumps(arrived, list[Any]) == data


@given(st.recursive(st.integers(-9, 9) | st.text("ab", max_size=2), st.lists, max_leaves=8))
def test_type_of_a_list_does_not_depend_on_what_it_holds(value: Any) -> None:
    data = gob.dumps([value], Any)
    assert data.count(b"[]interface {}") >= 1
    assert gob.dumps(gob.loads(data, Any), Any) == data
