# Written by `rpcgen from-go json_tags`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: 4ee57abe018699c4

"""Services of the Go package golden/json_tags."""

from __future__ import annotations

from typing import Annotated, Protocol

from attrs import define, field
from rpcgen.types import Int64, OpenIntEnum, Uint8, Uint64, json_tag, underlying


@underlying(Uint8)
class Level(OpenIntEnum):
    LOW = 0
    HIGH = 1


@define
class Tagged:
    addr: Annotated[Uint64, json_tag("addr")] = 0
    labels: Annotated[dict[str, str], json_tag("labels,omitempty")] = field(factory=dict)
    secret: Annotated[str, json_tag("-")] = ""
    dash: Annotated[int, json_tag("-,")] = 0
    quoted: Annotated[Int64, json_tag("quoted,string")] = 0
    bits: Annotated[Uint64, json_tag("bits,omitempty,string")] = 0
    real: Annotated[float, json_tag(",string")] = 0.0
    flag: Annotated[bool, json_tag("flag,string")] = False
    text: Annotated[str, json_tag("text,string")] = ""
    pointer: Annotated[int | None, json_tag("pointer,string")] = None
    absent: Annotated[str | None, json_tag("absent,string")] = None
    level: Annotated[Level, json_tag("level,string")] = Level.LOW
    # Go heeds it for plain types alone
    list_: Annotated[list[int], json_tag("list,string")] = field(factory=list)
    empty: Annotated[str, json_tag(",omitempty")] = ""
    zero: Annotated[int, json_tag("zero,omitzero")] = 0
    foreign: str = ""
    plain: bool = False


class Service(Protocol):
    def echo(self, args: Tagged) -> Tagged: ...
