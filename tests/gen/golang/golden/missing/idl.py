# Written by `rpcgen from-go missing`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: 3ab76b4660cc3d9c

"""Package missing uses packages that are not here."""

from __future__ import annotations

from typing import Protocol

from attrs import define, field


@define
class Args:
    known: int = 0
    # Far is left out: type away.Type is not known: package example.com/far/away is not here.
    # List is left out: type away.Type is not known: package example.com/far/away is not here.
    # Map is left out: type away.Type is not known: package example.com/far/away is not here.
    last: dict[str, list[str]] = field(factory=dict)


class Service(Protocol):
    def known(self, args: Args) -> int: ...

    # Far is left out: type away.Type is not known: package example.com/far/away is not here.
    # Reply is left out: type away.Type is not known: package example.com/far/away is not
    # here.
