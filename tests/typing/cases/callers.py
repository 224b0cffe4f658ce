# pyright: strict
"""Fakes, pools and middleware that generated clients take, and some that they do not."""

import itertools
from collections.abc import Sequence
from typing import TypeVar, Unpack, assert_type

import rpcgen
from generated.arith import Args, ArithClient, ArithGo, AsyncArithClient, AsyncArithGo
from rpcgen import Call, Caller, CallOptions, DoneQueue, Method, aio

Req = TypeVar("Req")
Res = TypeVar("Res")


class Fake:
    """Answers without a server."""

    def __init__(self, reply: object) -> None:
        self.reply = reply

    def call(self, method: Method[Req, Res], args: Req, **options: Unpack[CallOptions]) -> Res:
        raise NotImplementedError(method.name)

    def go(
        self, method: Method[Req, Res], args: Req, done: DoneQueue[Call[Res]] | None = None, **options: Unpack[CallOptions]
    ) -> Call[Res]:
        raise NotImplementedError(method.name)

    def close(self) -> None:
        pass


class Pool:
    """Hands calls to several callers in turn."""

    def __init__(self, callers: Sequence[Caller]) -> None:
        self._callers = callers
        self._turns = itertools.cycle(callers)

    def call(self, method: Method[Req, Res], args: Req, /, **options: Unpack[CallOptions]) -> Res:
        return next(self._turns).call(method, args, **options)

    def go(
        self, method: Method[Req, Res], args: Req, done: DoneQueue[Call[Res]] | None = None, /, **options: Unpack[CallOptions]
    ) -> Call[Res]:
        return next(self._turns).go(method, args, done, **options)

    def close(self) -> None:
        for caller in self._callers:
            caller.close()


class AsyncCounting:
    """Counts calls on their way to another caller."""

    def __init__(self, inner: aio.Caller) -> None:
        self.count = 0
        self._inner = inner

    async def call(self, method: Method[Req, Res], args: Req, /, **options: Unpack[CallOptions]) -> Res:
        self.count += 1
        return await self._inner.call(method, args, **options)

    def go(
        self, method: Method[Req, Res], args: Req, done: DoneQueue[aio.Call[Res]] | None = None, /, **options: Unpack[CallOptions]
    ) -> aio.Call[Res]:
        self.count += 1
        return self._inner.go(method, args, done, **options)

    async def close(self) -> None:
        await self._inner.close()


def right(client: rpcgen.Client) -> None:
    pool = Pool([client, Fake(56), Pool([])])
    arith = ArithClient(pool)
    assert_type(arith.multiply(Args(7, 8)), int)
    assert_type(arith.go.multiply(Args(7, 8)), Call[int])
    ArithClient(Fake(56), service="v1")
    ArithGo(Fake(56))
    ArithClient(client)


async def right_async(client: aio.Client) -> None:
    arith = AsyncArithClient(AsyncCounting(AsyncCounting(client)))
    assert_type(await arith.multiply(Args(7, 8)), int)
    assert_type(arith.go.multiply(Args(7, 8)), aio.Call[int])
    AsyncArithGo(AsyncCounting(client))


class Unclosed:
    def call(self, method: Method[Req, Res], args: Req) -> Res:
        raise NotImplementedError

    def go(
        self, method: Method[Req, Res], args: Req, done: DoneQueue[Call[Res]] | None = None
    ) -> Call[Res]:
        raise NotImplementedError


class Untold(Unclosed):
    """Takes no queue."""

    def go(self, method: Method[Req, Res], args: Req) -> Call[Res]:  # error: [override]
        raise NotImplementedError

    def close(self) -> None:
        pass


class Named(Fake):
    """Wants the name of a method."""

    def call(self, method: str, args: object) -> object:  # error: [override]
        return self.reply


class Confused:
    """Replies with what it was asked."""

    def call(self, method: Method[Req, Res], args: Req) -> Req:
        return args

    def go(
        self, method: Method[Req, Res], args: Req, done: DoneQueue[Call[Res]] | None = None
    ) -> Call[Res]:
        raise NotImplementedError

    def close(self) -> None:
        pass


def wrong(client: rpcgen.Client, other: aio.Client) -> None:
    ArithClient(Unclosed())  # error: [arg-type]
    ArithClient(Untold())  # error: [arg-type]
    ArithClient(Named(56))  # error: [arg-type]
    ArithClient(Confused())  # error: [arg-type]
    ArithClient(other)  # error: [arg-type]
    ArithClient(AsyncCounting(other))  # error: [arg-type]
    AsyncArithClient(client)  # error: [arg-type]
    AsyncArithClient(Fake(56))  # error: [arg-type]
    ArithGo(object())  # error: [arg-type]
