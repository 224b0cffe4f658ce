"""The service that every peer of the benchmarks offers in its own way."""

from typing import Protocol

from benchmarks.messages import Args, Order


class Arith(Protocol):
    """Go's ``Arith.Multiply``, and echoes."""

    def multiply(self, args: Args) -> int:
        """Return the product of a and b."""
        ...

    def order(self, order: Order) -> Order:
        """Read every field of ``order``, and return a new one with the same content."""
        ...

    def blob(self, data: bytes) -> bytes:
        """Return ``data``."""
        ...

    def numbers(self, numbers: list[int]) -> list[int]:
        """Return ``numbers``."""
        ...
