from typing import Protocol


class Arith(Protocol):
    def multiply(self, a: int) -> int: ...


class More(Arith):
    def divide(self, a: int) -> int: ...
