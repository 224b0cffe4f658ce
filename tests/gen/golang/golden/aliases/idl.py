# Written by `rpcgen from-go aliases`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: 7845f12314f11b81

"""Services of the Go package golden/aliases."""

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


class Service(Protocol):
    def add(self, args: Args) -> int: ...

    def names(self, args: list[str]) -> list[str]: ...

    def divide(self, args: Args) -> Quotient: ...
