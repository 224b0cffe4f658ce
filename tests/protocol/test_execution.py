from __future__ import annotations

import inspect
from collections.abc import Coroutine, Iterator, Sequence
from itertools import count
from typing import Any

import pytest

from rpcgen.errors import EncodeError
from rpcgen.method import Method
from rpcgen.protocol import (
    GobClientCodec,
    GobServerCodec,
    Invocation,
    Registry,
    Response,
    ServerCodec,
    ServerProtocol,
)
from rpcgen.protocol.execution import Execution
from rpcgen.schema import Schema

from .messages import DOUBLE, request_bytes

NOTHING = Method[int, None]("Math.Nothing")


class Calls:
    """One call, and what becomes of it."""

    def __init__(self, method: Method[Any, Any] = DOUBLE, codec: ServerCodec | None = None) -> None:
        registry = Registry()
        registry.register_name("Math", [method.handler(lambda number: number)])
        protocol = ServerProtocol(registry, codec or GobServerCodec())
        (invocation,) = protocol.receive(request_bytes((method.name, 0, 4)))
        assert isinstance(invocation, Invocation)
        self.invocation = invocation
        self.reported: list[BaseException] = []
        clock = count(0, 5)
        self.execution = Execution(
            protocol, lambda: next(clock), lambda call, error: self.reported.append(error)
        )
        self.execution.started(invocation)

    @property
    def counts(self) -> tuple[int, int, int]:
        calls = self.invocation.served.statistics.snapshot()
        return calls.calls, calls.errors, calls.in_flight


def error_in(parts: Sequence[bytes]) -> str:
    codec = GobClientCodec()
    codec.feed(b"".join(parts))
    return codec.decode_response_header().error


def test_started_counts_the_call() -> None:
    assert Calls().counts == (1, 0, 1)


def test_succeeded_gives_the_response() -> None:
    call = Calls()
    assert error_in(call.execution.succeeded(call.invocation, 8)) == ""
    assert call.counts == (1, 0, 0)


def test_succeeded_tells_when_it_ended() -> None:
    call = Calls()
    call.execution.succeeded(call.invocation, 8)
    assert (call.invocation.began, call.invocation.ended) == (0, 5)


def test_succeeded_with_a_reply_that_does_not_fit_fails() -> None:
    call = Calls()
    assert "does not fit" in error_in(call.execution.succeeded(call.invocation, "8"))
    assert isinstance(call.reported[0], EncodeError)
    assert call.counts == (1, 1, 0)


@pytest.mark.parametrize("exception", [ValueError, SystemExit, KeyboardInterrupt, GeneratorExit])
def test_failed_gives_the_text(exception: type[BaseException]) -> None:
    call = Calls()
    error = exception("text")
    assert error_in(call.execution.failed(call.invocation, error)) == "text"
    assert call.reported == [error]
    assert call.counts == (1, 1, 0)


async def coroutine() -> int:
    return 8


@pytest.mark.parametrize("method", [DOUBLE, NOTHING])
def test_coroutine_is_no_reply(method: Method[int, Any]) -> None:
    call = Calls(method)
    reply: Coroutine[Any, Any, int] = coroutine()
    text = error_in(call.execution.succeeded(call.invocation, reply))
    assert "returned a coroutine" in text
    assert "rpcgen.aio.Server" in text
    # Closed: nobody is warned that it was never awaited.
    assert inspect.getcoroutinestate(reply) == inspect.CORO_CLOSED


def test_awaitable_is_no_reply() -> None:
    class Awaitable:
        def __await__(self) -> Iterator[None]:
            yield

    call = Calls()
    assert "must be awaited" in error_in(call.execution.succeeded(call.invocation, Awaitable()))


class OddCodec(GobServerCodec):
    """Encodes successes as the test pleases."""

    def __init__(self, encoded: Any) -> None:
        super().__init__()
        self.encoded = encoded

    def encode_response(
        self, response: Response, schema: Schema[Any], reply: object
    ) -> Sequence[bytes]:
        if response.error:
            return super().encode_response(response, schema, reply)
        if isinstance(self.encoded, BaseException):
            raise self.encoded
        found: Sequence[bytes] = self.encoded
        return found


@pytest.mark.parametrize(
    "encoded", [5, None, "text", b"", object(), b"x", ValueError("no"), SystemExit("no")]
)
def test_codec_that_gives_no_bytes_fails_the_call(encoded: object) -> None:
    call = Calls(codec=OddCodec(encoded))
    assert error_in(call.execution.succeeded(call.invocation, 8)) != ""
    assert call.counts == (1, 1, 0)


@pytest.mark.parametrize(
    "encoded", [5, None, "text", b"bytes", [], [b""], [5], ["x"], [b"x", None], ValueError("no")]
)
def test_codec_that_gives_no_parts_fails_the_call(encoded: object) -> None:
    call = Calls(codec=OddCodec(encoded))
    assert error_in(call.execution.succeeded(call.invocation, 8)) != ""
    assert call.counts == (1, 1, 0)


@pytest.mark.parametrize("encoded", [b"xy", bytearray(b"xy"), memoryview(b"xy")])
def test_codec_may_give_anything_that_holds_bytes(encoded: object) -> None:
    call = Calls(codec=OddCodec([encoded]))
    assert b"".join(call.execution.succeeded(call.invocation, 8)) == b"xy"


def test_codec_that_cannot_even_refuse_raises_once_it_is_counted() -> None:
    class Mute(GobServerCodec):
        def encode_response(
            self, response: Response, schema: Schema[Any], reply: object
        ) -> Sequence[bytes]:
            raise ValueError("out of words")

    call = Calls(codec=Mute())
    with pytest.raises(ValueError, match="out of words"):
        call.execution.succeeded(call.invocation, 8)
    assert call.counts == (1, 1, 0)
