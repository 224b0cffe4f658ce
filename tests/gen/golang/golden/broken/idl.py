# Written by `rpcgen from-go broken`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: 3d833ae13c1c973f

"""Services of the Go package golden/broken."""

from __future__ import annotations

from typing import Protocol

from attrs import define


@define
class Args:
    a: int = 0


class Service(Protocol):
    def before(self, args: Args) -> int: ...

    def within(self, args: Args) -> int: ...

    def after(self, args: Args) -> int: ...
