"""Types that have an obvious counterpart in Go, beside those of every day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Generic, Literal, Protocol, TypeVar

from attrs import define, frozen
from rpcgen.types import interface, struct_args
from typing_extensions import deprecated

T = TypeVar("T")


@frozen
class User:
    name: str


@define
class Blob:
    bytes: bytes
    list: list[int]


@define
class Page(Generic[T]):
    items: list[T]
    next: T | None = None


@define
class UserPage(Page[User]):
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    level: Literal["low", "high"] = "low"
    tags: frozenset[str] = frozenset()
    limits: Mapping[str, int] = field(default_factory=dict[str, int])


class Types(Protocol):
    def blobs(self, blob: Blob) -> set[str]: ...

    def pages(self, page: Page[int], users: UserPage) -> Page[User]: ...

    def find(self, filter: Filter, names: Sequence[str] = ()) -> Mapping[User, Sequence[int]]: ...

    def level(self, level: Literal[1, 2]) -> Literal["a", "b"]: ...

    def owner(self, owner: Annotated[User, interface]) -> list[Annotated[User, interface]]: ...

    @struct_args
    def one(self, name: str) -> int:
        """Take a struct, so that there is room for more."""
        ...

    @struct_args
    def optional(self, owner: User | None = None) -> None: ...

    @deprecated("use find instead")
    def search(self, name: str) -> UserPage:
        """Find no more."""
        ...
