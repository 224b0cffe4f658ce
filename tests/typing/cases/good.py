"""Everything that generated code is meant for passes."""

import queue
from typing import assert_type

import rpcgen
from generated.arith import (
    Args,
    Arith,
    ArithClient,
    ArithService,
    AsyncArith,
    AsyncArithClient,
    Quotient,
    register_arith,
    register_async_arith,
)
from generated.kvstore import Durability, Entry, KVStoreClient
from generated.shapes import Circle, Point, Rectangle, ShapesClient
from rpcgen import Call, aio


class Calculator:
    """Fits the service without naming it."""

    def multiply(self, args: Args) -> int:
        return args.a * args.b

    def divide(self, args: Args) -> Quotient:
        return Quotient(args.a // args.b, args.a % args.b)


class Named(Arith):
    def multiply(self, args: Args) -> int:
        return args.a * args.b

    def divide(self, args: Args) -> Quotient:
        return Quotient(args.a // args.b, args.a % args.b)


class Complete(ArithService):
    def multiply(self, args: Args) -> int:
        return args.a * args.b

    def divide(self, args: Args) -> Quotient:
        return Quotient(args.a // args.b, args.a % args.b)


class AsyncCalculator:
    async def multiply(self, args: Args) -> int:
        return args.a * args.b

    async def divide(self, args: Args) -> Quotient:
        return Quotient(args.a // args.b, args.a % args.b)


def use(arith: Arith) -> int:
    return arith.multiply(Args(a=7, b=8)) + arith.divide(Args(a=7, b=8)).quo


async def use_async(arith: AsyncArith) -> int:
    return await arith.multiply(Args(a=7, b=8)) + (await arith.divide(Args(a=7, b=8))).quo


def serve(server: rpcgen.Server, loop_server: aio.Server) -> None:
    register_arith(server, Calculator())
    register_arith(server, Named(), name="Named")
    register_arith(server, Complete(), name="Complete")
    register_async_arith(loop_server, AsyncCalculator())


def call(address: str) -> None:
    with ArithClient.dial(address) as arith:
        assert_type(arith, ArithClient)
        assert_type(arith.divide(Args(a=17, b=8)), Quotient)
        use(arith)
        pending = arith.go.divide(Args(a=17, b=8))
        assert_type(pending, Call[Quotient])
        assert_type(pending.result(timeout=1.0), Quotient)
        done: queue.Queue[Call[int] | Call[Quotient]] = queue.Queue()
        arith.go.multiply(Args(a=1, b=2), done=done)
        arith.go.divide(Args(a=1, b=2), done=done)


def call_others(store: KVStoreClient, shapes: ShapesClient) -> None:
    store.put("key", b"value", tags={"a": "b"}, durability=Durability.DISK)
    assert_type(store.get_many(["a", "b"]), dict[str, Entry])
    assert_type(store.delete("key"), None)
    circle = Circle(center=Point(0.0, 0.0), radius=1.0)
    assert_type(shapes.move(circle, Point(1.0, 1.0), times=2), Circle | Rectangle)


async def call_async(address: str) -> None:
    async with AsyncArithClient.dial(address) as arith:
        assert_type(arith, AsyncArithClient)
        assert_type(await arith.divide(Args(a=17, b=8)), Quotient)
        await use_async(arith)
        pending = arith.go.multiply(Args(a=1, b=2))
        assert_type(pending, aio.Call[int])
    waited = await AsyncArithClient.dial(address)
    assert_type(waited, AsyncArithClient)
    await waited.close()
