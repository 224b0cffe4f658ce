"""Members that come twice in an object: Go decodes the second into what the first has left.

So messages and maps get the members of both, lists are merged element by
element, and a null leaves what is no pointer alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from rpcgen.errors import DecodeError
from rpcgen.schema.plan import Node, Op, Plan

from .base64 import bytes_of_base64
from .members import by_fold, fold, members_of

__all__ = ["merged"]

Takes: TypeAlias = Callable[[Node, object], bool]
"""Says that a parsed value fits a type."""

# Number of times that one member of a message may come: each costs as much as all before it.
_MAX_REPEATED_MEMBERS: Final = 100
# The types of which that is so.
_ADDING: Final = frozenset((Op.ARRAY, Op.BYTES, Op.LIST, Op.MAP, Op.STRUCT))
# The types of which null is a value, and no sign that there is none.
_NULLABLE: Final = frozenset((Op.BYTES, Op.INTERFACE, Op.LIST, Op.MAP))


def merged(plan: Plan, value: Any, takes: Takes) -> Any:
    """Put together what comes twice.

    Args:
        plan: The type of the value.
        value: A parsed value.
        takes: Says that a part fits its type.

    Returns:
        The value, in which each member of a message comes once.

    Raises:
        DecodeError: If a member comes too often.
    """
    return _Merger(plan.nodes, takes).merged(plan.root, value)


class _Merger:
    def __init__(self, nodes: tuple[Node, ...], takes: Takes) -> None:
        self._nodes = nodes
        self._takes = takes

    def merged(self, number: int, value: Any) -> Any:
        node = self._plain(number)
        match node.op:
            case Op.STRUCT if value.__class__ is tuple:
                has_own_json = hasattr(node.schema.cls, "unmarshal_json")
                return value if has_own_json else self._message(node, value)
            case Op.MAP if value.__class__ is tuple:
                return tuple((key, self.merged(node.children[1], item)) for key, item in value)
            case Op.LIST | Op.ARRAY if value.__class__ is list:
                return [self.merged(node.children[0], item) for item in value]
        return value

    def _plain(self, number: int) -> Node:
        return self._nodes[self._nodes[number].plain]

    def _message(self, node: Node, value: Any) -> Any:
        members = members_of(self._nodes, node)[1]
        by_name = {member.name: member for member in members}
        folded = by_fold(members)
        found: dict[str, list[tuple[str, Any]]] = defaultdict(list)
        for key, item in value:
            member = by_name.get(key) or folded.get(fold(key))
            if member is not None:
                found[member.name].append((key, item))
        return tuple(
            self._member(by_name[name].node.number, pairs) for name, pairs in found.items()
        )

    def _member(self, number: int, pairs: list[tuple[str, Any]]) -> Any:
        """Return one member for those of the same name."""
        if len(pairs) > _MAX_REPEATED_MEMBERS and self._nodes[number].op in _ADDING:
            raise DecodeError(
                f"json: one member comes {len(pairs)} times; the limit is {_MAX_REPEATED_MEMBERS}"
            )
        joined = self._joined(number, [item for _, item in pairs])
        # An error says the key as it was spelled.
        key = next((key for key, item in pairs if item is joined), pairs[-1][0])
        return key, self.merged(number, joined)

    def _joined(self, number: int, items: list[Any]) -> Any:
        """Return one value for those that came one after the other."""
        if len(items) == 1:
            return items[0]
        node = self._plain(number)
        is_ip = node.schema.name == "net.IP"
        if (node.number != number or node.op in _NULLABLE) and not is_ip:
            items = _after_null(items)
        else:
            items = [item for item in items if item is not None]
        if not items:
            return None
        match node.op:
            case Op.STRUCT | Op.MAP:
                return _joined_objects(items)
            case Op.LIST | Op.ARRAY | Op.BYTES if not is_ip:
                return self._joined_lists(node, items)
        # The first one that does not fit is the error; else the last one counts.
        return next((item for item in items if not self._takes(node, item)), items[-1])

    def _joined_lists(self, node: Node, items: list[Any]) -> Any:
        # In Go, elements beyond the end of a list come to light again when it grows.
        backing: list[list[Any]] = []
        count = 0
        for item in items:
            if item.__class__ is str:
                item = bytes_of_base64(item)
                backing.clear()
            if item.__class__ is not list and item.__class__ is not bytes:
                return item
            if not item:
                backing.clear()
            for place, each in enumerate(item):
                if place < len(backing):
                    backing[place].append(each)
                else:
                    backing.append([each])
            count = len(item)
            if node.op is Op.ARRAY:
                del backing[count:]
        if node.op is Op.BYTES:
            return [_joined_bytes(each) for each in backing[:count]]
        return [self._joined(node.children[0], each) for each in backing[:count]]


def _after_null(items: list[Any]) -> list[Any]:
    """Return what comes after the last null, after which nothing is left of what was there."""
    for number in range(len(items) - 1, -1, -1):
        if items[number] is None:
            return items[number + 1 :]
    return items


def _joined_objects(items: list[Any]) -> Any:
    wrong = next((item for item in items if item.__class__ is not tuple), None)
    if wrong is not None:
        return wrong
    return tuple(pair for item in items for pair in item)


def _joined_bytes(items: list[Any]) -> Any:
    if len(items) == 1:
        return items[0]
    items = [item for item in items if item is not None]
    return next((item for item in items if not _is_byte(item)), items[-1] if items else None)


def _is_byte(item: object) -> bool:
    return type(item) is int and 0 <= item < 256
