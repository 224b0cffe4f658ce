from abc import ABC, abstractmethod
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from attrs import define


class ModelMeta(type):
    """As of pydantic, whose classes take no other decorator."""


class BaseModel(metaclass=ModelMeta):
    pass


class User(BaseModel):
    name: str


class Point(Protocol):
    x: int
    y: int


class Shape(ABC):
    @abstractmethod
    def area(self) -> float: ...


class Drawable(Protocol):
    def draw(self) -> int: ...


@define
class Circle(Shape):
    radius: float

    def area(self) -> float:
        return self.radius


class Service(Protocol):
    def user(self, user: User) -> Point: ...

    def area(self, shape: Shape) -> list[Drawable]: ...

    def price(self, path: Path) -> Decimal: ...
