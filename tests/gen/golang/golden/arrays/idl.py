# Written by `rpcgen from-go arrays`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: 15e2f3e864cd53c7

"""Services of the Go package golden/arrays."""

from __future__ import annotations

from typing import Annotated, Protocol

from attrs import define, field, frozen
from rpcgen.types import length


@define
class Cell:
    x: int = 0
    y: int = 0


@define
class Arrays:
    numbers: Annotated[list[int], length(3)] = field(factory=lambda: [0] * 3)
    digest: Annotated[bytes, length(4)] = bytes(4)
    words: Annotated[list[str], length(3)] = field(factory=lambda: [""] * 3)
    cells: Annotated[list[Cell], length(2)] = field(factory=lambda: [Cell() for _ in range(2)])
    grid: Annotated[list[Annotated[list[float], length(2)]], length(2)] = field(
        factory=lambda: [[0.0] * 2 for _ in range(2)]
    )
    lists: Annotated[list[list[int]], length(2)] = field(factory=lambda: [[] for _ in range(2)])
    by_key: dict[Annotated[tuple[int, ...], length(2)], str] = field(factory=dict)
    by_part: dict[Key, int] = field(factory=dict)


@frozen
class Key:
    parts: Annotated[tuple[str, ...], length(2)] = ("",) * 2


class Service(Protocol):
    def echo(self, args: Arrays) -> Arrays: ...

    def swap(self, args: Annotated[list[int], length(2)]) -> Annotated[list[int], length(2)]: ...
