"""Deadlines, cancels, drain notices and pings of the client with threads."""

from __future__ import annotations

import math
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest

from rpcgen import Call, Client, Code, Limits
from rpcgen.errors import (
    CallCancelledError,
    DeadlineExceededError,
    DisconnectedError,
    EncodeError,
    RpcError,
    ShutdownError,
)
from rpcgen.method import Method
from rpcgen.protocol import Response
from rpcgen.protocol.client import CANCEL
from rpcgen.protocol.headers import NOTICE_SEQ, ExtendedRequest, ExtendedResponse
from tests.protocol.messages import SUM, Pair
from tests.support.scripted import ScriptedServer, connected
from tests.support.timeouts import TIMEOUT_S

BLOB = Method[bytes, bytes]("Math.Blob")
SOON = 0.02


def late(client: Client, timeout: float = SOON) -> DeadlineExceededError:
    with pytest.raises(DeadlineExceededError) as caught:
        client.call(SUM, Pair(1, 2), timeout=timeout)
    return caught.value


def test_call_ends_at_its_deadline() -> None:
    with connected() as (client, _):
        error = late(client)
        assert (error.code, error.started) == (Code.DEADLINE_EXCEEDED, None)


def test_call_that_is_late_is_cancelled() -> None:
    with connected() as (client, server):
        late(client)
        assert server.receive_cancel() == (1, 0)


def test_call_that_is_late_is_cancelled_once() -> None:
    with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2), timeout=SOON)
        with pytest.raises(DeadlineExceededError):
            call.result(TIMEOUT_S)
        client.go(SUM, Pair(1, 2))
        server.receive()
        server.receive_cancel()
        assert server.receive().seq == 2


def test_late_reply_is_passed_over() -> None:
    with connected() as (client, server):
        late(client)
        server.reply(0, 3)
        server.receive_cancel()
        server.reply(2, 4)
        assert client.call(SUM, Pair(1, 2)) == 4


def test_call_with_a_deadline_gets_its_reply() -> None:
    with connected(call_timeout=TIMEOUT_S) as (client, server):
        server.reply(0, 3)
        assert client.call(SUM, Pair(1, 2)) == 3


def test_deadline_of_the_method() -> None:
    slow = Method[Pair, int]("Math.Sum", timeout=SOON)
    with connected() as (client, _), pytest.raises(DeadlineExceededError):
        client.call(slow, Pair(1, 2))


def test_deadline_of_the_client_is_none_for_a_call_that_says_so() -> None:
    with connected(call_timeout=SOON) as (client, server):
        call = client.go(SUM, Pair(1, 2), timeout=None)
        assert not isinstance(server.receive(), ExtendedRequest)
        assert call.cancel()


def test_result_raises_at_the_deadline_though_it_waits_for_longer() -> None:
    with connected() as (client, _), pytest.raises(DeadlineExceededError):
        client.go(SUM, Pair(1, 2), timeout=SOON).result(TIMEOUT_S)


def test_go_ends_at_its_deadline_though_nobody_waits() -> None:
    with connected() as (client, _):
        done: queue.SimpleQueue[Call[int]] = queue.SimpleQueue()
        client.go(SUM, Pair(1, 2), done, timeout=SOON)
        assert isinstance(done.get(timeout=TIMEOUT_S).error, DeadlineExceededError)


def test_go_without_a_queue_ends_at_its_deadline() -> None:
    with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2), timeout=SOON)
        server.receive_cancel()
        assert isinstance(call.error, DeadlineExceededError)


def test_shorter_deadline_after_a_longer_one() -> None:
    with connected() as (client, server):
        client.go(SUM, Pair(1, 2), timeout=TIMEOUT_S)
        client.go(SUM, Pair(1, 2), timeout=SOON)
        assert server.receive_cancel() == (2, 1)


def test_go_that_ends_in_time_leaves_no_thread() -> None:
    with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2), timeout=TIMEOUT_S)
        timer = client._threads["deadlines"]
        server.reply(0, 3)
        call.result()
        timer.join(TIMEOUT_S)
        assert not timer.is_alive()


def test_close_ends_the_thread_of_the_deadlines() -> None:
    with connected() as (client, _):
        client.go(SUM, Pair(1, 2), timeout=2 * TIMEOUT_S)
        timer = client._threads["deadlines"]
        client.close()
        timer.join(TIMEOUT_S)
        assert not timer.is_alive()


def test_deadlines_where_no_thread_can_be_started(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("no more threads")

    with connected() as (client, _):
        monkeypatch.setattr(threading.Thread, "start", refuse)
        call = client.go(SUM, Pair(1, 2), timeout=SOON)
        with pytest.raises(DeadlineExceededError):
            call.result()
        assert "do not end at their deadlines: no more threads" in caplog.text


def test_deadline_of_a_call_that_waits_for_a_server_to_read() -> None:
    with connected() as (client, _), pytest.raises(DeadlineExceededError):
        client.call(BLOB, bytes(8 << 20), timeout=SOON)


def test_deadline_of_a_call_for_which_there_is_no_room() -> None:
    ours, theirs = socket.socketpair()
    with Client(ours, limits=Limits(queued=1 << 20)) as client, theirs:
        errors = []
        for _ in range(5):
            with pytest.raises(DeadlineExceededError) as caught:
                client.call(BLOB, bytes(2 << 20), timeout=SOON)
            errors.append(caught.value.started)
        assert (errors[-1], client._writer.queued < 5 << 20) == (False, True)


def test_call_goes_on_once_there_is_room() -> None:
    ours, theirs = socket.socketpair()
    with Client(ours, limits=Limits(queued=1 << 20)) as client, theirs:
        with pytest.raises(DeadlineExceededError):
            client.call(BLOB, bytes(4 << 20), timeout=SOON)
        server = ScriptedServer(theirs)
        reading = threading.Thread(target=lambda: server.reply(_sum_of(server), 7))
        reading.start()
        assert client.call(SUM, Pair(3, 4), timeout=TIMEOUT_S) == 7
        reading.join(TIMEOUT_S)


def _sum_of(server: ScriptedServer) -> int:
    """Read up to the next request for a sum, and return its number."""
    while True:
        header = server.receive_header()
        if header.service_method == SUM.name:
            return header.seq


def test_cancel_ends_the_call() -> None:
    with connected() as (client, _):
        call = client.go(SUM, Pair(1, 2))
        assert call.cancel()
        with pytest.raises(CallCancelledError, match=r"Math\.Sum: cancelled") as caught:
            call.result()
        assert caught.value.code == Code.CANCELLED


def test_cancel_of_a_call_that_another_thread_waits_for() -> None:
    with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        errors: queue.SimpleQueue[RpcError] = queue.SimpleQueue()

        def wait() -> None:
            try:
                call.result()
            except RpcError as error:
                errors.put(error)

        thread = threading.Thread(target=wait)
        thread.start()
        server.receive()
        call.cancel()
        assert isinstance(errors.get(timeout=TIMEOUT_S), CallCancelledError)
        thread.join(TIMEOUT_S)


def test_cancel_while_a_request_is_encoded_is_sent_after_it() -> None:
    # As a signal handler would call it.
    with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        encode = client._writer._encode_parts

        def interrupted(*arguments: Any) -> Any:
            call.cancel()
            return encode(*arguments)

        with patch.object(client._writer, "_encode_parts", side_effect=interrupted):
            client.go(SUM, Pair(3, 4))
        server.receive()
        assert server.receive().seq == 1
        assert server.receive_cancel()[1] == 0


def test_cancel_after_close() -> None:
    with connected() as (client, _):
        call = client.go(SUM, Pair(1, 2))
        client.close()
        assert not call.cancel()


def test_cancel_is_sent_once_whatever_else_ends_the_call() -> None:
    with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2), timeout=0.02)
        for _ in "ab":
            call.cancel()
        with pytest.raises(DeadlineExceededError):  # so that the first deadline has passed
            client.call(SUM, Pair(1, 2), timeout=0.04)
        client.go(SUM, Pair(1, 2))
        names = [server.receive_header().service_method for _ in range(5)]
        assert names == [SUM.name, CANCEL.name, SUM.name, CANCEL.name, SUM.name]


def test_cancels_are_not_sent_to_a_server_that_does_not_know_them() -> None:
    with connected() as (client, server):
        client.go(SUM, Pair(1, 2)).cancel()
        own, _ = server.receive_cancel()
        server.respond(Response(CANCEL.name, own, "rpc: can't find service _goRPC_.Cancel"))
        server.reply(2, 3)
        client.call(SUM, Pair(1, 2))
        client.go(SUM, Pair(1, 2)).cancel()
        client.go(SUM, Pair(1, 2))
        assert [server.receive_header().seq for _ in range(3)] == [2, 3, 4]


def test_metadata_while_pending_is_empty() -> None:
    with connected() as (client, _):
        assert client.go(SUM, Pair(1, 2)).metadata == {}


def test_unknown_option() -> None:
    options: Any = {"timout": 1}
    with connected() as (client, _), pytest.raises(TypeError, match="unknown option 'timout'"):
        client.call(SUM, Pair(1, 2), **options)


def test_unknown_option_of_go() -> None:
    options: Any = {"timout": 1}
    with connected() as (client, _), pytest.raises(TypeError, match="unknown option 'timout'"):
        client.go(SUM, Pair(1, 2), **options)


def notice(last: int) -> Response:
    return ExtendedResponse("", NOTICE_SEQ, last=last)


def test_drain_notice_ends_calls_that_the_server_does_not_begin() -> None:
    with connected() as (client, server):
        calls = [client.go(SUM, Pair(1, n)) for n in range(3)]
        server.respond(notice(1))
        with pytest.raises(ShutdownError, match="server is shutting down") as caught:
            calls[2].result(TIMEOUT_S)
        assert caught.value.started is False


def test_drain_notice_lets_the_others_finish() -> None:
    with connected() as (client, server):
        calls = [client.go(SUM, Pair(1, n)) for n in range(2)]
        server.respond(notice(1))
        server.reply(0, 3)
        server.reply(1, 4)
        assert [call.result(TIMEOUT_S) for call in calls] == [3, 4]


def test_client_leaves_a_server_that_drains() -> None:
    with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        server.receive()
        server.respond(notice(0))
        server.reply(0, 3)
        call.result(TIMEOUT_S)
        assert (server.socket.recv(1), client.closed) == (b"", True)


def test_client_leaves_once_the_last_call_is_given_up() -> None:
    with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        last = client.go(SUM, Pair(1, 2))
        server.respond(notice(1))
        server.reply(0, 3)
        call.result(TIMEOUT_S)
        last.cancel()
        while server.socket.recv(1 << 16):
            pass
        assert client.closed


def test_idle_client_sees_the_notice_before_it_calls() -> None:
    with connected() as (client, server):
        server.respond(notice(5))
        client._last_use = -math.inf
        with pytest.raises(ShutdownError, match="server is shutting down") as caught:
            client.call(SUM, Pair(1, 2))
        assert (caught.value.started, server.socket.recv(1)) == (False, b"")


def test_idle_client_sees_that_the_server_has_hung_up() -> None:
    with connected() as (client, server):
        server.socket.close()
        client._last_use = -math.inf
        with pytest.raises(ShutdownError) as caught:
            client.call(SUM, Pair(1, 2))
        assert caught.value.started is False


def test_request_that_the_connection_does_not_take_was_not_started() -> None:
    with connected() as (client, server):
        server.socket.close()
        with pytest.raises(DisconnectedError) as caught:
            client.call(SUM, Pair(1, 2))
        assert caught.value.started is False


def test_keepalive_pings_a_silent_server() -> None:
    with connected(keepalive=SOON) as (_, server):
        assert server.receive_cancel()[1] == NOTICE_SEQ


def test_keepalive_takes_any_answer() -> None:
    with connected(keepalive=0.2) as (client, server):
        for _ in range(3):
            own, _ = server.receive_cancel()
            server.respond(Response(CANCEL.name, own, "rpc: can't find service _goRPC_.Cancel"))
        assert not client.closed


def test_keepalive_ends_the_connection_to_a_dead_server() -> None:
    with connected(keepalive=SOON) as (client, _):
        call = client.go(SUM, Pair(1, 2))
        with pytest.raises(DisconnectedError, match=r"not answered a ping within 0\.02 s"):
            call.result(TIMEOUT_S)
        assert client.closed


def test_keepalive_thread_ends_with_the_client() -> None:
    with connected(keepalive=2 * TIMEOUT_S) as (client, _):
        thread = client._threads["keepalive"]
        client.close()
        thread.join(TIMEOUT_S)
        assert not thread.is_alive()


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_keepalive_that_cannot_be(seconds: float) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(ValueError, match="keepalive="):
        Client(ours, keepalive=seconds)


def test_call_timeout_that_cannot_be() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(ValueError, match="call_timeout="):
        Client(ours, call_timeout=-1)


def test_deadline_is_kept_by_a_busy_client() -> None:
    with connected() as (client, server):
        over = threading.Event()

        def answer() -> None:
            while not over.is_set():
                request = server.receive()
                if request.seq:
                    server.reply(request.seq, 3)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        call = client.go(SUM, Pair(1, 2), timeout=0.1)
        end = time.monotonic() + TIMEOUT_S
        while not call.is_done() and time.monotonic() < end:
            client.call(SUM, Pair(1, 2))
        over.set()
        client.go(SUM, Pair(1, 2))  # for the other thread to look, if it has not yet
        thread.join(TIMEOUT_S)
        assert isinstance(call.error, DeadlineExceededError)


TOKEN = {"authorization": "x" * 800}


@contextmanager
def greeted(server: ScriptedServer, *replies: int) -> Iterator[None]:
    """Answer a greeting, and then calls."""

    def answer() -> None:
        greeting = server.receive_header()
        server.respond(ExtendedResponse(CANCEL.name, greeting.seq, features=8), False)
        for reply in replies:
            server.reply(server.receive_header().seq, reply)

    thread = threading.Thread(target=answer)
    thread.start()
    yield
    thread.join(TIMEOUT_S)


def test_metadata_that_only_known_servers_take_waits_for_a_greeting() -> None:
    with connected(metadata=TOKEN) as (client, server), greeted(server, 3):
        assert client.call(SUM, Pair(1, 2)) == 3


def test_metadata_that_only_known_servers_take_is_refused_for_another() -> None:
    with connected(metadata=TOKEN) as (client, server):
        text = "rpc: can't find service _goRPC_.Cancel"
        server.respond(Response(CANCEL.name, 0, text))
        with pytest.raises(EncodeError, match="512"):
            client.call(SUM, Pair(1, 2))


def test_go_with_metadata_that_only_known_servers_take_waits_for_a_greeting() -> None:
    with connected(metadata=TOKEN) as (client, server), greeted(server, 3, 4):
        assert client.go(SUM, Pair(1, 2)).result(TIMEOUT_S) == 3
        assert client.go(SUM, Pair(1, 2)).result(TIMEOUT_S) == 4


def test_go_with_metadata_that_only_known_servers_take_is_refused_for_another() -> None:
    with connected(metadata=TOKEN) as (client, server):
        call = client.go(SUM, Pair(1, 2))
        own, _ = server.receive_cancel()
        server.respond(Response(CANCEL.name, own, "rpc: can't find service _goRPC_.Cancel"))
        with pytest.raises(EncodeError, match="512"):
            call.result(TIMEOUT_S)


def test_greeting_is_sent_once() -> None:
    with connected() as (client, server), greeted(server, 3, 4):
        calls = [client.call(SUM, Pair(1, 2), metadata=TOKEN) for _ in "ab"]
        assert calls == [3, 4]
