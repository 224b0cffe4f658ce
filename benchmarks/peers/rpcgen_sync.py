"""rpcgen with threads and sockets."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import rpcgen
from benchmarks.generated.bench import ArithClient, register_arith
from benchmarks.messages import Args, Item, Order
from benchmarks.values import METADATA, TIMEOUT, build, copy, read

from .ends import Future, Ready

__all__ = ["Client", "connect", "serve"]


class Service:
    def multiply(self, args: Args) -> int:
        return args.a * args.b

    def order(self, order: Order) -> Order:
        return copy(order, Order, Item)

    def blob(self, data: bytes) -> bytes:
        return data

    def numbers(self, numbers: list[int]) -> list[int]:
        return numbers


def serve(ready: Ready, *, spin: bool = True) -> None:
    server = rpcgen.Server(spin=spin)
    register_arith(server, Service())
    ready(server.listen("tcp://127.0.0.1:0").address.removeprefix("tcp://"))
    server.serve()


class Client:
    def __init__(self, address: str, *, spin: bool = True) -> None:
        self._address = address
        self._arith = ArithClient.dial(address, spin=spin)

    def multiply(self, a: int, b: int) -> int:
        return self._arith.multiply(Args(a, b))

    def order(self) -> float:
        return read(self._arith.order(build(Order, Item)))

    def blob(self, data: bytes) -> bytes:
        return self._arith.blob(data)

    def go(self, a: int, b: int) -> Future:
        return self._arith.go.multiply(Args(a, b))

    def numbers(self, numbers: list[int]) -> list[int]:
        return self._arith.numbers(numbers)

    def close(self) -> None:
        self._arith.close()

    @cached_property
    def timeout(self) -> Callable[[int, int], int]:
        arith = ArithClient.dial(self._address, call_timeout=TIMEOUT)
        return lambda a, b: arith.multiply(Args(a, b))

    @cached_property
    def metadata(self) -> Callable[[int, int], int]:
        arith = ArithClient.dial(self._address, metadata=METADATA)
        return lambda a, b: arith.multiply(Args(a, b))


connect = Client
