from typing import Protocol


class Arith(Protocol):
    """Attributes do not travel."""

    precision: int
    rounding = "up"

    def multiply(self, a: int) -> int: ...

    for _ in ():
        pass
