"""The messages of the benchmarks, as attrs classes; the programs below ``go`` have the same."""

from __future__ import annotations

from attrs import define

from rpcgen.types import Int8, Int64, Uint, Uint64

from . import values

__all__ = ["Args", "Item", "Order", "Request", "order"]


@define
class Request:
    service_method: str
    seq: Uint64


@define
class Args:
    a: int
    b: int


@define
class Item:
    name: str
    quantity: int
    price: float
    in_stock: bool


@define
class Order:
    id: int
    customer: str
    total: float
    paid: bool
    count: Uint
    note: str
    data: bytes
    discount: float
    created: Int64
    priority: Int8
    items: list[Item]
    rates: dict[str, float]


def order() -> Order:
    """Return 10 scalars, 100 items of 4 fields and a map of 20 entries."""
    return values.build(Order, Item)
