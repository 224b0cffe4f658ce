"""Finalizers, which may run at any place, that use a client of the server they interrupt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from rpcgen import Client, Method, RpcError, Server, aio, dial
from tests.support.timeouts import TIMEOUT_S

DOUBLE = Method[int, int]("Math.Double")
LIST = Method[list[int], list[int]]("Math.List")


class Listing(list[int]):
    """Runs something while it is encoded, as a finalizer might."""

    def __init__(self, finalizer: Callable[[], object]) -> None:
        super().__init__([1])
        self._finalizer = finalizer

    def __len__(self) -> int:
        self._finalizer()
        return super().__len__()


class Finalizer:
    """Uses the client once, and keeps what comes of it."""

    def __init__(self) -> None:
        self.client: Client | None = None
        self.errors: list[RpcError] = []
        self._is_done = False

    def __call__(self) -> None:
        if self._is_done:
            return
        self._is_done = True
        assert self.client is not None
        try:
            self.client.call(DOUBLE, 1)
        except RpcError as error:
            self.errors.append(error)

    def use(self, address: str) -> list[int]:
        """Have it come in between the encoding of a reply, and return that."""
        with dial(address) as self.client:
            return self.client.go(LIST, []).result(TIMEOUT_S)


def test_call_while_threads_encode_a_reply_for_it_fails() -> None:
    finalizer = Finalizer()
    server = Server()
    server.register_name(
        "Math", [DOUBLE.handler(lambda n: 2 * n), LIST.handler(lambda _: Listing(finalizer))]
    )
    listener = server.listen("127.0.0.1:0")
    with server:
        assert finalizer.use(str(listener.address)) == [1]
    assert "use `go` there" in str(finalizer.errors[0])


def test_call_while_asyncio_encodes_a_reply_for_it_fails() -> None:
    finalizer = Finalizer()

    async def double(number: int) -> int:
        return 2 * number

    async def listing(_: list[int]) -> list[int]:
        return Listing(finalizer)

    async def main() -> None:
        server = aio.Server()
        server.register_name("Math", [DOUBLE.async_handler(double), LIST.async_handler(listing)])
        listener = await server.listen("127.0.0.1:0")
        async with server:
            assert await asyncio.to_thread(finalizer.use, str(listener.address)) == [1]

    asyncio.run(main())
    assert "use `go` there" in str(finalizer.errors[0])
