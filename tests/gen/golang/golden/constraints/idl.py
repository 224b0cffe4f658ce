# Written by `rpcgen from-go constraints`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: 53bd85413d237ead

"""Package constraints has generic types of generic types."""

from __future__ import annotations

from typing import Annotated, Protocol

from attrs import define, field
from rpcgen.types import Int64, embedded, wire


@define
class BaseInt64:
    id: Int64 = 0
    meta: dict[str, Int64] = field(factory=dict)


@define
class User:
    """User has the fields of a generic type."""

    base: Annotated[BaseInt64, embedded] = field(factory=BaseInt64)
    name: str = ""


@define
class PairStringUser:
    key: str = ""
    value: User = field(factory=User)


@define
class PairIntUser:
    key: int = 0
    value: User | None = None


@define
class PairStringPairIntUser:
    key: str = ""
    value: PairIntUser = field(factory=PairIntUser)


@define
class Holder:
    base: Annotated[BaseString | None, embedded] = None
    pair: PairStringPairIntUser = field(factory=PairStringPairIntUser)


@define
class BaseString:
    id: str = ""
    meta: dict[str, str] = field(factory=dict)


@define
class PairIntInt:
    key: int = 0
    value: int = 0


@define
class SumFloat64:
    total: float = 0.0
    parts: list[float] = field(factory=list)


@define
class PairStringSumFloat64:
    key: str = ""
    value: SumFloat64 = field(factory=SumFloat64)


@define
class TreeString:
    left: TreeString | None = None
    right: TreeString | None = None
    item: str = ""


@define
class TreeTreeString:
    left: TreeTreeString | None = None
    right: TreeTreeString | None = None
    item: TreeString = field(factory=TreeString)


@define
class Args:
    ints: PairIntInt = field(factory=PairIntInt)
    lists: dict[str, list[PairIntInt]] = field(factory=dict)
    sum: PairStringSumFloat64 = field(factory=PairStringSumFloat64)
    tree: TreeTreeString = field(factory=TreeTreeString)


@define
class PairStringArgs:
    key: str = ""
    value: Args = field(factory=Args)


@wire("users")
class Users(Protocol):
    """Generic is served for one of its types."""

    def put(self, args: User) -> PairStringUser: ...


class Service(Protocol):
    """Service has the method of a generic type."""

    def hold(self, args: Holder) -> Holder: ...

    def put(self, args: Args) -> PairStringArgs: ...
