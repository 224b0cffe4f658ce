"""Pyro5 with its msgpack serializer, the fastest that it has."""

from __future__ import annotations

from typing import Any

import Pyro5.api

from benchmarks.values import build

from .ends import Ready

__all__ = ["Client", "connect", "serve"]

Pyro5.api.config.SERIALIZER = "msgpack"
Pyro5.api.config.THREADPOOL_SIZE = 200  # a connection holds one for as long as it lasts
Pyro5.api.config.SOCK_NODELAY = True

# Messages travel as dictionaries: classes would travel as those too, but slower.


def item(name: str, quantity: int, price: float, in_stock: bool) -> dict[str, object]:
    return {"name": name, "quantity": quantity, "price": price, "in_stock": in_stock}


def copy(old: dict[str, Any]) -> dict[str, Any]:
    """Read every field of an order and return a new one: `benchmarks.values.copy` by keys."""
    return {
        "id": old["id"],
        "customer": old["customer"],
        "total": old["total"],
        "paid": old["paid"],
        "count": old["count"],
        "note": old["note"],
        "data": old["data"],
        "discount": old["discount"],
        "created": old["created"],
        "priority": old["priority"],
        "items": [
            item(each["name"], each["quantity"], each["price"], each["in_stock"])
            for each in old["items"]
        ],
        "rates": {name: rate for name, rate in old["rates"].items()},  # noqa: C416
    }


def read(order: dict[str, Any]) -> float:
    """Return the sum over the fields: `benchmarks.values.read` by keys."""
    total = order["id"] + order["total"] + order["paid"] + order["count"] + order["discount"]
    total += order["created"] + order["priority"]
    total += len(order["customer"]) + len(order["note"]) + len(order["data"])
    for each in order["items"]:
        total += len(each["name"]) + each["quantity"] + each["price"] + each["in_stock"]
    for name, rate in order["rates"].items():
        total += len(name) + rate
    return round(float(total), 3)


@Pyro5.api.expose
class Service:
    def multiply(self, a: int, b: int) -> int:
        return a * b

    def order(self, order: dict[str, Any]) -> dict[str, Any]:
        return copy(order)

    def blob(self, data: bytes) -> bytes:
        return data


def serve(ready: Ready) -> None:
    daemon = Pyro5.api.Daemon("127.0.0.1", 0)
    daemon.register(Service(), "arith")
    ready(daemon.locationStr)
    daemon.requestLoop()


class Client:
    def __init__(self, address: str) -> None:
        self._proxy = Pyro5.api.Proxy(f"PYRO:arith@{address}")

    def multiply(self, a: int, b: int) -> int:
        return int(self._proxy.multiply(a, b))

    def order(self) -> float:
        return read(self._proxy.order(build(dict, item)))

    def blob(self, data: bytes) -> bytes:
        return bytes(self._proxy.blob(data))

    def close(self) -> None:
        self._proxy._pyroClaimOwnership()  # from the thread that used it
        self._proxy._pyroRelease()


connect = Client
