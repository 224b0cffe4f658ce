"""Interceptors of the client with threads."""

from __future__ import annotations

import contextvars
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest

from rpcgen import Call, Client
from rpcgen.errors import (
    CallCancelledError,
    CallTimeoutError,
    DeadlineExceededError,
    RpcError,
    ServerError,
    ShutdownError,
)
from rpcgen.protocol import Response
from rpcgen.protocol.headers import ExtendedRequest, ExtendedResponse
from rpcgen.protocol.interceptors import ClientCall, ClientInterceptor
from tests.protocol.messages import SUM, Pair
from tests.support.scripted import ScriptedServer, never_idle
from tests.support.timeouts import TIMEOUT_S

Req = TypeVar("Req")
Res = TypeVar("Res")

WHO = contextvars.ContextVar("who", default="nobody")


@contextmanager
def intercepted(*interceptors: ClientInterceptor) -> Iterator[tuple[Client, ScriptedServer]]:
    ours, theirs = socket.socketpair()
    with never_idle(), Client(ours, interceptors=interceptors) as client, theirs:
        yield client, ScriptedServer(theirs)


class Log:
    """An interceptor that notes calls and their outcomes."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(
        self, call: ClientCall[Req, Res], proceed: Callable[[ClientCall[Req, Res]], Res], /
    ) -> Res:
        self.lines.append(f"{call.method.name} {WHO.get()}")
        try:
            reply = proceed(call)
        except RpcError as error:
            self.lines.append(f"{type(error).__name__} {dict(call.reply_metadata)}")
            raise
        self.lines.append(f"{reply} {dict(call.reply_metadata)}")
        return reply


def identify(call: ClientCall[Req, Res], proceed: Callable[[ClientCall[Req, Res]], Res], /) -> Res:
    """Send a name with each call."""
    call.metadata["user"] = "gopher"
    return proceed(call)


def repeat(call: ClientCall[Req, Res], proceed: Callable[[ClientCall[Req, Res]], Res], /) -> Res:
    """Make a call again that has failed."""
    try:
        return proceed(call)
    except ServerError:
        return proceed(call)


def answer(call: ClientCall[Req, Any], proceed: Callable[[ClientCall[Req, Any]], Any], /) -> Any:
    """Answer without the server."""
    return 42


def fail(call: ClientCall[Req, Res], proceed: Callable[[ClientCall[Req, Res]], Res], /) -> Res:
    """Raise an exception of its own."""
    raise LookupError("no luck")


def test_call_goes_through_the_interceptor() -> None:
    with intercepted(log := Log()) as (client, server):
        server.respond(ExtendedResponse("Math.Sum", 0, metadata={"took": "1"}), 3)
        assert client.call(SUM, Pair(1, 2)) == 3
        assert log.lines == ["Math.Sum nobody", "3 {'took': '1'}"]


def test_interceptor_sees_the_error() -> None:
    with intercepted(log := Log()) as (client, server):
        server.respond(ExtendedResponse("Math.Sum", 0, "no", 5, metadata={"took": "1"}))
        with pytest.raises(ServerError, match="no"):
            client.call(SUM, Pair(1, 2))
        assert log.lines[1] == "ServerError {'took': '1'}"


def test_interceptor_changes_the_metadata() -> None:
    with intercepted(identify) as (client, server):
        client.go(SUM, Pair(1, 2), metadata={"tenant": "a"})
        header: Any = server.receive()
        assert header.metadata == {"tenant": "a", "user": "gopher"}


def test_interceptor_proceeds_again() -> None:
    with intercepted(repeat) as (client, server):
        call = client.go(SUM, Pair(1, 2))
        server.respond(Response("Math.Sum", server.receive().seq, "no"))
        server.reply(server.receive().seq, 3)
        assert call.result(TIMEOUT_S) == 3


def test_interceptor_answers() -> None:
    with intercepted(answer) as (client, _):
        assert client.call(SUM, Pair(1, 2)) == 42


def test_exception_of_an_interceptor_comes_out_of_a_call() -> None:
    with intercepted(fail) as (client, _), pytest.raises(LookupError, match="no luck"):
        client.call(SUM, Pair(1, 2))


def test_interceptor_sees_the_deadline() -> None:
    deadlines: list[float | None] = []

    def look(call: ClientCall[Req, Res], proceed: Callable[[ClientCall[Req, Res]], Res], /) -> Res:
        deadlines.append(call.deadline)
        return proceed(call)

    with intercepted(look) as (client, _), pytest.raises(DeadlineExceededError):
        client.call(SUM, Pair(1, 2), timeout=0.02)
    assert deadlines[0] is not None


def test_go_returns_at_once() -> None:
    gate = threading.Event()

    def wait(call: ClientCall[Req, Res], proceed: Callable[[ClientCall[Req, Res]], Res], /) -> Res:
        gate.wait(TIMEOUT_S)
        return proceed(call)

    with intercepted(wait) as (client, server):
        call = client.go(SUM, Pair(1, 2))
        gate.set()
        server.reply(server.receive().seq, 3)
        assert call.result(TIMEOUT_S) == 3


def test_go_goes_through_the_interceptor_in_the_context_of_the_caller() -> None:
    with intercepted(log := Log()) as (client, server):
        token = WHO.set("gopher")
        call = client.go(SUM, Pair(1, 2))
        WHO.reset(token)
        server.respond(ExtendedResponse("Math.Sum", server.receive().seq, metadata={"a": "1"}), 3)
        assert (call.result(TIMEOUT_S), call.metadata) == (3, {"a": "1"})
        assert log.lines == ["Math.Sum gopher", "3 {'a': '1'}"]


def test_go_tells_its_queue() -> None:
    done: queue.SimpleQueue[Call[int]] = queue.SimpleQueue()
    with intercepted(answer) as (client, _):
        call = client.go(SUM, Pair(1, 2), done)
        assert done.get(timeout=TIMEOUT_S) is call


def test_go_has_the_error() -> None:
    with intercepted(Log()) as (client, server):
        call = client.go(SUM, Pair(1, 2))
        server.respond(Response("Math.Sum", server.receive().seq, "no"))
        with pytest.raises(ServerError, match="no"):
            call.result(TIMEOUT_S)


def test_exception_of_an_interceptor_of_go_is_an_rpc_error() -> None:
    with intercepted(fail) as (client, _):
        with pytest.raises(RpcError, match=r"interceptor has failed: LookupError\('no luck'\)"):
            client.go(SUM, Pair(1, 2)).result(TIMEOUT_S)


def test_result_of_go_that_does_not_come_in_time() -> None:
    with intercepted(identify) as (client, _):
        with pytest.raises(CallTimeoutError):
            client.go(SUM, Pair(1, 2)).result(0.01)


def test_cancel_of_go_tells_the_server() -> None:
    with intercepted(identify) as (client, server):
        call = client.go(SUM, Pair(1, 2))
        assert isinstance(server.receive(), ExtendedRequest)
        assert call.cancel()
        assert server.receive_cancel()[1] == 0
        with pytest.raises(CallCancelledError):
            call.result()


def test_deadline_of_go_ends_it() -> None:
    with intercepted(identify) as (client, _):
        with pytest.raises(DeadlineExceededError):
            client.go(SUM, Pair(1, 2), timeout=0.02).result(TIMEOUT_S)


def test_close_ends_go() -> None:
    with intercepted(identify) as (client, server):
        call = client.go(SUM, Pair(1, 2))
        server.receive()
        client.close()
        with pytest.raises(ShutdownError):
            call.result(TIMEOUT_S)


def test_go_where_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("no more threads")

    with intercepted(identify) as (client, _):
        monkeypatch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RpcError, match="no thread for the interceptors: no more threads"):
            client.go(SUM, Pair(1, 2)).result(TIMEOUT_S)


def replace(call: ClientCall[Req, Res], proceed: Callable[[ClientCall[Req, Res]], Res], /) -> Res:
    """Send another call in the place of the first."""
    return proceed(ClientCall(call.method, call.args, {}))


def test_go_has_the_metadata_of_the_call_that_was_sent() -> None:
    with intercepted(replace) as (client, server):
        call = client.go(SUM, Pair(1, 2))
        server.respond(ExtendedResponse("Math.Sum", server.receive().seq, metadata={"a": "1"}), 3)
        assert (call.result(TIMEOUT_S), call.metadata) == (3, {"a": "1"})
