"""The exceptions that two versions of a method declare, compared."""

from __future__ import annotations

from ...code import Code
from ...protocol.reflection import MethodDescription, RaisedDescription
from ..diagnostics import Location
from .report import Report
from .types import TypeComparison

__all__ = ["compare_errors"]


def compare_errors(
    report: Report,
    types: TypeComparison,
    called: str,
    old: MethodDescription,
    new: MethodDescription,
    location: Location,
) -> None:
    """Find which exceptions arrive otherwise, or not at all.

    Args:
        report: Takes what is found.
        types: Compares the fields of exceptions.
        called: Name of the method on the wire.
        old: The old method.
        new: The new one.
        location: Where the new one is written.
    """
    by_name = {report.new[each.type].name: each for each in new.raises}
    by_class = {report.new[each.type].python: each for each in new.raises}
    for raised in old.raises:
        error = report.old[raised.type]
        now = by_name.get(error.name) or by_class.get(error.python)
        if now is None:
            report.add(
                location,
                "error-removed",
                f"{called} does not declare {error.python} any more: from old servers it arrives "
                "as a plain error, without its fields",
                "declare it until no old server is left",
            )
            continue
        where = report.location_of(now.type, location)
        _compare_error(report, called, raised, now, where, location)
        types.compare(raised.type, now.type, where, f"exception {error.python}")


def _compare_error(
    report: Report,
    called: str,
    raised: RaisedDescription,
    now: RaisedDescription,
    where: Location,
    method: Location,
) -> None:
    was, name = report.old[raised.type].name, report.new[now.type].name
    cls = report.new[now.type].python
    if was != name:
        report.add(
            where,
            "error-renamed",
            f"exception {cls} is {name!r} on the wire, and was {was!r}: peers of one version "
            "take that of the other for a plain error",
            f'keep the name with the decorator @wire("{was}")',
        )
    if raised.code != now.code:
        report.add(
            where,
            "error-code-changed",
            f"exception {cls} has the code {_code(now.code)}, and had {_code(raised.code)}: "
            "peers that go by the code take it for another kind of error",
            "leave the code, and give the new one to another exception",
        )
    if raised.text != now.text:
        report.add(
            method,
            "error-text-changed",
            f"the text of {cls} raised by {called} is {now.text!r}, and was {raised.text!r}: "
            "peers that know an error by its text, as Go's do, do not know it",
            "leave the text",
        )


def _code(number: int) -> str:
    return Code(number).name if number in Code._value2member_map_ else str(number)
