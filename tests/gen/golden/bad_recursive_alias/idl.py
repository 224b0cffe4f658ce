from __future__ import annotations

from typing import Protocol, Union

from attrs import define

Tree = list["Tree"]
Json = Union[str, "list[Json]"]
Left = list["Right"]
Right = list["Left"]


@define
class Message:
    tree: Tree


class Trees(Protocol):
    def grow(self, tree: Tree) -> Json: ...

    def both(self, left: Left, message: Message) -> None: ...
