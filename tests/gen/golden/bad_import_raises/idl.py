from typing import Protocol

LIMITS = {"small": 10}
LIMIT = LIMITS["large"]


class Arith(Protocol):
    def multiply(self, a: int) -> int: ...
