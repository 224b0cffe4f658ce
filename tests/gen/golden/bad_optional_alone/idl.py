from typing import Optional, Protocol

from attrs import define


@define
class Circle:
    radius: float


@define
class Square:
    side: float


class Shapes(Protocol):
    def find(self, name: str | None) -> Circle | None: ...

    def any(self, shape: Circle | Square | None) -> Optional[int]: ...

    def fine(self, name: str | None, shape: Circle | Square | None) -> None: ...
