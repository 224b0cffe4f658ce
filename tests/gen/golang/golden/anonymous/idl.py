# Written by `rpcgen from-go anonymous`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: 4a87ae6940d0c1d7

"""Services of the Go package golden/anonymous."""

from __future__ import annotations

from typing import Protocol

from attrs import define, field


@define
class OrderCustomerAddress:
    city: str = ""


@define
class OrderCustomer:
    name: str = ""
    address: OrderCustomerAddress = field(factory=OrderCustomerAddress)


@define
class Order:
    id: int = 0
    customer: OrderCustomer = field(factory=OrderCustomer)
    lines: list[OrderLines] = field(factory=list)
    notes: dict[str, OrderNotes] = field(factory=dict)


@define
class OrderLines:
    article: str = ""
    count: int = 0


@define
class OrderNotes:
    text: str = ""


@define
class AskArgs:
    a: int = 0
    b: int = 0


@define
class AskReply:
    sum: int = 0


class Service(Protocol):
    def echo(self, args: Order) -> Order: ...

    def ask(self, args: AskArgs) -> AskReply: ...
