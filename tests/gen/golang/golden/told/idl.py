# Written by `rpcgen from-go told`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: 5d564c202a6caa56

"""Package told does what cannot be read, of which each is a note."""

from __future__ import annotations

from typing import Annotated, Protocol

from attrs import define
from rpcgen.types import interface, json_tag, wire


@define
class Order:
    # told.Meters may be in it in Go: only structs can here.
    shape: Annotated[Circle | None, interface] = None
    # ByShape is left out: the keys of a map hold interface values.
    # Go's tag has 'format:dec' as well, which is not known here.
    count: Annotated[int, json_tag("count")] = 0
    # When is left out: told.When lacks the methods by which time.Time encodes itself.


@wire("golden/told.Circle")
@define
class Circle:
    radius: float = 0.0


class Service(Protocol):
    def echo(self, args: Order) -> Order: ...

    # told.Meters may be in it in Go: only structs can here.
    def shape(self, args: Annotated[Circle, interface]) -> Annotated[Circle, interface]: ...

    # Map is left out: the keys of a map hold interface values.
    # Methods may be missing: what far.Base has is not known: package example.com/far is not
    # here.
