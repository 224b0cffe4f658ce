from typing import Any, Protocol

from attrs import define, frozen


@define
class Mutable:
    x: int


@frozen
class Deep:
    numbers: list[int]


class Maps(Protocol):
    def lists(self, value: dict[list[int], str]) -> dict[bytes, int]: ...

    def mutable(self, value: dict[Mutable, str]) -> dict[str, dict[Deep, int]]: ...
