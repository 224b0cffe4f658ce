# Written by `rpcgen from-go json_tags`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: e9b242b886c9441b

"""Services of the Go package golden/json_tags."""

from __future__ import annotations

from typing import Annotated, Protocol

from attrs import define, field
from rpcgen.types import Int64, Uint64, json_tag


@define
class Tagged:
    addr: Annotated[Uint64, json_tag("addr")] = 0
    labels: Annotated[dict[str, str], json_tag("labels,omitempty")] = field(factory=dict)
    secret: Annotated[str, json_tag("-")] = ""
    dash: Annotated[int, json_tag("-,")] = 0
    # Go's tag has 'string' as well, which is not known here.
    quoted: Annotated[Int64, json_tag("quoted")] = 0
    empty: Annotated[str, json_tag(",omitempty")] = ""
    zero: Annotated[int, json_tag("zero,omitzero")] = 0
    foreign: str = ""
    plain: bool = False


class Service(Protocol):
    def echo(self, args: Tagged) -> Tagged: ...
