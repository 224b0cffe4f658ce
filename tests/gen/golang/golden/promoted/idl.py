# Written by `rpcgen from-go promoted`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: d0c09a63b599fb36

"""Services of the Go package golden/promoted."""

from __future__ import annotations

from typing import Protocol

from attrs import define


@define
class Args:
    a: int = 0


class Service(Protocol):
    """Service has methods of what it embeds, but not Both, which two have."""

    def hidden(self, args: Args) -> int:
        """Hidden is the service's own."""
        ...

    def add(self, args: Args) -> int: ...

    def echo(self, args: Args) -> int: ...

    def name(self, args: Args) -> str:
        """Name returns a name."""
        ...


class Value(Protocol):
    """Value is registered by value: it has no methods of pointers."""

    def get(self, args: Args) -> int: ...

    def both(self, args: Args) -> int: ...
