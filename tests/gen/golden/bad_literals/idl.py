from enum import IntEnum
from typing import Literal, Optional, Protocol

from attrs import define


class Tint(IntEnum):
    RED = 1
    BLUE = 2


@define
class Sample:
    two: Literal["a"] | Literal["b"]
    wide: Literal["a"] | str
    numbers: Literal[1] | Literal[2, 3] | None
    loose: Literal[1, None] | int
    mixed: Literal["a"] | int
    flag: Literal[True]
    maybe: Literal[True, None]
    switch: Optional[Literal[True, False]] = None
    data: "Literal[b'x'] | None" = None


class Literals(Protocol):
    def red(self, tint: Literal[Tint.RED]) -> None: ...

    def nothing(self, value: Literal[None]) -> None: ...

    def several(self, value: Literal["a", 1]) -> Literal[()]: ...

    def sample(self, value: Sample) -> list[Literal[1] | Literal[2]]: ...
