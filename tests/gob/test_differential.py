"""Random types and values, here and in Go: a short run of what `tests.gob.fuzz` does at length."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from . import differential
from .oracle import Oracle
from .shapes import plain
from .strategies import evolved, top_level_shapes, values

pytestmark = pytest.mark.usefixtures("implementation")

# Types are drawn first and then values of them, which Hypothesis finds slow and large.
SHORT = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
        HealthCheck.function_scoped_fixture,
    ],
)


@SHORT
@given(data=st.data())
def test_values_arrive_alike(oracle: Oracle, data: st.DataObject) -> None:
    shape = data.draw(top_level_shapes())
    drawn = data.draw(st.lists(values(shape), min_size=1, max_size=3))
    differential.check_values(oracle, shape, drawn)


@SHORT
@given(data=st.data())
def test_encoding_is_byte_for_byte_that_of_go(data: st.DataObject) -> None:
    shape = data.draw(top_level_shapes())
    drawn = data.draw(st.lists(values(shape, entries=1), min_size=1, max_size=3))
    differential.check_same_bytes(shape, drawn)


@SHORT
@given(data=st.data())
def test_another_type_gives_what_go_gives(oracle: Oracle, data: st.DataObject) -> None:
    sent = plain(data.draw(top_level_shapes()))
    value = data.draw(values(sent))
    wanted = plain(data.draw(evolved(sent)))
    differential.check_evolution(oracle, sent, value, wanted)


@SHORT
@given(data=st.data())
def test_any_chunking_decodes_alike(oracle: Oracle, data: st.DataObject) -> None:
    shape = data.draw(top_level_shapes())
    drawn = data.draw(st.lists(values(shape), min_size=1, max_size=3))
    cuts = data.draw(st.lists(st.integers(0, 1 << 16), max_size=10))
    differential.check_chunks(oracle, shape, drawn, cuts)
