"""`Encoder` with the accelerator: what it gives up is encoded as without."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

from ...schema import Schema
from .. import encoder
from ..single import SingleEncoder
from . import native

if TYPE_CHECKING:
    from ..streams import Encoding

__all__ = ["Encoder", "dumps"]


class Encoder(native.MessageEncoder, encoder.Encoder):
    """One gob stream in the making; see `rpcgen.gob.encoder.Encoder`.

    The accelerator makes whole messages of types that were described before. What it leaves is
    encoded as without.
    """

    def _encode_in_python(self, ahead: bytes, value: object, schema: object) -> list[bytes]:
        """Return whole messages of this stream and then the value, which the accelerator left."""
        parts = encoder.Encoder.encode_parts_after(self, ahead, value, schema)
        if self.is_settled(schema):
            self._learn(schema)
        return parts

    def _learn(self, schema: object) -> None:
        """Have the accelerator make whole messages of what it knows, from now on."""
        function, id = self._plain[schema]
        accelerated = getattr(function, "__self__", None)
        if isinstance(accelerated, native.EncodeFunction):
            self._whole[schema] = accelerated, id

    def _encoding(self, schema: Schema[Any]) -> Encoding:
        return _encoding_of()(schema, self._strings)

    def _rewind(self, mark: tuple[int, int, int]) -> None:
        super()._rewind(mark)
        if not self._plain:
            self._whole.clear()


@cache
def _encoding_of() -> Callable[[Schema[Any], str], Encoding]:
    """Import what makes plans, when the first value goes out."""
    from .encode_plan import encoding_of

    return encoding_of


def dumps(
    value: object,
    schema: object = None,
    *,
    strings: Literal["strict", "surrogateescape"] = "strict",
) -> bytes:
    """Return one value as a gob stream of its own; see `rpcgen.gob.encoder.dumps`."""
    return _single.encode(value, schema, strings)


_single: Final = SingleEncoder(Encoder)
