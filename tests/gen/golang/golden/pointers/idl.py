# Written by `rpcgen from-go pointers`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: 59acea25cddefd90

"""Services of the Go package golden/pointers."""

from __future__ import annotations

from typing import Protocol

from attrs import define, field


@define
class Tree:
    """Tree holds itself."""

    value: int = 0
    left: Tree | None = None
    right: Tree | None = None
    others: list[Tree] = field(factory=list)
    by_name: dict[str, Tree] = field(factory=dict)


@define
class Maybe:
    number: int | None = None
    text: str | None = None
    twice: int | None = None
    tree: Tree | None = None
    slice: list[int] | None = None
    map: dict[str, int] | None = None


class Service(Protocol):
    def tree(self, args: Tree) -> Tree: ...

    def maybe(self, args: Maybe) -> Maybe: ...

    def new(self, args: str) -> Tree: ...
