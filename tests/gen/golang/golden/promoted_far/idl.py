# Written by `rpcgen from-go promoted_far`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: 6ed2bf4ba39333fc

"""Package promoted_far has methods of two other packages."""

from __future__ import annotations

from typing import Protocol

from attrs import define
from rpcgen.types import wire


@define
class Args:
    x: int = 0
    y: int = 0


@wire("far/v2")
class FarV2(Protocol):
    def own(self, args: Args) -> int:
        """Own returns an alias, which is the very type error."""
        ...

    def deepest(self, args: Args) -> list[Args]: ...

    def inner(self, args: Args) -> list[Args]: ...

    def middle(self, args: Args) -> Args: ...

    def twice(self, args: int) -> int: ...

    def thrice(self, args: int) -> int: ...
