"""Decode functions of one stream: programs of the accelerator, with functions in Python behind."""

from __future__ import annotations

from typing import Any

from ...errors import DecodeError
from ...schema import Schema
from ...values.limits import Limits
from ..decode.functions import BYTES_PER_LINE, FREE_LINES, made_once
from ..decode.match import Types
from ..decode.stream_functions import StreamFunctions
from ..streams import DecodeFunction, DecodeStream
from .decode_plan import holds_bytes, is_known, program_of
from .native import DecodeFunction as Accelerated

__all__ = ["AcceleratedFunctions", "in_python"]

_Key = tuple[int, Schema[Any], bool]


class AcceleratedFunctions(StreamFunctions):
    """Decoders of values of a stream's types into ours; for `Args` see `StreamFunctions`.

    A program costs far less than a function, but it costs: it is paid for likewise.
    """

    __slots__ = ("_programs", "_python", "_refused", "_spent")

    def __init__(self, types: Types, strings: str, strict_names: bool, limits: Limits) -> None:
        super().__init__(types, strings, strict_names, limits)
        # Functions that decode without the accelerator, with an account of their own.
        self._python = StreamFunctions(types, strings, strict_names, limits)
        self._programs: dict[_Key, DecodeFunction] = {}
        # Number of lines that a stream could pay when there was no program to be had.
        self._refused: dict[_Key, int] = {}
        self._spent = 0

    def forget(self) -> None:
        """Forget what is known of types, of which some are gone."""
        super().forget()
        self._python.forget()
        self._programs.clear()
        self._refused.clear()

    def get(self, id: int, schema: Schema[Any], is_counted: bool) -> DecodeFunction:
        """Return the function for a type; see `StreamFunctions.get`."""
        key = id, schema, is_counted
        function = self._programs.get(key) or self._program(key)
        return function or self._python.get(id, schema, is_counted)

    def compiled(self, id: int, schema: Schema[Any], is_counted: bool) -> DecodeFunction | None:
        """Return the function that `get` would, if it is there already."""
        function = self._programs.get((id, schema, is_counted))
        return function or self._python.compiled(id, schema, is_counted)

    def _program(self, key: _Key) -> DecodeFunction | None:
        """Return a program, None where there is none or the stream has not paid for it."""
        id, schema, is_counted = key
        lines = FREE_LINES + self._python.bytes_interpreted // BYTES_PER_LINE - self._spent
        if lines <= self._refused.get(key, 0) or not is_known(schema):
            return None
        made, cost = made_once(
            self._types,
            id,
            schema,
            (self._strings, self._strict_names, is_counted),
            lines=lines,
            check=lambda: self._checks.check(id, schema),
            make=program_of,
        )
        self._spent += cost
        if made is None:
            self._refused[key] = lines
            return None
        fallback = _Fallback(self._python, id, schema, is_counted)
        function = self._programs[key] = Accelerated(made, fallback).decode
        return function


class _Fallback:
    """The function in Python that decodes what a program has given up, found when it is needed."""

    __slots__ = ("_functions", "_id", "_is_counted", "schema")

    def __init__(
        self, functions: StreamFunctions, id: int, schema: Schema[Any], is_counted: bool
    ) -> None:
        self._functions = functions
        self._id = id
        self._is_counted = is_counted
        self.schema = schema

    @property
    def function(self) -> DecodeFunction:
        """The function."""
        return self._functions.get(self._id, self.schema, self._is_counted)

    def __call__(self, data: bytes, pos: int, stream: DecodeStream, depth: int) -> tuple[Any, int]:
        return self.function(data, pos, stream, depth)


def in_python(function: DecodeFunction) -> DecodeFunction:
    """Return the function in Python that stands behind one of the accelerator; others unchanged.

    Raises:
        DecodeError: The function would have no use for it: no part of a value is ``[]byte``.
    """
    accelerated = getattr(function, "__self__", None)
    if not isinstance(accelerated, Accelerated):
        return function
    fallback = accelerated.fallback
    assert isinstance(fallback, _Fallback)
    if not holds_bytes(fallback.schema):
        raise DecodeError("the value has no part that may be in chunks")
    return fallback.function
