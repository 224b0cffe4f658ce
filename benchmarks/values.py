"""The plain values that every peer sends, and what building and reading a message means.

Nothing of rpcgen is imported here: peers that have nothing to do with it share
this module, and their memory and start are measured.

In the work on the nested message each call *builds* the message from these
values, field by field, in the classes of the peer; the server *copies* it: it
reads every field of what has arrived and builds the reply from them; and the
client *reads* the reply: it adds up every number and the length of every
string.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = [
    "BLOB",
    "FACTORS",
    "ITEMS",
    "METADATA",
    "PRODUCT",
    "RATES",
    "READ",
    "TIMEOUT",
    "build",
    "copy",
    "numbers",
    "read",
]

O = TypeVar("O")  # noqa: E741 - an order, of any peer's class

FACTORS = (7, 8)
PRODUCT = 56
BLOB = bytes(range(256)) * 4096  # 1 MiB

# Options of calls: a time limit in seconds, which no call comes near, and texts beside the rest.
TIMEOUT = 30.0
METADATA = {"request-id": "6f1c2a4b", "tenant": "north"}

ITEMS = [(f"item {i}", i + 1, i + 0.99, i % 2 == 0) for i in range(100)]
RATES = {f"rate{i:02}": i + 0.1 for i in range(20)}


def build(order: Callable[..., O], item: Callable[..., object]) -> O:
    """Return 10 scalars, 100 items of 4 fields and a map of 20, made by these two classes."""
    return order(
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
        items=[item(*fields) for fields in ITEMS],
        rates=dict(RATES),
    )


# Every peer has classes of its own, which share the names of their fields and nothing else:
# hence `Any`.


def copy(old: Any, order: Callable[..., O], item: Callable[..., object]) -> O:
    """Read every field of an order and return a new one that is made of them."""
    return order(
        id=old.id,
        customer=old.customer,
        total=old.total,
        paid=old.paid,
        count=old.count,
        note=old.note,
        data=old.data,
        discount=old.discount,
        created=old.created,
        priority=old.priority,
        items=[item(each.name, each.quantity, each.price, each.in_stock) for each in old.items],
        rates={name: rate for name, rate in old.rates.items()},  # noqa: C416 - it is the reading
    )


def read(order: Any) -> float:
    """Read every field of an order, and return the sum of its numbers and lengths, rounded.

    Maps may come in another order than they were sent in, which shows in the last digits.
    """
    total = order.id + order.total + order.paid + order.count + order.discount
    total += order.created + order.priority
    total += len(order.customer) + len(order.note) + len(order.data)
    for item in order.items:
        total += len(item.name) + item.quantity + item.price + item.in_stock
    for name, rate in order.rates.items():
        total += len(name) + rate
    return round(float(total), 3)


def numbers(count: int) -> list[int]:
    """Return integers that take four bytes each, so that an element is as long at each size."""
    return list(range(1 << 24, (1 << 24) + count))


class _Plain:
    """An order or an item, for what reading one must come to."""

    def __init__(self, *fields: object, **named: object) -> None:
        names = ("name", "quantity", "price", "in_stock")
        self.__dict__.update(zip(names, fields, strict=False), **named)


READ = read(build(_Plain, _Plain))
