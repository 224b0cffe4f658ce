"""`Decoder` with the accelerator: what it gives up is decoded as without."""

from __future__ import annotations

from typing import Any, Literal

from ...values.limits import Limits
from .. import decoder
from ..streams import DecodeFunction
from .stream_functions import AcceleratedFunctions, in_python

__all__ = ["Decoder", "loads"]

_DEFAULT_LIMITS = Limits()


class Decoder(decoder.Decoder):
    """One gob stream being read; see `rpcgen.gob.decoder.Decoder`."""

    @property
    def functions(self) -> AcceleratedFunctions:
        """The functions that decode values of the stream."""
        made = self._functions_made
        if made is None:
            made = self._functions_made = AcceleratedFunctions(
                self._types, self._strings, self._names, self.limits
            )
        assert isinstance(made, AcceleratedFunctions)
        return made

    def _reading_chunks(self, function: DecodeFunction) -> DecodeFunction:
        return super()._reading_chunks(in_python(function))


def loads(
    data: bytes,
    schema: object = None,
    *,
    strings: Literal["strict", "surrogateescape"] = "strict",
    names: Literal["log", "strict"] = "log",
    limits: Limits = _DEFAULT_LIMITS,
) -> Any:
    """Return the one value that a whole gob stream holds; see `rpcgen.gob.decoder.loads`."""
    return decoder.only_value(
        Decoder(data, limits=limits, strings=strings, names=names), len(data), schema
    )
