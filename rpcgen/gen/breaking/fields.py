"""Two versions of a struct compared, field by field."""

from __future__ import annotations

from attrs import frozen

from ...protocol.reflection import FieldDescription
from ...types import json_tag
from ..diagnostics import Location
from .report import Report
from .spelling import spelled

__all__ = ["SharedField", "compare_fields"]


@frozen
class SharedField:
    """A field of both versions: its types, where it is written, and words for it."""

    was: int
    now: int
    location: Location
    what: str


def compare_fields(report: Report, was: int, now: int, location: Location) -> list[SharedField]:
    """Find what has changed between the fields of two structs; ``None`` has none.

    Args:
        report: Takes what is found.
        was: Number of the old struct.
        now: Number of the new one.
        location: Where the new one is used.

    Returns:
        The fields that are in both, whose types are to be compared.
    """
    return _Fields(report, was, now, location).compare()


class _Fields:
    """The fields of two structs."""

    def __init__(self, report: Report, was: int, now: int, location: Location) -> None:
        self._report = report
        self._number = now
        self._location = location
        self._before = report.old[was].fields
        self._after = report.new[now].fields
        self._cls = report.new[now].python or report.old[was].python
        self._by_wire = {each.name: each for each in self._after}
        # Go matches the names of JSON in any case.
        self._by_json = {_json_name(each).casefold(): each for each in self._after}

    def compare(self) -> list[SharedField]:
        shared: list[SharedField] = []
        for field in self._before:
            gob, json = self._by_wire.get(field.name), self._in_json(field)
            lost = [codec for codec, now in (("gob", gob), ("json", json)) if now is None]
            if lost:
                self._tell_lost(field, gob, lost)
            now = gob or json
            if now is not None:
                self._compare_embedding(field, now)
                self._compare_quoting(field, now)
                shared.append(
                    SharedField(field.type, now.type, self._place(now), self._called(now))
                )
        return shared

    def _in_json(self, field: FieldDescription) -> FieldDescription | None:
        """Return the new field that JSON takes an old one for; itself, if it stays out of JSON."""
        name = _json_name(field)
        return self._by_json.get(name.casefold()) if name else field

    def _tell_lost(
        self, field: FieldDescription, now: FieldDescription | None, lost: list[str]
    ) -> None:
        if now is not None:
            self._tell_json_name(field, now)
            return
        same = next((each for each in self._after if each.attribute == field.attribute), None)
        if same is None:
            self._tell_removed(field, lost)
            return
        self._report.add(
            self._place(same),
            "field-renamed",
            f"{self._called(same)} is {same.name!r} on the wire, and was {field.name!r}: "
            "what one side sends in it is lost at the other, without an error",
            f"keep the name: {_keep(same, field.name)}",
            lost,
        )

    def _tell_removed(self, field: FieldDescription, lost: list[str]) -> None:
        hint = "leave it until no old peer is left"
        likely = self._likely(field)
        if likely is not None:
            hint += f"; if {likely.attribute!r} is its new name, write {_keep(likely, field.name)}"
        self._report.add(
            self._report.location_of(self._number, self._location),
            "field-removed",
            f"{self._called(field)}, {field.name!r} on the wire, is gone: what old peers send in "
            f"it is lost, and they get {_default(field)} in its place, without an error",
            hint,
            lost,
        )

    def _tell_json_name(self, field: FieldDescription, now: FieldDescription) -> None:
        was, name = _json_name(field), _json_name(now)
        how = f"is {name!r} in JSON" if name else "stays out of JSON"
        self._report.add(
            self._place(now),
            "json-name-changed",
            f"{self._called(now)} {how}, and was {was!r}: what one side sends in it is lost "
            "at the other, without an error",
            f'keep the name: {now.attribute}: Annotated[..., json_tag("{was}")]',
            ("json",),
        )

    def _compare_embedding(self, was: FieldDescription, now: FieldDescription) -> None:
        if was.embedded is now.embedded or _tag_name(was) or _tag_name(now):
            return
        self._report.add(
            self._place(now),
            "embedding-changed",
            f"{self._called(now)} is {'' if now.embedded else 'not '}embedded now: in JSON its "
            "fields stand in another object",
            "leave it as it was",
            ("json",),
        )

    def _compare_quoting(self, was: FieldDescription, now: FieldDescription) -> None:
        is_quoted = "string" in json_tag(now.json).options
        if is_quoted is ("string" in json_tag(was.json).options):
            return
        self._report.add(
            self._place(now),
            "type-changed",
            f"{self._called(now)} is {'' if is_quoted else 'not '}a string in JSON now, by the "
            "option string of its json_tag: neither side takes it for the other",
            "leave it as it was",
            ("json",),
        )

    def _likely(self, field: FieldDescription) -> FieldDescription | None:
        """Return the only new field of the type of an old one, which may be the same renamed."""
        known = {each.name for each in self._before}
        kind = spelled(self._report.old, field.type)
        added = [
            each
            for each in self._after
            if each.name not in known and spelled(self._report.new, each.type) == kind
        ]
        return added[0] if len(added) == 1 else None

    def _place(self, field: FieldDescription) -> Location:
        return self._report.location_of(self._number, self._location, field.attribute)

    def _called(self, field: FieldDescription) -> str:
        return f"field {field.attribute!r} of {self._cls}"


def _keep(field: FieldDescription, name: str) -> str:
    return f'{field.attribute}: Annotated[..., wire("{name}")]'


def _default(field: FieldDescription) -> str:
    return f"its default, {field.default}," if field.default else "its default or zero"


def _tag_name(field: FieldDescription) -> str:
    return json_tag(field.json).name


def _json_name(field: FieldDescription) -> str:
    """Return the name of a field in JSON, empty if it stays out of it."""
    return "" if json_tag(field.json).omitted else _tag_name(field) or field.name
