"""Decode functions of one stream: compiled where it has paid for them, else interpreted."""

from __future__ import annotations

from typing import Any

from ...schema import Schema
from ...values.limits import Limits
from ..streams import DecodeFunction
from .compatibility import TypeChecks
from .functions import BYTES_PER_LINE, FREE_LINES, compiled
from .match import Types

__all__ = ["StreamFunctions"]


class StreamFunctions:
    """Decoders of values of a stream's types into ours, and their cost so far.

    A peer chooses its types, and to compile costs more than to interpret: each
    stream pays for the lines that are compiled for it with the bytes that it
    has brought without.

    Args:
        types: The types that the sender has described, which grow with the stream.
        strings: What becomes of strings that are not UTF-8; see `Decoder`.
        strict_names: What becomes of fields whose names differ in case only; see `Decoder`.
        limits: See `Decoder`.
    """

    __slots__ = (
        "_checks_made",
        "_known",
        "_limits",
        "_lines",
        "_strict_names",
        "_strings",
        "_types",
        "bytes_interpreted",
    )

    def __init__(self, types: Types, strings: str, strict_names: bool, limits: Limits) -> None:
        self._types = types
        self._strings = strings
        self._strict_names = strict_names
        self._limits = limits
        self._checks_made: TypeChecks | None = None
        # By type, what it is decoded into, and whether memory is counted.
        self._known: dict[tuple[int, Schema[Any], bool], DecodeFunction | _Interpreted] = {}
        # Bytes that were read without a function of their own, which pays for one, and the lines
        # of code that were bought.
        self.bytes_interpreted = 0
        self._lines = 0

    def forget(self) -> None:
        """Forget what is known of types, of which some are gone."""
        self._known.clear()
        if self._checks_made is not None:
            self._checks_made.forget()

    @property
    def _checks(self) -> TypeChecks:
        if self._checks_made is None:
            self._checks_made = TypeChecks(self._types, self._strict_names, self._limits)
        return self._checks_made

    def get(self, id: int, schema: Schema[Any], is_counted: bool) -> DecodeFunction:
        """Return the function for a type.

        Args:
            id: The sender's type.
            schema: What its values become.
            is_counted: True where the function is to count memory.

        Raises:
            DecodeError: If the type does not go into the schema.
        """
        function = self._known.get((id, schema, is_counted))
        if function is None:
            function = _Interpreted(id, schema, self)
            self._known[id, schema, is_counted] = function
        if isinstance(function, _Interpreted):
            return self._compiled(id, schema, is_counted, function)
        return function

    def interpreted(self, id: int, schema: Schema[Any]) -> DecodeFunction:
        """Return the function that looks before every step; raises as `get` does."""
        self._checks.check(id, schema)
        return _Interpreted(id, schema, self)

    def compiled(self, id: int, schema: Schema[Any], is_counted: bool) -> DecodeFunction | None:
        """Return the function that `get` would, if it is compiled already."""
        function = self._known.get((id, schema, is_counted))
        return None if isinstance(function, _Interpreted) else function

    def _compiled(
        self, id: int, schema: Schema[Any], is_counted: bool, function: _Interpreted
    ) -> DecodeFunction:
        """Return a compiled function in place of an interpreted one, if the stream has paid it."""
        lines = FREE_LINES + self.bytes_interpreted // BYTES_PER_LINE - self._lines
        if function.price is None or lines <= function.price:
            self._checks.check(id, schema)
            return function
        price, function.price = lines, None
        made, cost = compiled(
            self._types,
            id,
            schema,
            strings=self._strings,
            strict_names=self._strict_names,
            counted=is_counted,
            lines=lines,
            check=lambda: self._checks.check(id, schema),
        )
        self._lines += cost
        function.price = price + cost
        if made is None:
            self._checks.check(id, schema)
            return function
        self._known[id, schema, is_counted] = made
        return made


class _Interpreted:
    """A decode function that walks the types.

    ``price`` is how many lines a stream must be able to pay before it is worth
    trying to compile; None where that has no sense.
    """

    __slots__ = ("_functions", "_id", "_schema", "price")

    def __init__(self, id: int, schema: Schema[Any], functions: StreamFunctions) -> None:
        self._id = id
        self._schema = schema
        self._functions = functions
        self.price: int | None = 0

    def __call__(self, data: bytes, pos: int, stream: Any, depth: int) -> tuple[Any, int]:
        value, after = stream.interpreter.decode(self._id, self._schema, data, pos, depth)
        self._functions.bytes_interpreted += after - pos
        return value, after
