from typing import Any, Protocol

from attrs import define
from interfaces.common import Point


@define
class Circle:
    center: Point
    radius: float


@define
class Box:
    content: Any


class Boxes(Protocol):
    def pack(self, box: Box) -> Circle | Point: ...
