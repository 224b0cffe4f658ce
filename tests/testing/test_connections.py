from __future__ import annotations

import asyncio
import threading

import pytest

import rpcgen
from generated.arith import (
    Args,
    ArithClient,
    AsyncArithClient,
    Quotient,
    register_arith,
    register_async_arith,
)
from rpcgen import Code, ServerError, ShutdownError, aio
from rpcgen.protocol import CodecName
from rpcgen.testing import aconnected, connected
from tests.support.services import AsyncCalculator, Calculator
from tests.support.timeouts import TIMEOUT_S

CODECS: list[CodecName] = ["gob", "json"]


class Failing(Calculator):
    """Fails, and sends metadata back."""

    def multiply(self, args: Args) -> int:
        raise ServerError("no", code=Code.NOT_FOUND, metadata=rpcgen.context().metadata)


@pytest.mark.parametrize("codec", CODECS)
def test_connected_calls_the_implementation(codec: CodecName) -> None:
    with connected(ArithClient, register_arith, Calculator(), codec=codec) as arith:
        assert (arith.multiply(Args(7, 8)), arith.go.divide(Args(17, 8)).result()) == (
            56,
            Quotient(2, 1),
        )


def test_connected_carries_errors_and_metadata() -> None:
    with connected(ArithClient, register_arith, Failing()) as arith:
        with pytest.raises(ServerError, match=r"^no$") as caught:
            arith.multiply(Args(7, 8), metadata={"tenant": "a"})
    assert (caught.value.code, dict(caught.value.metadata)) == (Code.NOT_FOUND, {"tenant": "a"})


def test_connected_goes_through_the_codec() -> None:
    with connected(ArithClient, register_arith, Calculator()) as arith:
        with pytest.raises(rpcgen.EncodeError):
            arith.multiply(Args("seven", 8))  # type: ignore[arg-type]


def test_connected_ends_threads_and_client() -> None:
    before = set(threading.enumerate())
    with connected(ArithClient, register_arith, Calculator()) as arith:
        arith.multiply(Args(7, 8))
    with pytest.raises(ShutdownError):
        arith.multiply(Args(7, 8))
    for thread in set(threading.enumerate()) - before:
        thread.join(TIMEOUT_S)
    assert set(threading.enumerate()) <= before


def test_connected_ends_though_the_client_is_closed_in_the_context() -> None:
    with connected(ArithClient, register_arith, Calculator()) as arith:
        arith.close()


def test_connected_uses_a_server_with_options() -> None:
    server = rpcgen.Server(mask_errors=True)
    with connected(ArithClient, register_arith, Calculator(), server=server) as arith:
        with pytest.raises(ServerError, match=r"^internal error$"):
            arith.divide(Args(1, 0))


@pytest.mark.parametrize("codec", CODECS)
def test_aconnected_calls_the_implementation(codec: CodecName) -> None:
    async def main() -> tuple[int, Quotient]:
        async with aconnected(
            AsyncArithClient, register_async_arith, AsyncCalculator(), codec=codec
        ) as arith:
            return await arith.multiply(Args(7, 8)), await arith.go.divide(Args(17, 8))

    assert asyncio.run(main()) == (56, Quotient(2, 1))


def test_aconnected_serves_plain_functions() -> None:
    async def main() -> int:
        async with aconnected(AsyncArithClient, register_arith, Calculator()) as arith:
            return await arith.multiply(Args(7, 8))

    assert asyncio.run(main()) == 56


def test_aconnected_leaves_no_task_behind() -> None:
    async def main() -> set[asyncio.Task[None]]:
        server = aio.Server(mask_errors=True)
        async with aconnected(
            AsyncArithClient, register_async_arith, AsyncCalculator(), server=server
        ) as arith:
            with pytest.raises(ServerError, match=r"^internal error$"):
                await arith.divide(Args(1, 0))
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(main()) == set()
