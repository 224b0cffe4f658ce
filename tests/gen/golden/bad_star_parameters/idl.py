from typing import Protocol


class Arith(Protocol):
    def add(self, *numbers: int) -> int: ...

    def configure(self, name: str, **options: str) -> None: ...
