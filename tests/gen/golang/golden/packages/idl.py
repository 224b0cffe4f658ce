# Written by `rpcgen from-go packages`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: efd1bb9265e3f2b4

"""Services of the Go package example.com/app."""

from __future__ import annotations

from typing import Protocol

from attrs import define
from rpcgen.types import OpenIntEnum, wire


class Mode(OpenIntEnum):
    """Mode is declared in another file."""

    SLOW = 0
    FAST = 1


@define
class Args:
    """Args have a thing."""

    thing: Thing | None = None
    mode: Mode = Mode.SLOW


@define
class Thing:
    """Thing is of a module beside."""

    name: str = ""


@define
class VendoredThing:
    """Thing is vendored, and called like another."""

    count: int = 0


@wire("things")
class Things(Protocol):
    def get(self, args: Args) -> VendoredThing: ...


# Service "Empty" is left out, since none of its methods can be said. Watch is left out: a
# chan does not travel.
