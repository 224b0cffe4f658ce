# Written by `rpcgen from-go named_types`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: 8f63817adf748102

"""Services of the Go package golden/named_types."""

from __future__ import annotations

from typing import NewType, Protocol

from attrs import define, field
from rpcgen.types import Int64

# UserID numbers users.
UserID = NewType("UserID", Int64)

Name = NewType("Name", str)
Celsius = NewType("Celsius", float)
Switch = NewType("Switch", bool)
Other = NewType("Other", Int64)


@define
class All:
    user: UserID = UserID(0)
    name: Name = Name("")
    degree: Celsius = Celsius(0.0)
    on: Switch = Switch(False)
    names: list[Name] = field(factory=list)
    users: dict[UserID, list[Name]] = field(factory=dict)
    matrix: list[list[Celsius]] = field(factory=list)
    digest: bytes = b""
    other: Other = Other(0)
    # Forest is left out: named_types.Forest holds itself, and is no struct.


class Service(Protocol):
    def all(self, args: All) -> All: ...

    def user(self, args: UserID) -> UserID: ...

    def names(self, args: list[Name]) -> list[Name]: ...

    def nothing(self) -> Name: ...
