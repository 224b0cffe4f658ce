"""Findings of a comparison, and what they are said of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..describe import TypePlace
from ..diagnostics import Location
from ..findings import BreakingRule, Finding
from .fit import Types

__all__ = ["Report"]


class Report:
    """Findings, in the order in which they were found.

    Args:
        old: The types as peers know them that are in use.
        new: The types as they are to be.
        places: Where the new types are written, by their numbers.
        codecs: The codecs that findings are kept of.
    """

    def __init__(
        self,
        old: Types,
        new: Types,
        places: Mapping[int, TypePlace],
        codecs: frozenset[str] = frozenset({"gob", "json"}),
    ) -> None:
        self.old = old
        self.new = new
        self.findings: list[Finding] = []
        self._places = places
        self._codecs = codecs

    def within(self, codecs: frozenset[str]) -> Report:
        """Return a report that adds to the same findings, but keeps those of fewer codecs.

        Args:
            codecs: The codecs.
        """
        report = Report(self.old, self.new, self._places, self._codecs & codecs)
        report.findings = self.findings
        return report

    def add(
        self,
        location: Location,
        rule: BreakingRule,
        reason: str,
        hint: str,
        codecs: Iterable[str] = ("gob", "json"),
    ) -> None:
        """Add a finding; see `Finding`."""
        kept = tuple([each for each in codecs if each in self._codecs])
        if kept:
            self.findings.append(Finding(location, rule, reason, hint, kept))

    def location_of(self, number: int, location: Location, member: str = "") -> Location:
        """Return where a new type or its member is written.

        Args:
            number: Number of the type.
            location: Where it is used, which is told if it has no place of its own.
            member: Name of a field or member in Python.
        """
        place = self._places.get(self.new.pointed_to(number))
        if place is None:
            return location
        return place.members.get(member, place.location)
