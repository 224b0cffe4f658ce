"""`Encoder` with the accelerator: what it gives up is encoded as without."""

from __future__ import annotations

from typing import Any, Literal

from ...schema import Schema
from .. import encoder
from ..streams import Encoding
from .encode_plan import encoding_of

__all__ = ["Encoder", "dumps"]


class Encoder(encoder.Encoder):
    """One gob stream in the making; see `rpcgen.gob.encoder.Encoder`."""

    def _encoding(self, schema: Schema[Any]) -> Encoding:
        return encoding_of(schema, self._strings)


def dumps(
    value: object,
    schema: object = None,
    *,
    strings: Literal["strict", "surrogateescape"] = "strict",
) -> bytes:
    """Return one value as a gob stream of its own; see `rpcgen.gob.encoder.dumps`."""
    return Encoder(strings=strings).encode(value, schema)
