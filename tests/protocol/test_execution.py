from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Iterator, Sequence
from itertools import count
from typing import Any

import pytest
from attrs import define

from rpcgen.code import Code
from rpcgen.errors import EncodeError, RemoteError, ServerError
from rpcgen.method import Method
from rpcgen.protocol import (
    GobClientCodec,
    GobServerCodec,
    Invocation,
    Peer,
    Registry,
    Request,
    Response,
    ServerCodec,
    ServerProtocol,
)
from rpcgen.protocol.context import CallContext, current
from rpcgen.protocol.execution import Execution
from rpcgen.protocol.headers import ExtendedResponse
from rpcgen.schema import Schema

from .messages import DOUBLE, request_bytes

NOTHING = Method[int, None]("Math.Nothing")


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Forget the calls that tests begin in the thread that runs them all."""
    token = current.set(None)
    yield
    current.reset(token)


class Calls:
    """One call, and what becomes of it."""

    def __init__(
        self, method: Method[Any, Any] = DOUBLE, codec: ServerCodec | None = None, begins: int = 0
    ) -> None:
        registry = Registry()
        registry.register_name("Math", [method.handler(lambda number: number)])
        protocol = ServerProtocol(registry, codec or GobServerCodec())
        (invocation,) = protocol.receive(request_bytes((method.name, 0, 4)))
        assert isinstance(invocation, Invocation)
        self.invocation = invocation
        self.reported: list[BaseException] = []
        clock = count(begins, 5)
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


def test_encoded_counts_a_reply_that_was_encoded_in_a_thread() -> None:
    call = Calls()
    parts = call.execution.encode(call.invocation, 8)
    before = call.counts
    call.execution.encoded(call.invocation)
    assert (error_in(parts), before, call.counts) == ("", (1, 0, 1), (1, 0, 0))


def test_dropped_counts_a_failure() -> None:
    call = Calls()
    call.execution.dropped(call.invocation)
    assert call.counts == (1, 1, 0)


@pytest.mark.parametrize(
    "end",
    [
        lambda execution, call: execution.succeeded(call, 8),
        lambda execution, call: execution.encoded(call),
        lambda execution, call: execution.dropped(call),
        lambda execution, call: execution.failed(call, ValueError("text")),
    ],
    ids=["succeeded", "encoded", "dropped", "failed"],
)
def test_time_of_a_call_is_from_its_beginning_to_its_end(
    end: Callable[[Execution, Invocation], object],
) -> None:
    call = Calls(begins=100)
    end(call.execution, call.invocation)
    latencies = call.invocation.served.statistics.snapshot().latencies
    assert latencies is not None
    assert latencies.max == 5


def test_cancel_gives_the_context_its_surroundings() -> None:
    execution, invocation = unstarted_call(deadline=200.0)
    execution.cancel(invocation, Code.CANCELLED)
    assert invocation.context is not None
    assert invocation.context.surroundings is execution


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


def test_coroutine_is_not_encoded() -> None:
    call = Calls()
    with pytest.raises(TypeError, match="returned a coroutine"):
        call.execution.encode(call.invocation, coroutine())


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


@pytest.mark.parametrize("encoded", [5, None, "text", b"bytes", [5], [b"x", None]])
def test_codec_that_gives_no_parts_is_told_what_to_return(encoded: object) -> None:
    call = Calls(codec=OddCodec(encoded))
    text = error_in(call.execution.succeeded(call.invocation, 8))
    assert text.endswith("which is no bytes: return a sequence of bytes, such as [data]")


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


# --- beyond Go's net/rpc --------------------------------------------------------------------------


@define
class RejectedError(RemoteError):
    """Declared by a method."""

    count: int


def header_of(parts: Sequence[bytes]) -> Response:
    codec = GobClientCodec()
    codec.feed(b"".join(parts))
    return codec.decode_response_header()


def unstarted_call(deadline: float | None = None) -> tuple[Execution, Invocation]:
    """Return a call that has not begun, at the time 100."""
    registry = Registry()
    registry.register_name("Math", [DOUBLE.handler(lambda number: number)])
    protocol = ServerProtocol(registry, GobServerCodec())
    execution = Execution(protocol, lambda: 100.0, lambda call, error: None)
    invocation = Invocation(Request("Math.Double", 1), registry.find("Math.Double"), 4)
    if deadline is not None:
        invocation.context = CallContext(invocation.request, deadline)
    return execution, invocation


def test_started_makes_the_call_the_current_one() -> None:
    call = Calls()
    assert current.get() is call.invocation


def test_call_past_its_deadline_is_not_begun() -> None:
    execution, invocation = unstarted_call(deadline=99.0)
    with pytest.raises(ServerError) as caught:
        execution.started(invocation)
    header = header_of(execution.failed(invocation, caught.value))
    assert isinstance(header, ExtendedResponse)
    assert (header.code, header.unstarted) == (Code.DEADLINE_EXCEEDED, True)


def test_call_that_is_cancelled_before_it_begins_is_not_begun() -> None:
    execution, invocation = unstarted_call()
    execution.cancel(invocation, Code.CANCELLED)
    with pytest.raises(ServerError) as caught:
        execution.started(invocation)
    header = header_of(execution.failed(invocation, caught.value))
    assert isinstance(header, ExtendedResponse)
    assert (header.code, header.unstarted) == (Code.CANCELLED, True)


def test_call_that_is_not_begun_is_not_counted() -> None:
    execution, invocation = unstarted_call(deadline=99.0)
    with pytest.raises(ServerError) as caught:
        execution.started(invocation)
    execution.failed(invocation, caught.value)
    calls = invocation.served.statistics.snapshot()
    assert (calls.calls, calls.errors, calls.in_flight) == (0, 0, 0)


def test_error_of_a_handler_never_says_that_nothing_was_begun() -> None:
    call = Calls()
    error = ServerError("no", code=Code.UNAVAILABLE, started=False)
    header = header_of(call.execution.failed(call.invocation, error))
    assert isinstance(header, ExtendedResponse)
    assert (header.code, header.unstarted) == (Code.UNAVAILABLE, False)


def test_cancellation_of_a_handler_is_its_own_where_nobody_cancelled_the_call() -> None:
    call, error = Calls(), KeyboardInterrupt("own")
    assert call.execution.cancelled(call.invocation, error) is error


def test_handler_that_ends_by_cancellation_answers_why() -> None:
    call = Calls()
    call.execution.cancel(call.invocation, Code.CANCELLED)
    call.invocation.is_handled = True
    error = call.execution.cancelled(call.invocation, KeyboardInterrupt("cancelled"))
    header = header_of(call.execution.failed(call.invocation, error))
    assert isinstance(header, ExtendedResponse)
    assert (header.code, header.unstarted) == (Code.CANCELLED, False)


def test_metadata_of_the_reply_and_of_the_error_travel_together() -> None:
    call = Calls()
    call.invocation.make_context().reply_metadata["a"] = "b"
    error = ServerError("no", metadata={"c": "d"})
    header = header_of(call.execution.failed(call.invocation, error))
    assert isinstance(header, ExtendedResponse)
    assert header.metadata == {"a": "b", "c": "d"}


def test_metadata_that_cannot_travel_fails_the_call() -> None:
    call = Calls()
    call.invocation.make_context().reply_metadata["Not Lower"] = "b"
    assert "metadata" in error_in(call.execution.succeeded(call.invocation, 8))


def test_metadata_of_an_error_that_cannot_travel_costs_only_itself() -> None:
    call = Calls()
    error = ServerError("no", metadata={"Not Lower": "b"})
    assert error_in(call.execution.failed(call.invocation, error)) == "no"
    assert len(call.reported) == 2


@pytest.mark.parametrize("code", [Code.OK, 99])
def test_code_that_is_none_is_unknown(code: int) -> None:
    call, error = Calls(), ServerError("no")
    error.code = code  # type: ignore[assignment]
    assert header_of(call.execution.failed(call.invocation, error)) == Response(
        "Math.Double", 0, "no"
    )


def test_error_whose_class_leaves_its_base_without_a_start_is_told() -> None:
    class OwnError(ServerError):
        def __init__(self) -> None:
            Exception.__init__(self, "own")

    call = Calls()
    assert error_in(call.execution.failed(call.invocation, OwnError())) == "own"


def test_masked_error_is_not_told() -> None:
    call = Calls()
    call.invocation.served.masks_errors = True
    assert (
        error_in(call.execution.failed(call.invocation, ValueError("secret"))) == "internal error"
    )


def test_masked_reply_that_does_not_fit_is_not_told() -> None:
    call = Calls()
    call.invocation.served.masks_errors = True
    assert error_in(call.execution.succeeded(call.invocation, "secret")) == "internal error"


def test_declared_exception_travels_with_its_fields() -> None:
    method = Method[int, int]("Math.Double", raises=[RejectedError])
    call = Calls(method)
    codec = GobClientCodec()
    codec.feed(b"".join(call.execution.failed(call.invocation, RejectedError(3))))
    header = codec.decode_response_header()
    assert isinstance(header, ExtendedResponse)
    schema = method.raised_as(header.raised)
    assert schema is not None
    assert codec.decode_response_body(schema).count == 3


def test_exception_that_is_not_declared_is_its_text() -> None:
    call = Calls()
    header = header_of(call.execution.failed(call.invocation, RejectedError(3)))
    assert type(header) is Response


def test_exception_that_is_not_declared_is_reported_once() -> None:
    call, error = Calls(), RejectedError(3)
    call.execution.failed(call.invocation, error)
    assert call.reported == [error]


def test_peer_is_looked_up_once() -> None:
    looked: list[Peer] = []

    def look_up() -> Peer:
        looked.append(Peer("127.0.0.1:1"))
        return looked[-1]

    protocol = ServerProtocol(Registry(), GobServerCodec())
    execution = Execution(protocol, lambda: 0.0, lambda call, error: None, look_up)
    assert execution.peer is execution.peer
    assert len(looked) == 1
