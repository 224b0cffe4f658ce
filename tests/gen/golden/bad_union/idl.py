from typing import Protocol, Union

from attrs import define


@define
class Circle:
    radius: float


class Shapes(Protocol):
    def area(self, shape: Circle | int) -> Union[int, str]: ...

    def areas(self, shapes: list["Circle | bytes | None"]) -> float: ...
