"""`Encoder` with the accelerator: what it gives up is encoded as without."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from ..._interrupts import reraise_interrupt
from ...schema import Interface, Schema, schema_of
from ...values.kept import KINDS, Kept
from ...values.registry import Registry, Typed
from .. import encoder
from ..single import SingleEncoder
from . import native

if TYPE_CHECKING:
    from ..streams import Encoding

__all__ = ["Encoder", "dumps"]

# Function and bytes in front of values of a type.
_Held: TypeAlias = "tuple[native.EncodeFunction, bytes]"
# Functions that return what tells the type of a value, and the value; by type, how it goes out.
_HeldTyped: TypeAlias = (
    "tuple[Callable[[Any], object], Callable[[Any], object], dict[object, _Held | None]]"
)

_TYPED: Final[dict[type, tuple[Callable[[Any], object], Callable[[Any], object]]]] = {
    Typed: (attrgetter("annotation"), attrgetter("value")),
    **{kind: (attrgetter("go_type", "origin"), kind.rpcgen_plain) for kind in KINDS},
}

# Number of classes in interfaces of one kind that are remembered.
_MOST_IN_INTERFACES: Final = 256


class Encoder(native.MessageEncoder, encoder.Encoder):
    """One gob stream in the making; see `rpcgen.gob.encoder.Encoder`.

    The accelerator makes whole messages of types that were described before. What it leaves is
    encoded as without.
    """

    def _encode_in_python(self, ahead: bytes, value: object, schema: object) -> list[bytes]:
        """Return whole messages of this stream and then the value, which the accelerator left."""
        parts = encoder.Encoder.encode_parts_after(self, ahead, value, schema)
        if schema is not None:
            self._learn(schema)
        return parts

    def _learn(self, asked: object) -> None:
        """Have the accelerator make whole messages of what it knows, from now on."""
        try:
            if asked in self._whole:
                return
        except TypeError as error:  # not hashable
            reraise_interrupt(error)
            return
        schema = asked if isinstance(asked, Schema) else schema_of(asked)
        self._whole[asked] = self._accelerated(schema)

    def _accelerated(self, schema: Schema[Any]) -> tuple[native.EncodeFunction, bytes] | None:
        """Return the function and the id for a schema that was described, None for others."""
        if schema not in self._known:
            return None
        encoding, id = self._known[schema]
        function = getattr(encoding.function, "__self__", None)
        return (function, id) if isinstance(function, native.EncodeFunction) else None

    def encode_interface(self, value: Any, out: list[bytes], interface: Interface) -> None:
        """Append a value, and remember how that is done; see `rpcgen.gob.Encoder`."""
        super().encode_interface(value, out, interface)
        known = self._interfaces.setdefault(interface, {})
        cls = type(value)
        if value is not None and cls not in known and len(known) < _MOST_IN_INTERFACES:
            known[cls] = self._held(cls, interface) if value.__class__ is cls else None
        if isinstance(value, Typed | Kept):
            self._learn_typed(value, known.get(cls), interface)

    def _learn_typed(self, value: Typed | Kept, known: Any, interface: Interface) -> None:
        """Remember how values go out that tell their type as this one does."""
        if known is None or (isinstance(value, Kept) and value.origin is not None):
            return
        type_of, _, types = known
        try:
            if type_of(value) in types or len(types) >= _MOST_IN_INTERFACES:
                return
        except TypeError as error:  # not hashable
            reraise_interrupt(error)
            return
        types[type_of(value)] = self._held_typed(value, interface)

    def _held_typed(self, value: Typed | Kept, interface: Interface) -> _Held | None:
        name = ""
        if isinstance(value, Kept):
            schema, name = self._kept(value), value.go_type
        elif isinstance(value.annotation, str):
            schema, name = self._registry.known(value.annotation), value.annotation
        else:
            schema = value.schema
        found = self._accelerated(schema)
        if found is None:
            return None
        return found[0], self._name_in_interface(name, schema, interface) + found[1]

    def _held(self, cls: type[Any], interface: Interface) -> _Held | _HeldTyped | None:
        """Return how values of a class go out in an interface, None if that cannot be told."""
        if cls in _TYPED and not interface.members and self._registry.by_class(cls) is None:
            return *_TYPED[cls], {}
        schema = _schema_of_class(cls, interface, self._registry)
        named = self._named.get(schema) if schema is not None else None
        if schema is None or named is None:
            return None
        found = self._accelerated(schema)
        return None if found is None else (found[0], named + found[1])

    def _encoding(self, schema: Schema[Any]) -> Encoding:
        return _encoding_of()(schema, self._strings)

    def _rewind(self, mark: tuple[int, int, int]) -> None:
        super()._rewind(mark)
        if not self._known:
            self._whole.clear()
            self._interfaces.clear()


def _schema_of_class(
    cls: type[Any], interface: Interface, registry: Registry
) -> Schema[Any] | None:
    """Return the schema of all values of a class, None where they differ."""
    if issubclass(cls, Typed | Kept):
        return None
    schema = registry.by_class(cls)
    for member in interface.members:
        if member.cls is cls:
            return schema or member
    if interface.members:
        return None
    if schema is None and cls is list:
        return schema_of(list[Any])
    if schema is None and cls is dict:
        return schema_of(dict[str, Any])
    return schema


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
    return _encode(value, schema, strings)


_single: Final = SingleEncoder(Encoder)
_encode: Final = native.SingleEncoder(*_single.strict, _single.encode).encode
