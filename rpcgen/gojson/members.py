"""Fields of a message in JSON, by the rules of Go's ``encoding/json``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import frozen

from rpcgen.schema import Field
from rpcgen.schema.plan import Node, Op

__all__ = ["Member", "Owner", "by_fold", "fold", "members_of"]


_QUOTABLE: Final = (Op.BOOL, Op.INT, Op.UINT, Op.FLOAT, Op.STRING, Op.ENUM, Op.DURATION)


@frozen(eq=False)
class Owner:
    """A message whose fields stand in the object: the message itself, or one embedded in it.

    Attributes:
        node: The type of the message.
        outer: The message that it is embedded in; None for the one that is the object.
        field: The field of ``outer`` that holds it.
    """

    node: Node
    outer: Owner | None = None
    field: Field | None = None

    @property
    def depth(self) -> int:
        """Number of messages that this one is embedded in."""
        return 0 if self.outer is None else self.outer.depth + 1


@frozen(eq=False)
class Member:
    """One field in an object.

    Attributes:
        name: Its name there.
        owner: The message whose field it is.
        field: The field.
        node: The type of the field.
        tagged: True if the name is that of a tag.
    """

    name: str
    owner: Owner
    field: Field
    node: Node
    tagged: bool = False

    @property
    def omit_empty(self) -> bool:
        """True if Go leaves out what is empty."""
        return self._has("omitempty")

    @property
    def is_quoted(self) -> bool:
        """True if Go puts its text into a string, which it does with numbers, bools and strings."""
        return self._has("string") and self.node.op in _QUOTABLE

    def _has(self, option: str) -> bool:
        return self.field.json is not None and option in self.field.json.options

    @property
    def omit_zero(self) -> bool:
        """True if Go leaves out what is zero."""
        return self._has("omitzero")


def members_of(nodes: Sequence[Node], struct: Node) -> tuple[list[Owner], list[Member]]:
    """Find what a message has in JSON.

    Of two fields with one name, the one that is embedded less deeply is sent;
    at equal depth the one that has its name by a tag; else neither.

    Args:
        nodes: The types of the plan.
        struct: The type of the message, one of them.

    Returns:
        The message with all that are embedded in it, outer ones first; and the
        fields that are sent, in their order.
    """
    owners: list[Owner] = []
    found = list(_found(nodes, Owner(struct), owners))
    by_name: dict[str, list[Member]] = defaultdict(list)
    for member in found:
        by_name[member.name].append(member)
    return owners, [member for member in found if _dominant(by_name[member.name]) is member]


def _found(nodes: Sequence[Node], owner: Owner, owners: list[Owner]) -> Iterator[Member]:
    owners.append(owner)
    for field, number in owner.node.members:
        name = "" if field.json is None else field.json.name
        if field.json is not None and field.json.omitted:
            continue
        node = nodes[number]
        is_message = node.op is Op.STRUCT and node.lower is None
        if not (is_message and field.embedded and not name):
            yield Member(name or field.wire_name, owner, field, node, bool(name))
        elif not _is_inside(node, owner):
            yield from _found(nodes, Owner(nodes[node.plain], owner, field), owners)


def _is_inside(node: Node, owner: Owner | None) -> bool:
    while owner is not None:
        if owner.node.number == node.plain:
            return True
        owner = owner.outer
    return False


def _dominant(members: list[Member]) -> Member | None:
    depth = min(member.owner.depth for member in members)
    highest = [member for member in members if member.owner.depth == depth]
    if len(highest) > 1:
        highest = [member for member in highest if member.tagged]
    return highest[0] if len(highest) == 1 else None


def by_fold(members: Iterable[Member]) -> dict[str, Member]:
    """Find members whatever the case of their names.

    Where names differ in case only, keys that are like neither are for the one
    that is embedded less deeply, and of these for the first.

    Args:
        members: The members of a message.

    Returns:
        The members by what `fold` makes of their names.
    """
    found: dict[str, Member] = {}
    for member in sorted(members, key=lambda member: member.owner.depth):
        found.setdefault(fold(member.name), member)
    return found


def fold(key: str) -> str:
    """Return what keys that differ in case only have in common.

    Unicode calls it simple case folding: character by character, so that "ß"
    is not "ss".

    Args:
        key: The key of an object, or the name of a member.

    Returns:
        The same text for all keys that differ in case only.
    """
    if key.isascii():
        return key.lower()
    return "".join(map(_fold_character, key))


def _fold_character(character: str) -> str:
    folded = character.casefold()
    if len(folded) == 1:
        return _FOLDS.get(folded, folded)
    return _FOLDS.get(character, character.lower())


# Characters that Python folds to several, and those that its tables may be too old for: the last
# ones are pairs of Unicode 16 and 17, which Go has.
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
