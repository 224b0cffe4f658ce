"""Two versions of a method whose calls a queue keeps, for days, compared for what that adds."""

from __future__ import annotations

import ast
from typing import Final

from ...protocol.reflection import FieldDescription, Kind, MethodDescription
from ..describe import MethodPlace
from .report import Report

__all__ = ["compare_durable"]

_INSIDE: Final = (Kind.MAP, Kind.SLICE, Kind.ARRAY, Kind.POINTER)


def compare_durable(
    report: Report, called: str, old: MethodDescription, new: MethodDescription, place: MethodPlace
) -> None:
    """Find what breaks calls that wait in a queue, or are left there again.

    Args:
        report: Takes what is found.
        called: Name of the method, with that of the service.
        old: The method as it is.
        new: The method as it is to be.
        place: Where that is written.
    """
    if not old.durable:
        return
    if not new.durable:
        report.add(
            place.location,
            "durable-removed",
            f"method {called!r} is not durable any more: calls that wait in the queue, and those "
            "that old callers leave there, are carried out by no new server",
            "let old servers work until no old caller is left and the queue is empty",
        )
        return
    _Requests(report, called, place).compare(old.request, new.request)


class _Requests:
    """The arguments of a durable method in both versions."""

    def __init__(self, report: Report, called: str, place: MethodPlace) -> None:
        self._report = report
        self._called = called
        self._place = place
        self._seen: set[tuple[int, int]] = set()

    def compare(self, was: int, now: int) -> None:
        """Find new fields that make equal arguments others; those of a type are told once."""
        was, now = self._report.old.pointed_to(was), self._report.new.pointed_to(now)
        if (was, now) in self._seen:
            return
        self._seen.add((was, now))
        old, new = self._report.old[was], self._report.new[now]
        if old.kind is not new.kind:
            return  # which is told as another change
        if old.kind in _INSIDE:
            self.compare(old.element, new.element)
        if old.kind is not Kind.STRUCT:
            return
        before = {each.name: each for each in old.fields}
        for field in new.fields:
            if field.name in before:
                self.compare(before[field.name].type, field.type)
            elif _is_said(field):
                self._tell(field, now)

    def _tell(self, field: FieldDescription, number: int) -> None:
        name = field.attribute or field.name
        self._report.add(
            self._report.location_of(number, self._place.request, field.attribute),
            "durable-default",
            f"{name!r}, which is new in the argument of {self._called}, is {field.default} unless "
            "it is said: a call that an old caller has left and a new one leaves again, with the "
            "same key, has other arguments then, and is refused",
            "let it be zero, empty or None by default, and mean that; or see that no key is used "
            "by both",
        )


def _is_said(field: FieldDescription) -> bool:
    """Return True for a field that is not zero where nothing is said."""
    if not (field.has_default and field.default):
        return False
    try:
        return bool(ast.literal_eval(field.default))
    except ValueError:  # such as set()
        return False
