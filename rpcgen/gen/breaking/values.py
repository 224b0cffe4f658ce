"""Two versions of an enum or a ``Literal`` compared: the values that each side takes."""

from __future__ import annotations

from ...protocol.reflection import Kind
from ..diagnostics import Location
from .fit import members_of, values_of
from .report import Report

__all__ = ["compare_values"]


def compare_values(report: Report, was: int, now: int, location: Location, what: str) -> None:
    """Find which values one side sends and the other refuses.

    Args:
        report: Takes what is found.
        was: Number of the old type.
        now: Number of the new one.
        location: Where the new one is used.
        what: Words for what is of this type.
    """
    old, new = report.old[was], report.new[now]
    before, after = values_of(old), values_of(new)
    name = new.python if new.kind is Kind.ENUM else what
    if before is None and after is not None:
        report.add(
            report.location_of(now, location),
            "enum-closed",
            f"{name} takes no values but those that it lists, and took others: "
            "those that old peers send are refused",
            "leave the type open: an OpenIntEnum or OpenStrEnum takes unknown values",
        )
        return
    if before is None:
        return
    listed = members_of(new)
    changed = _changed(before, listed)
    for member, (value, new_value) in changed.items():
        report.add(
            report.location_of(now, location, member),
            "enum-member-changed",
            f"member {member!r} of {name} is {new_value!r} now, and was {value!r}: "
            "what one side sends the other refuses, or takes for another member",
            f"leave {member!r} its value, and give the new one to a new member",
        )
    for value, member in before.items():
        if after is not None and value not in after and member not in changed:
            report.add(
                report.location_of(now, location),
                "enum-member-removed",
                f"{_member(value, member)} of {name} is gone: new peers refuse it from old ones",
                "leave it, or make the enum an OpenIntEnum or OpenStrEnum",
            )
    for value, member in listed.items():
        if value not in before and member not in changed:
            report.add(
                report.location_of(now, location, member),
                "enum-member-added",
                f"{_member(value, member)} of {name} is new: old peers refuse it, since they take "
                "no values but those that they know",
                "send it only when no old peer is left; an enum that was an OpenIntEnum or "
                "OpenStrEnum before takes it",
            )


def _changed(
    before: dict[int | str, str], after: dict[int | str, str]
) -> dict[str, tuple[int | str, int | str]]:
    """Return the members that have another value now, each with both; values have no names."""
    values = {member: value for value, member in after.items() if member}
    return {
        member: (value, values[member])
        for value, member in before.items()
        if member in values and values[member] != value
    }


def _member(value: int | str, member: str) -> str:
    return f"member {member!r}, which is {value!r}," if member else f"value {value!r}"
