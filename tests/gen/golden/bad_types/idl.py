from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple, Optional, Protocol, TypedDict

from attrs import define


class Plain:
    x: int


class Data(Protocol):
    x: int


class Typed(TypedDict):
    x: int


class Named(NamedTuple):
    x: int


@define
class Message:
    good: int
    bad: bytearray
    worse: "list[Plain]"
    optional: Optional[Iterable[str]] = None


class Types(Protocol):
    def sets(self, value: set) -> frozenset: ...

    def functions(self, value: Callable[[int], int]) -> None: ...

    def plain(self, value: Plain) -> Data: ...

    def typed(self, value: Typed) -> Named: ...

    def bare(self, value: list) -> dict: ...

    def pair(self, value: tuple[int, str]) -> tuple: ...

    def abstract(self, value: Sequence) -> object: ...

    def mutable(self, value: bytearray) -> memoryview: ...

    def nested(self, value: dict[str, list[bytearray]]) -> None: ...

    def message(self, value: Message) -> Message: ...
