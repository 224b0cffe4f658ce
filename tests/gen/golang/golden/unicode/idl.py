# Written by `rpcgen from-go unicode`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: 7640ed7502e73635

"""Package unicode has names that are not plain."""

from __future__ import annotations

from typing import Annotated, Protocol

from attrs import define
from rpcgen.types import json_tag, wire


@define
class Größe:
    ärger: Annotated[str, json_tag("ärger")] = ""
    δelta: int = 0
    named: Annotated[str, json_tag("named")] = ""
    comma: Annotated[int, json_tag(",omitempty")] = 0
    dash: Annotated[int, json_tag("-,")] = 0
    space: Annotated[int, json_tag("a b")] = 0
    malformed: int = 0
    class_: int = 0
    self_: int = 0
    from_: str = ""
    lambda_: Annotated[int, wire("Lambda_")] = 0
    x_y: Annotated[int, wire("X_y")] = 0
    x_y_: Annotated[int, wire("X__y")] = 0
    httpurl_id: Annotated[str, wire("HTTPURLId")] = ""
    id: int = 0
    id_: Annotated[str, wire("Id")] = ""
    a: int | None = None
    b: int | None = None
    c: int | None = None


class Service(Protocol):
    def do(self, args: Größe) -> Größe: ...

    def äpfel(self, args: int) -> int: ...

    def print(self, args: int) -> int: ...

    def import_(self, args: int) -> int: ...

    @wire("X__y")
    def x_y(self, args: int) -> int: ...

    @wire("X_y")
    def x_y_(self, args: int) -> int: ...
