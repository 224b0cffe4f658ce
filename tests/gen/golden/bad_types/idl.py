from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Optional, Protocol, TypedDict

from attrs import define


class Plain:
    x: int


@dataclass
class Data:
    x: int


class Typed(TypedDict):
    x: int


class Named(NamedTuple):
    x: int


@define
class Message:
    good: int
    bad: set[int]
    worse: "list[Plain]"
    optional: Optional[frozenset[str]] = None


class Types(Protocol):
    def sets(self, value: set[int]) -> frozenset[str]: ...

    def functions(self, value: Callable[[int], int]) -> None: ...

    def plain(self, value: Plain) -> Data: ...

    def typed(self, value: Typed) -> Named: ...

    def bare(self, value: list) -> dict: ...

    def pair(self, value: tuple[int, str]) -> tuple: ...

    def abstract(self, value: Sequence[int]) -> object: ...

    def mutable(self, value: bytearray) -> memoryview: ...

    def nested(self, value: dict[str, list[set[int]]]) -> None: ...

    def message(self, value: Message) -> Message: ...
