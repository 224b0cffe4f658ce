"""The messages that `benchmarks.codec` sends, as attrs classes; `go/main.go` has the same."""

from __future__ import annotations

from attrs import define

from rpcgen.types import Int8, Int64, Uint, Uint64

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
    return Order(
        id=123456,
        customer="Ada Lovelace",
        total=1234.5,
        paid=True,
        count=100,
        note="leave at the door",
        data=b"0123456789abcdef",
        discount=0.1,
        created=1700000000,
        priority=3,
        items=[Item(f"item {i}", i + 1, i + 0.99, i % 2 == 0) for i in range(100)],
        rates={f"rate{i:02}": i + 0.1 for i in range(20)},
    )
