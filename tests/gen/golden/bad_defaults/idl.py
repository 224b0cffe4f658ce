from enum import Enum
from typing import Protocol

from attrs import frozen


@frozen
class Point:
    x: int = 0


LIMIT = 10


class Service(Protocol):
    def named(self, limit: int = LIMIT) -> None: ...

    def made(self, point: Point = Point()) -> None: ...

    def mutable(self, names: list[str] = [], ages: dict[str, int] = {}) -> None: ...

    def left_out(self, a: int = ..., b: int = 3 * 4) -> None: ...
