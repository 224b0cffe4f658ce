"""`Decoder` with the accelerator: what it gives up is decoded as without."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from ..._interrupts import reraise_interrupt
from ...schema import Schema
from ...values.limits import Limits
from ...values.registry import Registry
from ...values.registry import registry as global_registry
from .. import decoder
from ..single import DEFAULT_LIMITS, SingleDecoder
from ..streams import DecodeFunction
from . import native

if TYPE_CHECKING:
    from ..decode.stream_functions import StreamFunctions

__all__ = ["Decoder", "loads"]

# Returns the value of a message at a position, and the position after it.
_Message: TypeAlias = Callable[[bytes, int, object], tuple[Any, int] | None]


class Decoder(decoder.Decoder):
    """One gob stream being read; see `rpcgen.gob.decoder.Decoder`."""

    def __init__(
        self,
        data: bytes = b"",
        *,
        limits: Limits = DEFAULT_LIMITS,
        strings: Literal["strict", "surrogateescape"] = "strict",
        strict_names: bool = False,
        registry: Registry = global_registry,
    ) -> None:
        super().__init__(
            data, limits=limits, strings=strings, strict_names=strict_names, registry=registry
        )
        # As `_heads`, of the last type that has come: what decodes a whole message of it.
        self._whole: dict[object, _Message] = {}

    def decode(self, schema: Any = None) -> Any:
        """Return the next value; see `rpcgen.gob.decoder.Decoder.decode`."""
        try:
            whole = self._whole.get(schema)
            found = whole and whole(self._data, self._pos, self)
        except Exception as error:
            reraise_interrupt(error)
            found = None  # decoded again, it says what is wrong
        if not found:
            return super().decode(schema)
        value, self._pos = found
        self._owed, self._needed = False, 1
        return value

    def _remember(
        self, id: int, head: bytes, width: int, schema: Schema[Any], asked: object
    ) -> None:
        super()._remember(id, head, width, schema, asked)
        function, _, most = self._heads.get(asked, {}).get(head, (None, 0, 0))
        accelerated = getattr(function, "__self__", None)
        if isinstance(accelerated, native.DecodeFunction) and accelerated.program.is_alone:
            message = native.DecodeMessage(
                accelerated.program, head, width, most, self.limits.depth
            )
            self._whole[asked] = message.decode

    def _forget_heads(self) -> None:
        super()._forget_heads()
        self._whole.clear()

    @property
    def functions(self) -> StreamFunctions:
        """The functions that decode values of the stream."""
        if self._functions_made is None:
            make = _stream_functions().AcceleratedFunctions
            self._functions_made = make(self._types, self._strings, self._strict_names, self.limits)
        return self._functions_made

    def _reading_chunks(self, function: DecodeFunction) -> DecodeFunction:
        return super()._reading_chunks(_stream_functions().in_python(function))


@cache
def _stream_functions() -> ModuleType:
    """Import what finds functions, when the first value has come."""
    from . import stream_functions

    return stream_functions


def loads(
    data: bytes,
    schema: object = None,
    *,
    strings: Literal["strict", "surrogateescape"] = "strict",
    strict_names: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> Any:
    """Return the one value that a whole gob stream holds; see `rpcgen.gob.decoder.loads`."""
    return _single.decode(data, schema, strings, strict_names, limits)


_single: Final = SingleDecoder(Decoder)
