from typing import Generic, Protocol, TypeVar

T = TypeVar("T")


class Store(Protocol[T]):
    def get(self, key: str) -> T: ...


class Other(Generic[T], Protocol):
    def put(self, value: T) -> None: ...


class _Base(Protocol[T]):
    def count(self, value: int) -> int: ...


class Numbers(_Base[int], Protocol):
    def last(self) -> int: ...
