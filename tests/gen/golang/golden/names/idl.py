# Written by `rpcgen from-go names`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: fad27810c3300170

"""Services of the Go package golden/names."""

from __future__ import annotations

from typing import Annotated, Protocol

from attrs import define, field
from rpcgen.types import wire


@define
class Names:
    """Names are those that Python, or the rule for names, has something to say about."""

    id: int = 0
    id_: Annotated[int, wire("Id")] = 0
    user_id: str = ""
    guid: Annotated[str, wire("Guid")] = ""
    guid_: str = ""
    user_ids: Annotated[list[int], wire("UserIDs")] = field(factory=list)
    http_server: str = ""
    utf8: bool = False
    ipv4: Annotated[str, wire("IPv4")] = ""
    class_: str = ""
    from_: str = ""
    list_: list[int] = field(factory=list)
    dict_: dict[str, int] = field(factory=dict)
    length_: int = 0
    field_: str = ""
    self_: str = ""
    snake_case: Annotated[int, wire("Snake_Case")] = 0
    größe: int = 0
    x1_y2: int = 0


@define
class None_:
    def_: bool = False
    lambda_: bool = False
    return_: bool = False


class Service(Protocol):
    def echo(self, self_: Names) -> Names: ...

    def list_(self, list_: list[str]) -> list[str]: ...

    def import_(self, args: None_) -> None_: ...

    def close(self, args: int) -> int: ...

    def go(self, args: int) -> int: ...

    def dial(self, args: int) -> int: ...

    @wire("GetGuid")
    def get_guid(self, args: str) -> str: ...

    @wire("RPC_set")
    def rpc_set(self, args: str) -> str: ...

    def str_(self, args: list[str]) -> str: ...
