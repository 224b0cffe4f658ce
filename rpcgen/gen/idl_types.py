"""Types of a description, as an IDL spells them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ..errors import SchemaError
from ..protocol.reflection import Kind, TypeDescription, value_of
from .names import spelled_value

__all__ = ["CLASSES", "LIBRARY", "PLAIN", "IdlTypes", "library_of", "parts_of"]

_TYPES: Final = "rpcgen.types"

PLAIN: Final[dict[Kind, tuple[str, str]]] = {
    Kind.BOOL: ("", "bool"),
    Kind.INT: ("", "int"),
    Kind.FLOAT64: ("", "float"),
    Kind.COMPLEX128: ("", "complex"),
    Kind.STRING: ("", "str"),
    Kind.BYTES: ("", "bytes"),
    Kind.NOTHING: ("", "None"),
    **{
        kind: (_TYPES, kind.value.capitalize())
        for kind in Kind
        if kind.value[-1:].isdigit() or kind in (Kind.UINT, Kind.UINTPTR)
        if kind not in (Kind.FLOAT64, Kind.COMPLEX128)
    },
}
"""Spelling of each plain kind behind the module to import it from, which may be empty."""

LIBRARY: Final[dict[tuple[Kind, str], tuple[str, str]]] = {
    (Kind.INT64, "time.Duration"): ("datetime", "timedelta"),
    (Kind.OPAQUE, "time.Time"): ("datetime", "datetime"),
    (Kind.OPAQUE, "uuid.UUID"): ("uuid", "UUID"),
    **{
        (Kind.OPAQUE, name): (_TYPES, name.title().replace(".", ""))
        for name in ("big.Int", "big.Float", "big.Rat")
    },
    **{
        (Kind.OPAQUE, f"netip.{name}"): (_TYPES, f"Netip{name}")
        for name in ("Addr", "AddrPort", "Prefix")
    },
    **{
        (Kind.BYTES, f"net.{name}"): (_TYPES, f"Net{name}")
        for name in ("HardwareAddr", "IP", "IPMask")
    },
    (Kind.OPAQUE, "url.URL"): (_TYPES, "URL"),
}
"""The same of the types of Go's library, by kind and name."""

CLASSES: Final = (Kind.STRUCT, Kind.ENUM, Kind.OPAQUE)
"""Kinds whose types have a class of their own in Python."""

# Maximum depth of types that have no name: `list[list[...]]`.
_MAX_DEPTH: Final = 64


class IdlTypes:
    """Spells the types of a description.

    Attributes:
        all: The types.

    Args:
        types: The types.
        names: Classes, enums and new types by number.
        use: Function that imports a name and returns how it is spelled.
    """

    def __init__(
        self,
        types: list[TypeDescription],
        names: Mapping[int, str],
        use: Callable[[str, str], str],
    ) -> None:
        self.all = types
        self._names = names
        self._use = use

    def __getitem__(self, number: int) -> TypeDescription:
        if not 0 <= number < len(self.all):
            raise SchemaError(
                f"a description without the type {number}", "describe the service as a whole"
            )
        return self.all[number]

    def depth(self, number: int) -> int:
        """Return how many named types one is made of, which must come before it."""
        waiting, found = [number], set[int]()
        while waiting:
            for part in parts_of(self[waiting.pop()]):
                if part not in found and self[part].kind not in CLASSES:
                    found.add(part)
                    waiting.append(part)
        if number in found:
            raise _endless(number)
        return len(found & self._names.keys())

    def spell(self, number: int, depth: int = 0) -> str:
        """Return the annotation of a type.

        Args:
            number: Number of the type.
            depth: Number of types that this is inside of.

        Raises:
            SchemaError: The type cannot be spelled, or is not there.
        """
        if number in self._names:
            return self._names[number]
        return self.spell_plainly(number, depth)

    def spell_plainly(self, number: int, depth: int = 0) -> str:
        """Return what a type with a name stands for, any other as `spell` does; see there."""
        each = self[number]
        if depth > _MAX_DEPTH:
            raise _endless(number)
        known = library_of(each) or PLAIN.get(each.kind)
        if each.python == "Literal":
            values = ", ".join(spelled_value(value_of(member, each)) for member in each.members)
            return f"{self._use('typing', 'Literal')}[{values}]"
        if known is not None:
            return self._use(*known)
        match each.kind:
            case Kind.SLICE:
                return self._container(each, depth)
            case Kind.ARRAY:
                inner = self._container(each, depth)
                return self.annotated(inner, f"{self._use(_TYPES, 'length')}({each.length})")
            case Kind.MAP:
                return self._map(each, depth)
            case Kind.POINTER:
                return f"{self.spell(each.element, depth + 1)} | None"
            case Kind.INTERFACE:
                return self._interface(each, depth)
            case Kind.STRUCT:
                return self._type_of_struct(number)
        raise SchemaError(
            f"type {number} of a description is of the kind {each.kind.value!r}",
            "use a newer rpcgen",
        )

    def _type_of_struct(self, number: int) -> str:
        # One that was to be the generator's; it is used as a message in some other way.
        raise SchemaError(f"struct {number} of a description has no name", "give it one")

    def _container(self, each: TypeDescription, depth: int) -> str:
        if each.python == "UUID":
            return self._use("uuid", "UUID")
        if each.python == "bytes":
            return "bytes"
        element = self.spell(each.element, depth + 1)
        return f"tuple[{element}, ...]" if each.python == "tuple" else f"list[{element}]"

    def _map(self, each: TypeDescription, depth: int) -> str:
        key = self.spell(each.key, depth + 1)
        if each.python in ("set", "frozenset"):
            return f"{each.python}[{key}]"
        name = self._use("collections.abc", "Mapping") if each.python == "Mapping" else "dict"
        return f"{name}[{key}, {self.spell(each.element, depth + 1)}]"

    def _interface(self, each: TypeDescription, depth: int) -> str:
        if not each.union:
            return self._use("typing", "Any")
        members = [self.spell(member, depth + 1) for member in each.union]
        text = " | ".join([*members, "None"] if each.nullable else members)
        if len(members) > 1:
            return text
        return self.annotated(text, self._use(_TYPES, "interface"))

    def annotated(self, inner: str, *marks: str) -> str:
        """Return an annotation with marks, as it is where there are none."""
        return (
            f"{self._use('typing', 'Annotated')}[{', '.join([inner, *marks])}]" if marks else inner
        )


def _endless(number: int) -> SchemaError:
    return SchemaError(
        f"type {number} of a description holds itself without end", "hold it in a struct"
    )


def library_of(each: TypeDescription) -> tuple[str, str] | None:
    """Return the counterpart of a type of Go's library behind its module, None for another."""
    if each.kind is Kind.OPAQUE and each.python == "GoTime":
        return _TYPES, "GoTime"
    return LIBRARY.get((each.kind, each.name))


def parts_of(each: TypeDescription) -> list[int]:
    """Return the numbers of the types that a type is made of."""
    match each.kind:
        case Kind.SLICE | Kind.ARRAY | Kind.POINTER:
            return [each.element]
        case Kind.MAP:
            return [each.key, each.element]
        case Kind.STRUCT:
            return [field.type for field in each.fields]
        case Kind.INTERFACE:
            return each.union
    return []
