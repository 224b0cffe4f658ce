# Written by `rpcgen from-go plain`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: be61aee1b95a0e93

"""Package plain has the service that every introduction begins with."""

from __future__ import annotations

from typing import Protocol

from attrs import define


@define
class Args:
    """Args are the two numbers."""

    a: int = 0
    b: int = 0


@define
class Quotient:
    """Quotient is the result of a division, with its remainder."""

    quo: int = 0
    rem: int = 0


class Arith(Protocol):
    """Arith does arithmetic."""

    def multiply(self, args: Args) -> int:
        """Multiply returns the product of A and B."""
        ...

    def divide(self, args: Args) -> Quotient:
        """Divide returns the quotient of A and B."""
        ...

    def ping(self) -> None:
        """Ping takes and gives nothing."""
        ...
