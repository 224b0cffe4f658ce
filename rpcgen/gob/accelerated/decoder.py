"""`Decoder` with the accelerator: what it gives up is decoded as without."""

from __future__ import annotations

from functools import cache, partial
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, Literal

from ..._interrupts import reraise_interrupt
from ...schema import Interface, Schema
from ...values.kept import PLAIN, keep
from ...values.limits import Limits
from .. import decoder
from ..memory import KEPT
from ..numbers import read_int, read_uint
from ..single import DEFAULT_LIMITS, SingleDecoder
from ..streams import DecodeFunction
from . import native

if TYPE_CHECKING:
    from ..decode.stream_functions import StreamFunctions

__all__ = ["Decoder", "loads"]

# Number of types in interfaces of one kind that are remembered: a peer may name any number.
_MOST_IN_INTERFACES: Final = 256


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
        function, _, most = self._fast.get(asked, {}).get(head, (None, 0, 0))
        accelerated = getattr(function, "__self__", None)
        if isinstance(accelerated, native.DecodeFunction) and accelerated.program.is_alone:
            self._whole[asked] = native.DecodeMessage(
                accelerated.program, head, width, most, self.limits.depth
            )

    def _forget_fast(self) -> None:
        super()._forget_fast()
        self._whole.clear()
        self._interfaces.clear()

    def decode_interface(
        self, data: bytes, pos: int, interface: Interface, depth: int
    ) -> tuple[Any, int]:
        """Read a value, and remember how that is done; see `rpcgen.gob.Decoder`."""
        found = super().decode_interface(data, pos, interface, depth)
        if not self._checks_steps and found[0] is not None:
            self._learn_interface(data, pos, interface)
        return found

    def _learn_interface(self, data: bytes, pos: int, interface: Interface) -> None:
        size, start = read_uint(data, pos, len(data))
        end = start + size
        id, after = read_int(data, end, len(data))
        known = self._interfaces.setdefault(interface, {})
        head = data[pos:after]
        if id < 0 or head in known or len(known) >= _MOST_IN_INTERFACES:
            return  # a type is described first: the next value will show
        name = data[start:end].decode("utf-8", "surrogateescape")
        schema = self._interface_schema(name, id, interface)
        if (id, schema) not in self._in_interfaces:
            return
        function, size, may_be_kept = self._in_interfaces[id, schema]
        accelerated = getattr(function, "__self__", None)
        if not isinstance(accelerated, native.DecodeFunction):
            known[head] = None
            return
        is_kept = may_be_kept and name not in PLAIN and not interface.members
        kept = partial(keep, go_type=name) if is_kept else None
        known[head] = accelerated.program, size, kept, KEPT

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
    return _decode(data, schema, strings, strict_names, limits)


_single: Final = SingleDecoder(Decoder)
_decode: Final = native.SingleDecoder(
    _single.strict, DEFAULT_LIMITS, _single.decode, reraise_interrupt
).decode
