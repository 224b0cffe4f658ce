"""rpyc, with messages as nested tuples: what it carries by value.

An object of a class would stay where it is, and each of its 400 fields would
be a call of its own.
"""

from __future__ import annotations

import socket
from typing import Any

import rpyc
from attrs import frozen
from rpyc.core.stream import SocketStream
from rpyc.utils.server import ThreadedServer

from benchmarks.values import ITEMS, RATES

from .ends import Future, Ready, split

__all__ = ["Client", "connect", "serve"]


def build() -> tuple[Any, ...]:
    """Return the order of `benchmarks.values.build` as a tuple."""
    return (
        123456,
        "Ada Lovelace",
        1234.5,
        True,
        100,
        "leave at the door",
        b"0123456789abcdef",
        0.1,
        1700000000,
        3,
        tuple((name, quantity, price, in_stock) for name, quantity, price, in_stock in ITEMS),
        tuple(RATES.items()),
    )


def copy(old: tuple[Any, ...]) -> tuple[Any, ...]:
    """Read every field of an order and return a new one that is made of them."""
    *scalars, items, rates = old
    return (
        *scalars,
        tuple((name, quantity, price, in_stock) for name, quantity, price, in_stock in items),
        tuple((name, rate) for name, rate in rates),
    )


def read(order: tuple[Any, ...]) -> float:
    """Return the sum over the fields, as `benchmarks.values.read`."""
    (number, customer, total, paid, count, note, data, discount, created, priority, *rest) = order
    items, rates = rest
    total = number + total + paid + count + discount
    total += created + priority
    total += len(customer) + len(note) + len(data)
    for name, quantity, price, in_stock in items:
        total += len(name) + quantity + price + in_stock
    for name, rate in rates:
        total += len(name) + rate
    return round(float(total), 3)


class Service(rpyc.Service):
    def on_connect(self, connection: Any) -> None:
        # As every other peer does; the server has no option for it.
        option = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection._channel.stream.sock.setsockopt(*option)

    def exposed_multiply(self, a: int, b: int) -> int:
        return a * b

    def exposed_order(self, order: tuple[Any, ...]) -> tuple[Any, ...]:
        return copy(order)

    def exposed_blob(self, data: bytes) -> bytes:
        return data


def serve(ready: Ready) -> None:
    server = ThreadedServer(Service, hostname="127.0.0.1", port=0)
    ready(f"127.0.0.1:{server.port}")
    server.start()


class Client:
    def __init__(self, address: str) -> None:
        connection = rpyc.connect_stream(SocketStream.connect(*split(address), nodelay=True))
        self._root: Any = connection.root
        self._multiply: Any = connection.root.multiply
        self._start: Any = rpyc.async_(self._multiply)
        self._order: Any = connection.root.order
        self._blob: Any = connection.root.blob

    def multiply(self, a: int, b: int) -> int:
        return int(self._multiply(a, b))

    def order(self) -> float:
        return read(self._order(build()))

    def blob(self, data: bytes) -> bytes:
        return bytes(self._blob(data))

    def go(self, a: int, b: int) -> Future:
        return _Result(self._start(a, b))


@frozen
class _Result:
    """rpyc's result, which is waited for by looking at an attribute."""

    pending: Any

    def result(self) -> object:
        return self.pending.value


connect = Client
