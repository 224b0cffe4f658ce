"""A request that is a message of its own, carried out on asyncio."""

from __future__ import annotations

import asyncio
import threading

import pytest

from rpcgen import Method, Peer, ServerError, aio, context
from rpcgen.aio.serve_message import serve_message
from rpcgen.errors import DecodeError
from rpcgen.protocol.message import decode_reply, encode_call

DOUBLE = Method[int, int]("Math.Double", durable=True)
WRONG = Method[str, int]("Math.Double")
PEER = Peer("nats://127.0.0.1:4222")

threads: list[threading.Thread] = []


async def double(number: int) -> int:
    threads.append(threading.current_thread())
    if number < 0:
        raise ServerError("too small")
    return 2 * number


def plain_double(number: int) -> int:
    threads.append(threading.current_thread())
    assert context().peer == PEER
    return 2 * number


def serve(request: bytes, *, plain: bool = False) -> bytes:
    async def main() -> bytes:
        server = aio.Server()
        handler = DOUBLE.handler(plain_double) if plain else DOUBLE.async_handler(double)
        server.register_name("Math", [handler])
        serving = serve_message(server, None, server._workers, PEER, "Math.Double", request)
        try:
            return await asyncio.create_task(serving)
        finally:
            await server.close()

    threads.clear()
    return asyncio.run(main())


@pytest.mark.parametrize("plain", [False, True])
def test_message_is_answered_with_a_message(plain: bool) -> None:
    reply = serve(encode_call(DOUBLE, 21), plain=plain)
    assert (decode_reply(DOUBLE, reply).taken(), len(threads)) == (42, 1)


def test_plain_handler_runs_in_a_thread() -> None:
    serve(encode_call(DOUBLE, 1), plain=True)
    assert threads[0] is not threading.main_thread()


def test_error_of_the_handler_is_the_answer() -> None:
    with pytest.raises(ServerError, match="too small"):
        decode_reply(DOUBLE, serve(encode_call(DOUBLE, -1))).taken()


def test_arguments_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ServerError, match="string"):
        decode_reply(DOUBLE, serve(encode_call(WRONG, "x"))).taken()


def test_bytes_that_are_no_request_are_an_error() -> None:
    with pytest.raises(DecodeError):
        serve(b"hello")
