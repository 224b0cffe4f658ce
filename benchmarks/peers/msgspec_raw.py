"""msgspec.msgpack over blocking sockets: what one would write by hand instead of using a library.

A message is its length and then msgpack: a number, a method's name and its argument there, the
number, an error and a reply back, each in classes of msgspec's own. A thread serves a connection.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

import msgspec

from benchmarks.values import build, copy, read

from .ends import Ready, split
from .raw_sync import serve_in_threads

__all__ = ["Client", "connect", "serve"]

LENGTH = struct.Struct(">I")


class Args(msgspec.Struct):
    a: int
    b: int


class Item(msgspec.Struct):
    name: str
    quantity: int
    price: float
    in_stock: bool


class Order(msgspec.Struct):
    id: int
    customer: str
    total: float
    paid: bool
    count: int
    note: str
    data: bytes
    discount: float
    created: int
    priority: int
    items: list[Item]
    rates: dict[str, float]


# Number, name of the method, argument; and number, error, reply.
REQUEST = tuple[int, str, msgspec.Raw]
RESPONSE = tuple[int, str, msgspec.Raw]


class Messages:
    """The messages of a connection."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection
        self._buffer = bytearray()

    def send(self, message: bytes) -> None:
        self._connection.sendall(LENGTH.pack(len(message)) + message)

    def next(self) -> bytes:
        """Return the next message. Raises `EOFError`."""
        while len(self._buffer) < LENGTH.size:
            self._receive()
        (size,) = LENGTH.unpack_from(self._buffer)
        end = LENGTH.size + size
        while len(self._buffer) < end:
            self._receive()
        message = bytes(self._buffer[LENGTH.size : end])
        del self._buffer[:end]
        return message

    def _receive(self) -> None:
        data = self._connection.recv(1 << 18)
        if not data:
            raise EOFError
        self._buffer += data


def _multiply(args: Args) -> int:
    return args.a * args.b


def _order(order: Order) -> Order:
    return copy(order, Order, Item)


def _blob(data: bytes) -> bytes:
    return data


# Functions, and what decodes their arguments, by the names of methods.
METHODS: dict[str, tuple[Callable[[Any], Any], msgspec.msgpack.Decoder[Any]]] = {
    "multiply": (_multiply, msgspec.msgpack.Decoder(Args)),
    "order": (_order, msgspec.msgpack.Decoder(Order)),
    "blob": (_blob, msgspec.msgpack.Decoder(bytes)),
}


def serve(ready: Ready) -> None:
    serve_in_threads(ready, _serve)


def _serve(connection: socket.socket) -> None:
    messages = Messages(connection)
    encode, decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(REQUEST).decode
    try:
        while True:
            number, method, argument = decode(messages.next())
            error, reply = "", None
            try:
                function, decoder = METHODS[method]
                reply = function(decoder.decode(argument))
            except Exception as failure:
                error = str(failure)
            messages.send(encode((number, error, msgspec.Raw(encode(reply)))))
    except (EOFError, ConnectionError):
        connection.close()


class Client:
    def __init__(self, address: str) -> None:
        self._connection = socket.create_connection(split(address))
        self._messages = Messages(self._connection)
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(RESPONSE).decode
        self._int = msgspec.msgpack.Decoder(int)
        self._order = msgspec.msgpack.Decoder(Order)
        self._bytes = msgspec.msgpack.Decoder(bytes)
        self._number = 0
        self._lock = threading.Lock()

    def multiply(self, a: int, b: int) -> int:
        product: int = self._call("multiply", Args(a, b), self._int)
        return product

    def order(self) -> float:
        return read(self._call("order", build(Order, Item), self._order))

    def blob(self, data: bytes) -> bytes:
        echo: bytes = self._call("blob", data, self._bytes)
        return echo

    def close(self) -> None:
        self._connection.close()

    def _call(self, method: str, argument: object, decoder: msgspec.msgpack.Decoder[Any]) -> Any:
        with self._lock:  # one call at a time
            self._number += 1
            request = (self._number, method, msgspec.Raw(self._encode(argument)))
            self._messages.send(self._encode(request))
            number, error, reply = self._decode(self._messages.next())
            if number != self._number or error:
                raise RuntimeError(error or "a reply to another call")
        return decoder.decode(reply)


connect = Client
