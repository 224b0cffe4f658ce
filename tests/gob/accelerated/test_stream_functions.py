"""Which functions a stream has: programs where they are known and paid for, else Python's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rpcgen import gob
from rpcgen.errors import DecodeError
from rpcgen.gob import encoder
from rpcgen.schema import UNTYPED, Schema, schema_of
from tests.gob.accelerated_examples import Plain

pytest.importorskip("rpcgen._accelerator", reason="the accelerator is not compiled")

from rpcgen.gob.accelerated.decoder import Decoder
from rpcgen.gob.accelerated.native import DecodeFunction
from rpcgen.gob.accelerated.stream_functions import AcceleratedFunctions, in_python

_SCHEMA: Schema[Any] = schema_of(Plain)


def _functions() -> tuple[AcceleratedFunctions, int]:
    stream = Decoder(encoder.dumps(Plain("x"), Plain))
    id = stream.next_type()
    return AcceleratedFunctions(stream.types, "strict", False, gob.Limits()), id


def _is_program(function: Callable[..., object] | None) -> bool:
    return isinstance(getattr(function, "__self__", None), DecodeFunction)


def test_get_returns_a_program_and_keeps_it() -> None:
    functions, id = _functions()
    assert functions.compiled(id, _SCHEMA, False) is None
    function = functions.get(id, _SCHEMA, False)
    assert _is_program(function)
    assert functions.get(id, _SCHEMA, False) is functions.compiled(id, _SCHEMA, False) is function


def test_forget_drops_programs() -> None:
    functions, id = _functions()
    functions.get(id, _SCHEMA, False)
    functions.forget()
    assert functions.compiled(id, _SCHEMA, False) is None


def test_schema_that_is_not_known_is_decoded_in_python() -> None:
    functions, id = _functions()
    assert not _is_program(functions.get(id, UNTYPED, True))


def test_stream_that_has_not_paid_is_decoded_in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rpcgen.gob.accelerated.stream_functions.FREE_LINES", 0)
    functions, id = _functions()
    assert not _is_program(functions.get(id, _SCHEMA, False))


def test_type_that_does_not_go_into_the_schema_is_an_error() -> None:
    functions, id = _functions()
    with pytest.raises(DecodeError, match="arrives where"):
        functions.get(id, schema_of(list[int]), False)


def test_in_python_returns_what_stands_behind_a_program() -> None:
    schema = schema_of(list[bytes])
    stream = Decoder(encoder.dumps([b"x"], schema))
    id = stream.next_type()
    functions = AcceleratedFunctions(stream.types, "strict", False, gob.Limits())
    function = in_python(functions.get(id, schema, False))
    assert "across" in function.__code__.co_names


def test_in_python_refuses_what_has_no_bytes() -> None:
    functions, id = _functions()
    with pytest.raises(DecodeError, match="no part that may be in chunks"):
        in_python(functions.get(id, _SCHEMA, False))
