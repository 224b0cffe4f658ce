# Written by `rpcgen from-go embedded`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: 307cdc5a23a7400c

"""Services of the Go package golden/embedded."""

from __future__ import annotations

from typing import Annotated, NewType, Protocol

from attrs import define, field
from rpcgen.types import embedded, json_tag

Label = NewType("Label", str)


@define
class Base:
    id: int = 0
    kind: str = ""


@define
class Item:
    """Item embeds in every way."""

    base: Annotated[Base, embedded] = field(factory=Base)
    audit: Annotated[Audit | None, embedded] = None
    label: Label = Label("")
    # inner is left out: Go embeds it without exporting it: gob has nothing of it, JSON its
    # fields.
    name: str = ""


@define
class Audit:
    by: str = ""


@define
class Tagged:
    """Tagged embeds under a name in JSON."""

    base: Annotated[Base, json_tag("base")] = field(factory=Base)
    name: str = ""


class Service(Protocol):
    def item(self, args: Item) -> Item: ...

    def tagged(self, args: Tagged) -> Tagged: ...
