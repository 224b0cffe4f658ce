"""Kinds of types that each codec takes for one another: `parts_of` of gob, and Go's JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from ...protocol.reflection import Kind, TypeDescription

__all__ = ["Types", "bits_of", "holds", "members_of", "misfits", "values_of"]

# Members of an enum may be sent by peers that are newer, and these take them.
_OPEN: Final = ("OpenIntEnum", "OpenStrEnum", "IntFlag")

# Python classes of the library's types that encode themselves; others are the user's.
_LIBRARY: Final = ("big.", "netip.", "time.", "url.", "uuid.")


@frozen
class Types:
    """The types of a description."""

    all: Sequence[TypeDescription]

    def __getitem__(self, number: int) -> TypeDescription:
        return self.all[number]

    def pointed_to(self, number: int) -> int:
        """Return the number of a type without pointers, which no codec sends."""
        while self.all[number].kind is Kind.POINTER:
            number = self.all[number].element
        return number

    def kind_of(self, each: TypeDescription) -> Kind:
        """Return the kind that travels: an enum is its base, a list of ``uint8`` is bytes."""
        if each.kind is Kind.ENUM:
            return self.all[each.element].kind
        if each.kind is Kind.SLICE and self.all[each.element].kind is Kind.UINT8:
            return Kind.BYTES
        return each.kind


# Names of gob for each kind of numbers, of any size.
_GOB: Final = {
    **dict.fromkeys([Kind.INT, Kind.INT8, Kind.INT16, Kind.INT32, Kind.INT64], "int"),
    **dict.fromkeys(
        [Kind.UINT, Kind.UINT8, Kind.UINT16, Kind.UINT32, Kind.UINT64, Kind.UINTPTR], "uint"
    ),
    **dict.fromkeys([Kind.FLOAT32, Kind.FLOAT64], "float"),
    **dict.fromkeys([Kind.COMPLEX64, Kind.COMPLEX128], "complex"),
}


def misfits(
    old: Types, old_type: TypeDescription, new: Types, new_type: TypeDescription
) -> tuple[str, ...]:
    """Return the codecs that do not take values of one type for values of the other.

    Both ways count. What the types are made of is not looked at.

    Args:
        old: Types that the first is one of.
        old_type: A type without a pointer.
        new: Types that the second is one of.
        new_type: The same.
    """
    if old_type.python == new_type.python == "UUID":
        return ()  # its two forms are taken for each other
    was, now = old.kind_of(old_type), new.kind_of(new_type)
    if was is now is Kind.OPAQUE:
        return _misfits_of_opaque(old_type, new_type)
    found = []
    if _GOB.get(was, was.value) != _GOB.get(now, now.value) or (
        was is Kind.ARRAY and old_type.length != new_type.length
    ):
        found.append("gob")
    if _json(was) != _json(now):
        found.append("json")
    return tuple(found)


def _misfits_of_opaque(old: TypeDescription, new: TypeDescription) -> tuple[str, ...]:
    if old.name == new.name or old.python == new.python:
        return () if old.encoding == new.encoding else ("gob",)
    if not (old.name.startswith(_LIBRARY) or new.name.startswith(_LIBRARY)):
        return () if old.encoding == new.encoding else ("gob",)
    return "gob", "json"


def _json(kind: Kind) -> str:
    """Return what a kind is in JSON, where numbers are told apart by what they may hold."""
    gob = _GOB.get(kind, kind.value)
    if gob in ("int", "uint"):
        return "integer"
    return "list" if gob in ("slice", "array") else gob


# Kinds whose size is Go's own.
_NATIVE: Final = (Kind.INT, Kind.UINT, Kind.UINTPTR)


def bits_of(kind: Kind) -> int:
    """Return the size of a number in bits; 0 for what is none."""
    if kind not in _GOB:
        return 0
    return 64 if kind in _NATIVE else int(kind.value.removeprefix(_GOB[kind]))


def holds(kind: Kind, other: Kind) -> bool:
    """Return True if a number of one kind holds all that one of another kind does.

    Args:
        kind: A kind of numbers, or of something else, which holds itself.
        other: One that a codec takes for it.
    """
    if _GOB.get(kind) == _GOB.get(other):
        return bits_of(kind) >= bits_of(other)
    return _GOB.get(kind) == "int" and bits_of(kind) > bits_of(other)


def values_of(each: TypeDescription) -> dict[int | str, str] | None:
    """Return the values that a type takes, with the names of their members; None if it takes all.

    Args:
        each: The type.
    """
    if each.kind is Kind.ENUM:
        if each.base in _OPEN:
            return None
    elif each.python != "Literal":
        return None
    return members_of(each)


def members_of(each: TypeDescription) -> dict[int | str, str]:
    """Return the values that a type lists, with the names of their members."""
    is_text = each.base.endswith("StrEnum") or each.kind is Kind.STRING
    found: dict[int | str, str] = {}
    for member in each.members:
        found.setdefault(member.text if is_text else member.number, member.name)
    return found
