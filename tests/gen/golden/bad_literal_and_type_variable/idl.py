from collections.abc import Mapping
from typing import Literal, Protocol, TypeVar

T = TypeVar("T")


class Service(Protocol):
    def literal(self, value: Literal["a", "b"]) -> Mapping[str, int]: ...

    def generic(self, value: T) -> list[T]: ...
