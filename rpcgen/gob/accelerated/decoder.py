"""`Decoder` with the accelerator: what it gives up is decoded as without."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, Literal

from ..._interrupts import reraise_interrupt
from ...schema import Schema
from ...values.limits import Limits
from .. import decoder
from ..single import DEFAULT_LIMITS, SingleDecoder
from ..streams import DecodeFunction
from . import native

if TYPE_CHECKING:
    from ..decode.stream_functions import StreamFunctions

__all__ = ["Decoder", "loads"]


class Decoder(native.Stream, decoder.Decoder):
    """One gob stream being read; see `rpcgen.gob.decoder.Decoder`.

    The accelerator has the bytes at hand and the place in them as members, and decodes messages of
    types that have come before. What it leaves is decoded as without.
    """

    # For the accelerator: what comes out of code of the user's is looked at here, too.
    _reraise_interrupt = staticmethod(reraise_interrupt)

    def _decode_in_python(self, schema: Any) -> Any:
        """Return the next value, which the accelerator has left."""
        return decoder.Decoder.decode(self, schema)

    def _decode_after_in_python(self, data: bytes, pos: int, schema: object) -> Any:
        return decoder.Decoder.decode_after(self, data, pos, schema)

    def _remember(
        self, id: int, head: bytes, width: int, schema: Schema[Any], asked: object
    ) -> None:
        super()._remember(id, head, width, schema, asked)
        function, _, most = self._heads.get(asked, {}).get(head, (None, 0, 0))
        accelerated = getattr(function, "__self__", None)
        if isinstance(accelerated, native.DecodeFunction) and accelerated.program.is_alone:
            self._whole[asked] = native.DecodeMessage(
                accelerated.program, head, width, most, self.limits.depth
            )

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
