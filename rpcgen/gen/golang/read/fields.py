"""Fields of structs: which of them travel, and as what in JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from attrs import frozen

from .methods import Methods
from .syntax import Field, Place
from .types import (
    BasicType,
    ChanType,
    FuncType,
    GoType,
    KnownGoType,
    NamedType,
    Resolver,
    StructType,
    pointed_to,
)

__all__ = ["Fields", "StructField"]

_TAG: Final = re.compile(r'(?:^|\s)json:"((?:[^"\\]|\\.)*)"')

# Options of tags that an IDL can say.
_OPTIONS: Final = ("omitempty", "omitzero", "string")


_PASSED_OVER: Final = "gob passes over"


@frozen
class StructField:
    """An exported field.

    Attributes:
        name: Name on gob.
        type: Type as it is declared.
        json: Tag of JSON, empty if there is none.
        embedded: True if its own fields stand in its place in JSON.
        doc: Comment.
        remarks: What else is to be said.
        left_out: Reason why the field does not travel, empty if it does.
        place: Place in the source.
    """

    name: str
    type: GoType
    json: str
    embedded: bool
    doc: str
    remarks: tuple[str, ...]
    left_out: str
    place: Place


class Fields:
    """Lists the fields of structs."""

    def __init__(self, resolver: Resolver, methods: Methods) -> None:
        self._resolver = resolver
        self._methods = methods

    def of(self, struct: StructType) -> Iterator[StructField]:
        """Yield the exported fields of a struct, those that do not travel with the reason.

        Args:
            struct: The struct.
        """
        for field in struct.expression.fields:
            type_ = self._resolver.resolve(field.type, struct.scope)
            if field.name[:1].isupper():
                yield self._field(field, type_)
            elif field.embedded and self._has_fields(type_):
                reason = "Go embeds it without exporting it: gob has nothing of it, JSON its fields"
                yield StructField(field.name, type_, "", True, "", (), reason, field.place)

    def nothing_travels(self, struct: StructType) -> bool:
        """Return True for a struct that has fields, but none which gob sends.

        Args:
            struct: The struct.
        """
        exported = [each for each in self.of(struct) if each.name[:1].isupper()]
        return bool(struct.expression.fields) and all(
            each.left_out.startswith(_PASSED_OVER) for each in exported
        )

    def _field(self, field: Field, type_: GoType) -> StructField:
        tag = _json_tag(field.tag)
        name, *options = tag.split(",")
        other = [each for each in options if each and each not in _OPTIONS]
        remarks = [f"Go's tag has {each!r} as well, which is not known here." for each in other]
        known = [each for each in options if each in _OPTIONS]
        if name == "-" and options and not known:
            known = [""]  # a field that is called so, while one with "-" alone stays out
        json = ",".join([name, *known])
        is_embedded = field.embedded and not name and self._is_struct(type_)
        return StructField(
            field.name,
            type_,
            json,
            is_embedded,
            field.doc,
            tuple(remarks),
            self._reason(type_),
            field.place,
        )

    def _reason(self, of: GoType) -> str:
        """Return why a field of a type does not travel, empty if it does."""
        target = self._resolver.underlying(pointed_to(of))
        if isinstance(target, FuncType | ChanType):
            return f"{_PASSED_OVER} a {target}"
        if isinstance(target, StructType) and not self._methods.encoding(pointed_to(of)):
            fields = target.expression.fields
            if fields and not any(field.name[:1].isupper() for field in fields):
                return f"{of} has no exported fields; gob refuses every message with such a field"
        if target == BasicType("uintptr") and str(of).startswith("unsafe."):
            return "a pointer of unsafe does not travel"
        return ""

    def _is_struct(self, of: GoType) -> bool:
        target = pointed_to(of)
        if isinstance(target, KnownGoType):
            return False
        return isinstance(self._resolver.underlying(target), StructType)

    def _has_fields(self, of: GoType) -> bool:
        under = self._resolver.underlying(pointed_to(of))
        if not isinstance(under, StructType) or not isinstance(pointed_to(of), NamedType):
            return False
        return any(field.name[:1].isupper() for field in under.expression.fields)


def _json_tag(tag: str) -> str:
    found = _TAG.search(tag)
    return re.sub(r"\\(.)", r"\1", found[1]) if found else ""
