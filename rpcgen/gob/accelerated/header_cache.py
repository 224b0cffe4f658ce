"""`HeaderDecoder` with the accelerator: headers that it does not know are decoded as without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from ...schema import Schema, Struct
from ...schema.classes import slots_of
from .. import header_cache
from ..decode.classes import only_stores
from ..header_cache import Header
from . import native
from .decoder import Decoder
from .served_calls import ServedCalls

__all__ = ["HeaderDecoder"]

H = TypeVar("H", bound=Header)

# The slots of a header in the order of its fields, and what they hold unless a header says more.
_Slots: TypeAlias = tuple[tuple[object, object], ...]


class HeaderDecoder(native.HeaderReader, header_cache.HeaderDecoder[H]):
    """Reads the headers of a stream; see `rpcgen.gob.header_cache.HeaderDecoder`."""

    def __init__(
        self,
        decoder: Decoder,
        make: Callable[[str, int], H],
        schema: Schema[H],
        extended: Schema[Any],
        finish: Callable[[H], H],
        make_timed: Callable[[str, int, int], H] | None = None,
        make_like: Callable[[H, str, int], H] | None = None,
    ) -> None:
        super().__init__(decoder, make, schema, extended, finish, make_timed, make_like)
        timed = None if make_timed is None else _slots(make_timed, extended)
        plain = _slots(make, schema)
        self._prepare(decoder, self._known, make, plain, make_timed, timed)

    def served_calls(
        self, session: Any, cls: type[Any], encoder: Any, heads: dict[str, list[bytes]]
    ) -> ServedCalls:
        """Return what takes plain calls off the stream for a session."""
        return ServedCalls(session, cls, self, encoder, heads)

    def _decode_in_python(self) -> H:
        """Return the next header, which the accelerator has left."""
        header = header_cache.HeaderDecoder.next(self)
        return self._decode_general() if header is None else header


def _slots(make: Callable[..., Any], schema: Schema[Any]) -> _Slots | None:
    """Return the slots of the headers that a class makes, None if they must be made by calling it.

    Args:
        make: The class, or another callable.
        schema: Schema of what the class would make.
    """
    if not isinstance(schema, Struct) or make is not schema.cls or not only_stores(schema):
        return None
    names = [field.attribute for field in schema.fields]
    slots = slots_of(schema.cls, names)
    if None in slots:
        return None
    usual = make("", 0)
    return tuple([(slot, getattr(usual, name)) for slot, name in zip(slots, names, strict=True)])
