from typing import Protocol


class Arith(Protocol)
    def multiply(self, a: int) -> int: ...
