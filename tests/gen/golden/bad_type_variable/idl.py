from typing import Generic, Literal, Protocol, TypeVar

from attrs import define

T = TypeVar("T")


@define
class Page(Generic[T]):
    items: list[T]


@define
class Orders(Page):
    pass


@define
class Growing(Generic[T]):
    inner: "Growing[list[T]] | None"


class Service(Protocol):
    def literal(self, value: Literal["a", 1]) -> Page: ...

    def generic(self, value: T) -> list[T]: ...

    def subclass(self, value: Orders) -> Page[T]: ...

    def growing(self, value: Growing[int]) -> None: ...
