"""The quick functions: the same values as the careful ones, wherever they do not give up."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen import gob
from rpcgen.gob.compile_decode import Compiler
from rpcgen.gob.compile_quick import QuickCompiler
from rpcgen.schema import schema_of
from rpcgen.types import Uint64

from .examples import Item, Order, Point, Sizes
from .vectors import same

_CASES: list[tuple[Any, Any]] = [
    (Order, Order(1, [Item("a", 1.5, ["x"]), Item("b" * 200, 0.1)], {"k": 2**40}, "note")),
    (Sizes, Sizes(-128, 255, 65535, 0.5)),
    (list[int], [0, 1, -64, 63]),
    (list[int], [64, -65, 2**62, -(2**63)]),
    (list[Uint64], [0, 127, 128, 2**64 - 1]),
    (list[bool], [True, False]),
    (tuple[int, ...], (1, 2)),
    (list[float], [0.0, 1.0, 0.1, -0.0, 5e-324, float("inf")]),
    (dict[Point, list[str]], {Point(1, 2): ["a", ""]}),
    (complex, 1.5 - 2j),
    (list[int | None], [5, 0]),
]


def _decoded(compiler: type[Compiler], data: bytes, annotation: Any) -> Any:
    """Decode the last message of a stream by the functions of ``compiler``."""
    decoder = gob.Decoder(data)
    decoder.skip()
    assert decoder.pending == 0
    id, start = _last_value(data, decoder.types)
    decoder.end = len(data)
    function = compiler(decoder.types, "strict").compile(id, schema_of(annotation))
    value, pos = function(data, start, decoder, 100)
    assert pos == len(data)
    return value


def _last_value(data: bytes, types: Any) -> tuple[int, int]:
    from rpcgen.gob.numbers import read_int, read_uint

    pos = 0
    while True:
        size, pos = read_uint(data, pos, len(data))
        id, start = read_int(data, pos, len(data))
        if id >= 0:
            return id, start
        pos += size


@pytest.mark.parametrize("compiler", [Compiler, QuickCompiler])
@pytest.mark.parametrize(("annotation", "value"), _CASES)
def test_both_kinds_of_functions_decode_alike(
    compiler: type[Compiler], annotation: Any, value: Any
) -> None:
    assert same(_decoded(compiler, gob.dumps(value, annotation), annotation), value)


@given(st.lists(st.integers(-100, 100)))
def test_small_integers_are_read_together(values: list[int]) -> None:
    assert _decoded(QuickCompiler, gob.dumps(values, list[int]), list[int]) == values


@given(st.lists(st.floats()))
def test_floats_of_any_length_are_read(values: list[float]) -> None:
    assert same(_decoded(QuickCompiler, gob.dumps(values, list[float]), list[float]), values)
