"""Two versions of a union compared: the messages that each side takes, under their Go names."""

from __future__ import annotations

from ..diagnostics import Location
from .report import Report

__all__ = ["compare_unions", "tell_renamed"]

# Unions are told apart by gob alone.
_GOB = ("gob",)


def compare_unions(
    report: Report, was: int, now: int, location: Location, what: str
) -> list[tuple[int, int]]:
    """Find which messages one side sends and the other refuses.

    Args:
        report: Takes what is found.
        was: Number of the old type, a union or ``Any``.
        now: Number of the new one, the same.
        location: Where the new one is used.
        what: Words for what is of this type.

    Returns:
        The numbers of the messages that are in both.
    """
    old, new = report.old[was], report.new[now]
    if new.nullable and not old.nullable:
        report.add(
            location,
            "union-nullable",
            f"{what} may be None now: old peers refuse that",
            "send None only when no old peer is left",
            _GOB,
        )
    if not new.union:
        return []
    if not old.union:
        report.add(
            location,
            "union-closed",
            f"{what} was Any, and is a union now: other messages from old peers are refused",
            "leave Any, or see that old peers send nothing else",
            _GOB,
        )
        return []
    before = {report.old[each].name: each for each in old.union}
    after = {report.new[each].name: each for each in new.union}
    _compare_members(report, before, after, location, what)
    return [(number, after[name]) for name, number in before.items() if name in after]


def _compare_members(
    report: Report, before: dict[str, int], after: dict[str, int], location: Location, what: str
) -> None:
    added = {report.new[each].python: name for name, each in after.items() if name not in before}
    for name, number in before.items():
        if name in after:
            continue
        cls = report.old[number].python
        now = added.pop(cls, "")
        if now:
            tell_renamed(report, after[now], name, location)
            continue
        report.add(
            location,
            "union-member-removed",
            f"{cls} is no member of {what} any more: new peers refuse it from old ones",
            "leave it until no old peer is left",
            _GOB,
        )
    for cls in added:
        report.add(
            location,
            "union-member-added",
            f"{cls} is a new member of {what}: old peers refuse it",
            "send it only when no old peer is left",
            _GOB,
        )


def tell_renamed(report: Report, number: int, was: str, location: Location) -> None:
    """Tell that a message has another name inside interface values.

    Args:
        report: Takes the finding.
        number: Number of the new type.
        was: The name that it had.
        location: Where it is used.
    """
    new = report.new[number]
    report.add(
        report.location_of(number, location),
        "union-member-renamed",
        f"{new.python} is {new.name!r} inside a union or Any, and was {was!r}: peers of one "
        "version refuse it from those of the other",
        f'keep the name with the decorator @wire("{was}")',
        _GOB,
    )
