# Written by `rpcgen from-go generics`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: cb64faca784996fd

"""Services of the Go package golden/generics."""

from __future__ import annotations

from typing import Protocol

from attrs import define, field


@define
class PageUser:
    """Page is a part of a list."""

    items: list[User] = field(factory=list)
    next: CursorString | None = None


@define
class User:
    name: str = ""


@define
class CursorString:
    key: str = ""


@define
class PageInt:
    """Page is a part of a list."""

    items: list[int] = field(factory=list)
    next: CursorString | None = None


@define
class PagePairStringUserList:
    """Page is a part of a list."""

    items: list[PairStringUserList] = field(factory=list)
    next: CursorString | None = None


@define
class PairStringUserList:
    key: str = ""
    value: list[User] = field(factory=list)


@define
class PairStringInt:
    key: str = ""
    value: int = 0


class Service(Protocol):
    def users(self, args: PageUser) -> PageUser: ...

    def numbers(self, args: PageInt) -> PagePairStringUserList: ...

    def find(self, args: PairStringInt) -> PageUser: ...
