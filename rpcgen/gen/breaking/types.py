"""Two versions of a type, and of all that it is made of, compared."""

from __future__ import annotations

from typing import Final

from attrs import evolve, frozen

from ...protocol.reflection import Kind, TypeDescription
from ..diagnostics import Location
from .fields import compare_fields
from .fit import bits_of, holds, misfits
from .report import Report
from .spelling import spelled
from .unions import compare_unions
from .values import compare_values

__all__ = ["TypeComparison"]

_HINT: Final = (
    "leave the type, and give the new one to a field, parameter or method of another name"
)

_CLASSES: Final = (Kind.STRUCT, Kind.ENUM, Kind.OPAQUE)

_ELEMENTS: Final = (Kind.MAP, Kind.SLICE, Kind.ARRAY)


_ALL: Final = frozenset({"gob", "json"})


@frozen
class _Pair:
    """Two versions of a type: where the new one is used, and words for what is of it.

    ``codecs`` are those that take one for the other, as far as is known.
    """

    was: int
    now: int
    location: Location
    what: str
    codecs: frozenset[str] = _ALL


class TypeComparison:
    """Compares types of two descriptions; those that several share are compared once."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._compared: set[tuple[int, int, frozenset[str]]] = set()

    def compare(self, was: int, now: int, location: Location, what: str) -> None:
        """Find what has changed between two types.

        Args:
            was: Number of the old type.
            now: Number of the new one.
            location: Where the new one is used.
            what: Words for what is of this type, such as ``field 'a' of Args``.
        """
        old, new = self._report.old, self._report.new
        waiting = [_Pair(was, now, location, what)]
        while waiting:
            pair = waiting.pop()
            pair = evolve(pair, was=old.pointed_to(pair.was), now=new.pointed_to(pair.now))
            key = pair.was, pair.now, pair.codecs
            if key in self._compared:
                continue
            pair = self._compare_kinds(pair)
            if pair.codecs:
                # A type without a class is reported at each of its places.
                if old[pair.was].kind in _CLASSES or new[pair.now].kind in _CLASSES:
                    self._compared.add(key)
                waiting += self._compare_inside(pair)

    def _compare_kinds(self, pair: _Pair) -> _Pair:
        """Tell which codecs do not take one type for the other, and return the pair of the rest."""
        report = self._report.within(pair.codecs)
        old, new = report.old[pair.was], report.new[pair.now]
        if {old.kind, new.kind} <= {Kind.NOTHING, Kind.STRUCT}:
            return pair  # None is a struct without fields
        codecs = [each for each in misfits(report.old, old, report.new, new) if each in pair.codecs]
        if codecs:
            before, after = spelled(report.old, pair.was), spelled(report.new, pair.now)
            if before == after:  # a class that is made of another type now
                before = f"{before} ({report.old.kind_of(old).value})"
                after = f"{after} ({report.new.kind_of(new).value})"
            changed = f"{pair.what} is {after} now, and was {before}"
            report.add(
                pair.location,
                "type-changed",
                f"{changed}: {_consequence(codecs, old, new)}",
                _HINT,
                codecs,
            )
        return evolve(pair, codecs=pair.codecs.difference(codecs))

    def _compare_inside(self, pair: _Pair) -> list[_Pair]:
        """Compare two types that go together, and return the pairs that they are made of."""
        report, was, now = self._report.within(pair.codecs), pair.was, pair.now
        old, new = report.old[was], report.new[now]
        _compare_sizes(report, pair)
        compare_values(report, was, now, pair.location, pair.what)
        if Kind.STRUCT in (old.kind, new.kind):
            fields = compare_fields(report, was, now, pair.location)
            return [
                _Pair(each.was, each.now, each.location, each.what, pair.codecs) for each in fields
            ]
        if old.kind is Kind.INTERFACE is new.kind:
            members = compare_unions(report, was, now, pair.location, pair.what)
            what = f"a member of {pair.what}"
            return [evolve(pair, was=was, now=now, what=what) for was, now in members]
        pairs: list[_Pair] = []
        if old.kind is Kind.MAP is new.kind:
            what = f"a key of {pair.what}"
            pairs.append(evolve(pair, was=old.key, now=new.key, what=what))
        if old.kind in _ELEMENTS and new.kind in _ELEMENTS:
            what = f"an element of {pair.what}"
            pairs.append(evolve(pair, was=old.element, now=new.element, what=what))
        return pairs


def _compare_sizes(report: Report, pair: _Pair) -> None:
    was = report.old.kind_of(report.old[pair.was])
    now = report.new.kind_of(report.new[pair.now])
    if bits_of(was) == 0 or (holds(was, now) and holds(now, was)):
        return
    narrowed = not holds(now, was)
    narrow, wide = (now, was) if narrowed else (was, now)
    senders, takers = ("old", "new") if narrowed else ("new", "old")
    report.add(
        pair.location,
        "number-narrowed" if narrowed else "number-widened",
        f"{pair.what} is {now.value} now, and was {was.value}: what {wide.value} holds and "
        f"{narrow.value} does not is refused by {takers} peers when {senders} ones send it",
        "leave the size, or see that no such value is sent while there are old peers",
    )


def _consequence(codecs: list[str], old: TypeDescription, new: TypeDescription) -> str:
    if old.kind is Kind.ARRAY is new.kind:
        return "gob takes no array of another length"
    if codecs == ["gob"]:
        return "gob never takes one for the other"
    if codecs == ["json"]:
        return "JSON never takes one for the other"
    return "neither gob nor JSON takes one for the other"
