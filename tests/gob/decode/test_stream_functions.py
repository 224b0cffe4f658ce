"""Functions of one stream: interpreted until it has paid for code."""

from __future__ import annotations

from typing import Any

import pytest

from rpcgen import gob
from rpcgen.errors import DecodeError
from rpcgen.gob import wire
from rpcgen.gob.decode import stream_functions
from rpcgen.gob.decode.stream_functions import StreamFunctions
from rpcgen.schema import schema_of

from ..examples import Point

_TYPES: dict[int, wire.WireType] = {
    64: wire.StructType("Point", 64, (("X", wire.INT), ("Y", wire.INT)))
}
_POINT = schema_of(Point)


def _functions(types: dict[int, wire.WireType] = _TYPES) -> StreamFunctions:
    return StreamFunctions(types, "strict", False, gob.Limits())


def _decoded(function: Any) -> tuple[Any, int]:
    decoder = gob.Decoder()
    decoder._types.update(_TYPES)
    decoder.end = 5
    decoder.charge(-1000)
    value: tuple[Any, int] = function(b"\1\2\1\4\0", 0, decoder, 100)
    return value


def test_function_is_compiled_once() -> None:
    functions = _functions()
    assert functions.compiled(64, _POINT, False) is None
    function = functions.get(64, _POINT, False)
    assert functions.compiled(64, _POINT, False) is function is functions.get(64, _POINT, False)
    assert _decoded(function) == (Point(1, 2), 5)


def test_function_is_interpreted_where_code_costs_too_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream_functions, "FREE_LINES", 0)
    functions = _functions()
    function = functions.get(64, _POINT, False)
    assert functions.compiled(64, _POINT, False) is None
    assert _decoded(function) == (Point(1, 2), 5)
    assert functions.bytes_interpreted == 5


def test_stream_that_has_paid_gets_a_compiled_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_functions, "FREE_LINES", 0)
    functions = _functions()
    functions.get(64, _POINT, False)
    functions.bytes_interpreted = 100_000
    function = functions.get(64, _POINT, False)
    assert functions.compiled(64, _POINT, False) is function


def test_interpreted_function_is_made_even_where_there_is_code() -> None:
    functions = _functions()
    compiled = functions.get(64, _POINT, True)
    function = functions.interpreted(64, _POINT)
    assert function is not compiled
    assert _decoded(function) == (Point(1, 2), 5)


@pytest.mark.parametrize("is_counted", [True, False])
def test_types_that_do_not_go_together_have_no_function(is_counted: bool) -> None:
    functions = _functions()
    for _ in range(2):
        with pytest.raises(DecodeError, match="Point arrives where int is wanted"):
            functions.get(64, schema_of(int), is_counted)
        with pytest.raises(DecodeError, match="Point arrives where int is wanted"):
            functions.interpreted(64, schema_of(int))


def test_forgotten_types_have_no_functions() -> None:
    types = dict(_TYPES)
    functions = _functions(types)
    functions.get(64, _POINT, False)
    types[64] = wire.StructType("Point", 64, (("Y", wire.INT), ("X", wire.INT)))
    functions.forget()
    assert functions.compiled(64, _POINT, False) is None
    assert _decoded(functions.get(64, _POINT, False)) == (Point(2, 1), 5)
