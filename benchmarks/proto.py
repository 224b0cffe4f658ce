"""The messages as classes of protobuf, made at run time: no generated code to keep.

For the codec's comparison, and for the peers that speak gRPC or Connect.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from . import values

__all__ = ["CLASSES", "FIELDS", "METHODS", "SERVICE", "build", "copy"]

# Field types of descriptor.proto.
_DOUBLE, _INT64, _UINT64, _BOOL, _STRING, _MESSAGE, _BYTES, _SINT64 = 1, 3, 4, 8, 9, 11, 12, 18

FIELDS: dict[str, list[tuple[str, int]]] = {
    "Request": [("service_method", _STRING), ("seq", _UINT64)],
    "Args": [("a", _SINT64), ("b", _SINT64)],
    "Product": [("value", _SINT64)],
    "Blob": [("data", _BYTES)],
    "Item": [("name", _STRING), ("quantity", _SINT64), ("price", _DOUBLE), ("in_stock", _BOOL)],
    "Order": [
        ("id", _SINT64),
        ("customer", _STRING),
        ("total", _DOUBLE),
        ("paid", _BOOL),
        ("count", _UINT64),
        ("note", _STRING),
        ("data", _BYTES),
        ("discount", _DOUBLE),
        ("created", _INT64),
        ("priority", _SINT64),
    ],
}


def _classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="bench.proto", package="bench", syntax="proto3")
    for name, fields in FIELDS.items():
        made = file.message_type.add(name=name)
        for number, (field, kind) in enumerate(fields, 1):
            made.field.add(name=field, number=number, type=kind, label=1)
    order = file.message_type[-1]
    order.field.add(name="items", number=11, type=_MESSAGE, label=3, type_name=".bench.Item")
    entry = order.nested_type.add(name="RatesEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=_STRING, label=1)
    entry.field.add(name="value", number=2, type=_DOUBLE, label=1)
    order.field.add(
        name="rates", number=12, type=_MESSAGE, label=3, type_name=".bench.Order.RatesEntry"
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"bench.{name}"))
        for name in FIELDS
    }


CLASSES = _classes()

SERVICE = "bench.Arith"

# The classes of each method's request and reply.
METHODS = {
    "Multiply": (CLASSES["Args"], CLASSES["Product"]),
    "Order": (CLASSES["Order"], CLASSES["Order"]),
    "Blob": (CLASSES["Blob"], CLASSES["Blob"]),
}


# `values.build` and `values.copy`, but with the items added where they belong and field by field:
# twice as fast as handing over a list of them, which protobuf copies.


def build() -> Any:
    """Return a new order from the plain values."""
    made = CLASSES["Order"](
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
        rates=values.RATES,
    )
    add = made.items.add
    for name, quantity, price, in_stock in values.ITEMS:
        item = add()
        item.name = name
        item.quantity = quantity
        item.price = price
        item.in_stock = in_stock
    return made


def copy(old: Any) -> Any:
    """Read every field of an order and return a new one that is made of them."""
    made = CLASSES["Order"](
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
        rates={name: rate for name, rate in old.rates.items()},  # noqa: C416 - it is the reading
    )
    add = made.items.add
    for each in old.items:
        item = add()
        item.name = each.name
        item.quantity = each.quantity
        item.price = each.price
        item.in_stock = each.in_stock
    return made
