from typing import Protocol

from .common import Point


class Shapes(Protocol):
    def move(self, point: Point, *by: int) -> Point: ...
