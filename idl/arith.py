"""The service that every introduction to Go's net/rpc begins with.

Messages are attrs classes, and a service is a ``Protocol`` class. A method that
takes one message sends it as it is, so this is, to the byte, the ``Arith`` of
Go's documentation: ``Args{A, B int}`` in, ``int`` or ``Quotient`` out.
"""

from typing import Protocol

from attrs import define


@define
class Args:
    """Two numbers."""

    a: int
    b: int


@define
class Quotient:
    """What a division gives: ``quo * b + rem == a``."""

    quo: int
    rem: int


class Arith(Protocol):
    """The arithmetic service of Go's net/rpc documentation."""

    def multiply(self, args: Args) -> int:
        """Return the product of a and b."""
        ...

    def divide(self, args: Args) -> Quotient:
        """Return the quotient and the remainder of a and b.

        A ``b`` of 0 is answered with the error "divide by zero".
        """
        ...
