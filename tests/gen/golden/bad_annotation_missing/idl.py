from typing import Protocol


class Arith(Protocol):
    def multiply(self, a, b: int) -> int: ...

    def divide(self, a: int, b: int): ...
