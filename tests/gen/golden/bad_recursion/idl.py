from typing import Annotated, Protocol

from attrs import define
from rpcgen.types import length


@define
class Direct:
    again: "Direct"


@define
class Left:
    right: "Right"


@define
class Right:
    left: Annotated["tuple[Left, ...]", length(2)]


@define
class Fine:
    optional: "Fine | None"
    several: "list[Fine]"
    named: "dict[str, Fine]"


class Trees(Protocol):
    def direct(self, value: Direct) -> Fine: ...

    def left(self, value: Left) -> Right: ...
