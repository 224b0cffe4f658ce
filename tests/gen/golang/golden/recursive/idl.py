# Written by `rpcgen from-go recursive`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: f0f74f5d630573c1

"""Package recursive has types that hold themselves."""

from __future__ import annotations

from typing import Annotated, Protocol

from attrs import define, field
from rpcgen.types import length


@define
class Node:
    """Node holds itself in every way that an IDL can say, and in two that it cannot."""

    name: str = ""
    # Forest is left out: recursive.Forest holds itself, and is no struct.
    # Tree is left out: recursive.Tree holds itself, and is no struct.
    next: Node | None = None
    list_: list[Node] = field(factory=list)
    by_name: dict[str, Node] = field(factory=dict)
    deep: Node | None = None
    other: Other | None = None


@define
class Other:
    """Other holds itself through another."""

    node: Node | None = None


@define
class Link:
    """Link has an array of pointers to itself."""

    name: str = ""
    ends: Annotated[list[Link | None], length(2)] = field(factory=lambda: [None] * 2)


class Service(Protocol):
    def echo(self, args: Node) -> Node: ...

    # Grow is left out: recursive.Forest holds itself, and is no struct.
    def ends(self, args: Link) -> Link:
        """Ends takes what no gob can send: a link always lacks its own ends."""
        ...
