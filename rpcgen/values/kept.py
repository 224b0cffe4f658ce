"""Values that keep the Go type they came with, in an interface value or without a schema.

An ``interface{}`` that holds ``uint8(200)`` arrives as `GoInt`: an `int` like
any other, equal to it and counted with it, which goes out as ``uint8`` again.
What Python's own type says already, such as Go's ``int``, arrives as that.
So does what comes by itself, but lists and dicts of structs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

if TYPE_CHECKING:
    from .record import Described

__all__ = ["KINDS", "PLAIN", "Kept", "keep"]

# The types of Go that a plain value of Python stands for.
PLAIN: Final = frozenset(
    (
        "bool",
        "int",
        "float64",
        "complex128",
        "string",
        "[]uint8",
        "[]interface {}",
        "map[string]interface {}",
        "time.Time",
    )
)


class Kept:
    """A value that came without a schema, whose Go type is not the one that Python's stands for.

    Arithmetic, slices and the like give plain values.

    Attributes:
        go_type: Name under which it came in an interface value, such as
            ``uint8``; empty for a value by itself.
        origin: Object that knows the type, where its name is not registered.
    """

    __slots__ = ()

    rpcgen_plain: ClassVar[type[Any]]
    go_type: str
    origin: Described | None

    def __reduce_ex__(self, protocol: object) -> tuple[object, ...]:
        return keep, (self.plain(), self.go_type, self.origin)

    def plain(self) -> Any:
        """Return the value without its Go type."""
        return self.rpcgen_plain(self)


class GoInt(Kept, int):
    """An `int` that is not Go's ``int``."""

    rpcgen_plain = int


class GoFloat(Kept, float):
    """A `float` that is not Go's ``float64``."""

    rpcgen_plain = float


class GoComplex(Kept, complex):
    """A `complex` that is not Go's ``complex128``."""

    rpcgen_plain = complex


class GoStr(Kept, str):
    """A `str` that is not Go's ``string``."""

    rpcgen_plain = str


class GoBytes(Kept, bytes):
    """A `bytes` that is not Go's ``[]byte``."""

    rpcgen_plain = bytes


class GoList(Kept, list[Any]):
    """A `list` that is not Go's ``[]interface{}``."""

    rpcgen_plain = list


class GoTuple(Kept, tuple[Any, ...]):
    """A `tuple` that is not Go's ``[]interface{}``."""

    rpcgen_plain = tuple


class GoDict(Kept, dict[Any, Any]):
    """A `dict` that is not Go's ``map[string]interface{}``."""

    rpcgen_plain = dict


_KIND_OF: Final[dict[type, type[Kept]]] = {
    int: GoInt,
    float: GoFloat,
    complex: GoComplex,
    str: GoStr,
    bytes: GoBytes,
    list: GoList,
    tuple: GoTuple,
    dict: GoDict,
}


KINDS: Final = tuple(_KIND_OF.values())
"""The classes of such values."""


def keep(value: Any, go_type: str, origin: Described | None = None) -> Any:
    """Return a value as one that remembers its Go type.

    Args:
        value: Value that has arrived without a schema.
        go_type: Name of its type in an interface value; empty if it was in none.
        origin: Object that knows the type, where its name is not registered.

    Returns:
        A `Kept` equal to the value; the value itself if there is none for its type.
    """
    kind: Any = _KIND_OF.get(value.__class__)
    if kind is None:
        return value
    kept = kind(value)
    kept.go_type, kept.origin = go_type, origin
    return kept
