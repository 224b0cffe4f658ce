"""`Encoder` with the accelerator: what it gives up is encoded as without."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from ...schema import Schema
from ...values.registry import Registry
from ...values.registry import registry as global_registry
from .. import encoder
from ..single import SingleEncoder
from .native import EncodeFunction as Accelerated

if TYPE_CHECKING:
    from ..streams import Encoding

__all__ = ["Encoder", "dumps"]

# Makes a message of what goes ahead of it, the bytes of an id, and a value.
_Message: TypeAlias = Callable[[bytes, bytes, object], bytes | None]


class Encoder(encoder.Encoder):
    """One gob stream in the making; see `rpcgen.gob.encoder.Encoder`."""

    def __init__(
        self,
        *,
        strings: Literal["strict", "surrogateescape"] = "strict",
        registry: Registry = global_registry,
    ) -> None:
        super().__init__(strings=strings, registry=registry)
        # As `_plain`, of what the accelerator makes whole messages of.
        self._whole: dict[object, tuple[_Message, bytes]] = {}

    def encode_parts_after(self, ahead: bytes, value: object, schema: object = None) -> list[bytes]:
        """Return whole messages of this stream and then the value; see `Encoder`."""
        try:
            message, id = self._whole[schema]
        except (KeyError, TypeError):  # one that has not come before, or cannot be hashed
            parts = super().encode_parts_after(ahead, value, schema)
            if self.is_settled(schema):
                self._learn(schema)
            return parts
        data = message(ahead, id, value)
        return super().encode_parts_after(ahead, value, schema) if data is None else [data]

    def _learn(self, schema: object) -> None:
        """Have the accelerator make whole messages of what it knows, from now on."""
        function, id = self._plain[schema]
        accelerated = getattr(function, "__self__", None)
        if isinstance(accelerated, Accelerated):
            self._whole[schema] = accelerated.message, id

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
