"""Which fields a message has in JSON, by the rules of Go's ``encoding/json``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from attrs import frozen

from rpcgen.schema import Field, Pointer, Schema, Struct

__all__ = ["Member", "Owner", "by_fold", "fold", "members_of"]


@frozen(eq=False)
class Owner:
    """A message whose fields stand in the object: the message itself, or one embedded in it.

    ``outer`` and ``field`` say where an embedded one is.
    """

    schema: Struct[Any]
    outer: Owner | None = None
    field: Field | None = None

    @property
    def depth(self) -> int:
        """How many messages this one is embedded in."""
        return 0 if self.outer is None else self.outer.depth + 1


@frozen(eq=False)
class Member:
    """One field in an object: its name there, and whose field it is."""

    name: str
    owner: Owner
    field: Field
    tagged: bool = False

    @property
    def omit_empty(self) -> bool:
        return self.field.json is not None and "omitempty" in self.field.json.options

    @property
    def omit_zero(self) -> bool:
        return self.field.json is not None and "omitzero" in self.field.json.options


def members_of(schema: Struct[Any]) -> tuple[list[Owner], list[Member]]:
    """Return the message with all that are embedded in it, outer ones first; and what is sent.

    Of two fields with one name, the one that is embedded less deeply is sent;
    at equal depth the one that has its name by a tag; else neither.
    """
    owners: list[Owner] = []
    found = list(_found(Owner(schema), owners))
    by_name: dict[str, list[Member]] = defaultdict(list)
    for member in found:
        by_name[member.name].append(member)
    return owners, [member for member in found if _dominant(by_name[member.name]) is member]


def _found(owner: Owner, owners: list[Owner]) -> Iterator[Member]:
    owners.append(owner)
    for field in owner.schema.fields:
        name = "" if field.json is None else field.json.name
        if field.json is not None and field.json.omitted:
            continue
        embedded = _message(field.schema) if field.embedded and not name else None
        if embedded is None:
            yield Member(name or field.wire_name, owner, field, bool(name))
        elif not _is_inside(embedded, owner):
            yield from _found(Owner(embedded, owner, field), owners)


def _message(schema: Schema[Any]) -> Struct[Any] | None:
    base = schema.element if isinstance(schema, Pointer) else schema
    return base if isinstance(base, Struct) else None


def _is_inside(schema: Struct[Any], owner: Owner | None) -> bool:
    while owner is not None:
        if owner.schema is schema:
            return True
        owner = owner.outer
    return False


def _dominant(members: list[Member]) -> Member | None:
    depth = min(member.owner.depth for member in members)
    highest = [member for member in members if member.owner.depth == depth]
    if len(highest) > 1:
        highest = [member for member in highest if member.tagged]
    return highest[0] if len(highest) == 1 else None


def by_fold(members: list[Member]) -> dict[str, Member]:
    """Return the members by what `fold` makes of their names.

    Where names differ in case only, keys that are like neither are for the one
    that is embedded less deeply, and of these for the first.
    """
    found: dict[str, Member] = {}
    for member in sorted(members, key=lambda member: member.owner.depth):
        found.setdefault(fold(member.name), member)
    return found


def fold(key: str) -> str:
    """Return what keys that differ in case only have in common.

    Unicode calls it simple case folding: character by character, so that "ß"
    is not "ss".
    """
    if key.isascii():
        return key.lower()
    return "".join(map(_fold_character, key))


def _fold_character(character: str) -> str:
    folded = character.casefold()
    if len(folded) == 1:
        return _FOLDS.get(folded, folded)
    return _FOLDS.get(character, character.lower())


# What Python folds to several characters, and what its tables may be too old for: the last ones
# are pairs of Unicode 16 and 17, which Go has.
_FOLDS: Final[dict[str, str]] = {
    chr(code): chr(code + distance)
    for codes, distance in (
        ((0x1FD3,), 0x390 - 0x1FD3),
        ((0x1FE3,), 0x3B0 - 0x1FE3),
        ((0xFB05, 0x1C89, 0xA7CC, 0xA7CE, 0xA7D2, 0xA7D4, 0xA7DA), 1),
        ((0xA7CB,), 0x264 - 0xA7CB),
        ((0xA7DC,), 0x19B - 0xA7DC),
        (range(0x10D50, 0x10D66), 0x20),
        (range(0x16EA0, 0x16EB9), 0x1B),
    )
    for code in codes
}
