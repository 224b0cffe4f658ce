from typing import Protocol


class Arith(Protocol):
    """Nothing yet."""
