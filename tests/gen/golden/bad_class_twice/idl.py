from typing import Protocol


class Arith(Protocol):
    def multiply(self, a: int) -> int: ...


class Arith(Protocol):
    def divide(self, a: int) -> int: ...
