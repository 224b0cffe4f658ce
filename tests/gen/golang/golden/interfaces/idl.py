# Written by `rpcgen from-go interfaces`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: f8af24b9fec33026

"""Services of the Go package golden/interfaces."""

from __future__ import annotations

from typing import Any, Protocol

from attrs import define, field
from rpcgen.types import wire


@define
class Drawing:
    main: Circle | Square | None = None
    all: list[Circle | Square | None] = field(factory=list)
    by_name: dict[str, Circle | Square | None] = field(factory=dict)
    extra: Any = None
    more: Any = None
    # An interface: nothing that fits it is handed to gob.Register.
    err: Any = None
    # An interface, interfaces.Lonely: nothing that fits it is handed to gob.Register.
    lonely: Any = None


@wire("golden/interfaces.Circle")
@define
class Circle:
    radius: float = 0.0


@wire("*interfaces.Square")
@define
class Square:
    side: float = 0.0


@wire("blob")
@define
class Blob:
    """Blob fits nothing but any."""

    data: bytes = b""


class Service(Protocol):
    def echo(self, args: Drawing) -> Drawing: ...

    def first(self, args: list[Circle | Square | None]) -> Circle | Square: ...

    def any(self, args: Any) -> Any: ...
