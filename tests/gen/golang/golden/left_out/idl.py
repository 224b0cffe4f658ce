# Written by `rpcgen from-go left_out`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: d5c0d9759db6d63c

"""Services of the Go package golden/left_out."""

from __future__ import annotations

from typing import Protocol

from attrs import define


@define
class Item:
    """Item has fields that gob passes over."""

    name: str = ""
    # Callback is left out: gob passes over a func.
    # Done is left out: gob passes over a chan.
    # Pointer is left out: gob passes over a func.
    last: int = 0


class Service(Protocol):
    def echo(self, args: Item) -> Item: ...

    # Watch is left out: a chan does not travel.
