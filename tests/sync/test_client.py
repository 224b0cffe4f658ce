from __future__ import annotations

import os
import queue
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast
from unittest.mock import patch

import pytest

from rpcgen import Client
from rpcgen.errors import (
    DecodeError,
    DisconnectedError,
    EncodeError,
    RpcError,
    ServerError,
    ShutdownError,
)
from rpcgen.method import Method
from rpcgen.protocol import GobClientCodec
from tests.protocol.messages import SUM, Pair, response_bytes

from .peers import PATIENCE, ScriptedServer, connected

# What Python has said since 3.12: that is what these tests are about.
FORKS = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

BLOB = Method[bytes, bytes]("Math.Blob")


def error_of(client: Client, args: Pair | None = None) -> RpcError:
    with pytest.raises(RpcError) as caught:
        client.call(SUM, args or Pair(1, 2))
    return caught.value


def answer(server: ScriptedServer, value: int) -> threading.Thread:
    """Answer the next call in the background."""
    thread = threading.Thread(target=lambda: server.reply(server.receive().seq, value))
    thread.start()
    return thread


def test_call_returns_the_reply() -> None:
    with connected() as (client, server):
        answer(server, 3)
        assert client.call(SUM, Pair(1, 2)) == 3


def test_call_by_name_with_the_type_of_the_reply() -> None:
    with connected() as (client, server):
        answer(server, 3)
        assert client.call("Math.Sum", Pair(1, 2), int) == 3


def test_call_by_name_alone_takes_the_reply_as_it_comes() -> None:
    with connected() as (client, server):
        answer(server, 3)
        assert client.call("Math.Sum", Pair(1, 2)) == 3


def test_call_that_the_server_answers_with_an_error() -> None:
    with connected() as (client, server):
        server.socket.sendall(response_bytes((0, None, "no luck")))
        error = error_of(client)
        assert (type(error), str(error)) == (ServerError, "no luck")


def test_call_with_arguments_that_do_not_fit() -> None:
    with connected() as (client, _):
        assert isinstance(error_of(client, Pair(2**63)), EncodeError)


def test_call_after_arguments_that_did_not_fit() -> None:
    with connected() as (client, server):
        error_of(client, Pair(2**63))
        answer(server, 3)
        assert client.call(SUM, Pair(1, 2)) == 3


def test_call_whose_reply_is_of_another_type() -> None:
    with connected() as (client, server):
        server.socket.sendall(response_bytes((0, "three")))
        assert isinstance(error_of(client), DecodeError)


def test_call_when_the_server_hangs_up() -> None:
    with connected() as (client, server):
        server.socket.shutdown(socket.SHUT_WR)
        error = error_of(client)
        assert (type(error), str(error)) == (DisconnectedError, "unexpected EOF")


def test_call_when_the_server_sends_nonsense() -> None:
    with connected() as (client, server):
        server.socket.sendall(bytes.fromhex("03040006"))
        assert isinstance(error_of(client), DisconnectedError)


def test_call_when_nothing_can_be_written() -> None:
    with connected() as (client, server):
        server.socket.close()
        error = error_of(client)
        assert str(error).startswith("writing request: ")


def test_call_after_the_connection_was_lost() -> None:
    with connected() as (client, server):
        server.socket.shutdown(socket.SHUT_WR)
        error_of(client)
        error = error_of(client)
        assert (type(error), str(error)) == (ShutdownError, "connection is shut down")


def test_call_after_close() -> None:
    with connected() as (client, _):
        client.close()
        assert isinstance(error_of(client), ShutdownError)


def test_call_from_many_threads() -> None:
    with connected() as (client, server), ThreadPoolExecutor(50) as threads:
        calls = [threads.submit(client.call, SUM, Pair(n, 1)) for n in range(200)]
        for _ in calls:
            server.reply(server.receive().seq, 7)
        assert [call.result(PATIENCE) for call in calls] == [7] * 200


def test_go_sends_at_once() -> None:
    with connected() as (client, server):
        client.go(SUM, Pair(1, 2))
        assert server.receive().service_method == "Math.Sum"


def test_go_by_name_with_the_type_of_the_reply() -> None:
    with connected() as (client, server):
        call = client.go("Math.Sum", Pair(1, 2), reply=int)
        answer(server, 3)
        assert call.result(PATIENCE) == 3


def test_go_with_something_that_is_no_queue() -> None:
    with connected() as (client, _):
        with pytest.raises(TypeError, match="rpc: done channel is unbuffered"):
            client.go(SUM, Pair(1, 2), object())  # type: ignore[call-overload]


@FORKS
def test_call_in_a_process_that_forked() -> None:
    with connected() as (client, _):
        assert "dial again after a fork" in in_child(lambda: str(error_of(client)))


@FORKS
def test_close_in_a_process_that_forked_leaves_the_connection() -> None:
    with connected() as (client, server):
        in_child(lambda: closed(client))
        answer(server, 3)
        assert client.call(SUM, Pair(1, 2)) == 3


@FORKS
def test_close_in_a_process_that_forked_while_a_thread_waited() -> None:
    with connected() as (client, server):
        waiting = threading.Thread(target=lambda: client.call(SUM, Pair(1, 2)))
        waiting.start()
        request = server.receive()
        assert in_child(lambda: closed(client)).startswith("<Client ")
        server.reply(request.seq, 3)
        waiting.join(PATIENCE)
        assert not waiting.is_alive()


def closed(client: Client) -> str:
    client.close()
    return repr(client)


def in_child(function: Callable[[], str]) -> str:
    """Return what ``function`` returns in a forked process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, function().encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return text


def test_go_after_close_ends_the_call() -> None:
    with connected() as (client, _):
        client.close()
        assert isinstance(client.go(SUM, Pair(1, 2)).error, ShutdownError)


def test_go_reads_while_the_server_is_too_busy_writing_to_read() -> None:
    # The server reads on only after it has written everything, which nobody waits for yet.
    large = bytes(4 << 20)
    with connected() as (client, server):
        first = client.go(BLOB, b"")
        writer = threading.Thread(target=server.socket.sendall, args=(response_bytes((0, large)),))
        writer.start()
        reader = threading.Thread(target=_read_after, args=(server.socket, writer))
        reader.start()
        client.go(BLOB, large)
        assert first.result(PATIENCE) == large
        client.close()
        reader.join(PATIENCE)


def _read_after(connection: socket.socket, writer: threading.Thread) -> None:
    writer.join(PATIENCE)
    while connection.recv(1 << 20):
        pass


def test_close_ends_pending_calls() -> None:
    with connected() as (client, _):
        call = client.go(SUM, Pair(1, 2))
        client.close()
        assert isinstance(call.error, ShutdownError)


def test_close_wakes_a_thread_that_waits() -> None:
    with connected() as (client, server):
        errors: list[RpcError] = []
        thread = threading.Thread(target=lambda: errors.append(error_of(client)))
        thread.start()
        server.receive()
        client.close()
        thread.join(PATIENCE)
        assert [type(error) for error in errors] == [ShutdownError]


def test_close_twice() -> None:
    with connected() as (client, _):
        client.close()
        with pytest.raises(ShutdownError):
            client.close()


def test_close_hangs_up() -> None:
    with connected() as (client, server):
        client.close()
        assert server.socket.recv(1) == b""


def test_close_ends_the_background_thread() -> None:
    with connected() as (client, _):
        assert client.go(SUM, Pair(1, 2)).done.empty()
        background = client._threads["read"]
        client.close()
        background.join(PATIENCE)
        assert not background.is_alive()


def test_calls_in_threads_beside_the_background_thread() -> None:
    with connected() as (client, server):
        done = client.go(SUM, Pair(1, 2)).done
        answer(server, 3).join(PATIENCE)
        done.get(timeout=PATIENCE)
        answer(server, 4)
        assert client.call(SUM, Pair(1, 2)) == 4


def test_context_closes() -> None:
    with connected() as (client, server):
        with client:
            pass
        assert server.socket.recv(1) == b""


def test_with_codec_uses_it() -> None:
    ours, theirs = socket.socketpair()
    with Client.with_codec(ours, GobClientCodec()) as client, theirs:
        answer(ScriptedServer(theirs), 3)
        assert client.call(SUM, Pair(1, 2)) == 3


def test_repr_tells_the_state() -> None:
    with connected() as (client, _):
        client.go(SUM, Pair(1, 2))
        assert repr(client) == "<Client open, 1 pending>"


# --- interrupts: signal handlers that raise, as Ctrl-C does ---------------------------------------


class InterruptError(Exception):
    """What the signal handler raises."""


@pytest.fixture
def interrupt() -> Iterator[Callable[[float], None]]:
    """Interrupt the main thread after so many seconds."""

    def handler(number: int, frame: object) -> None:
        raise InterruptError

    before = signal.signal(signal.SIGALRM, handler)
    yield lambda seconds: cast("None", signal.setitimer(signal.ITIMER_REAL, seconds))
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_interrupt_while_waiting_leaves_the_connection_usable(
    interrupt: Callable[[float], None],
) -> None:
    with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        interrupt(0.05)
        with pytest.raises(InterruptError):
            call.result()
        answer(server, 3)
        assert call.result(PATIENCE) == 3


def test_interrupt_in_the_middle_of_a_large_reply_ends_the_connection(
    interrupt: Callable[[float], None],
) -> None:
    data = response_bytes((0, bytes(1 << 20)))
    with connected() as (client, server):
        call = client.go(BLOB, b"")
        server.socket.sendall(data[:100_000])
        interrupt(0.1)
        with pytest.raises(InterruptError):
            call.result()
        with pytest.raises(DisconnectedError):
            call.result(PATIENCE)


def test_interrupt_in_the_middle_of_a_large_request_ends_the_connection(
    interrupt: Callable[[float], None],
) -> None:
    with connected() as (client, _):
        interrupt(0.1)
        with pytest.raises(InterruptError):
            client.call(BLOB, bytes(8 << 20))
        with pytest.raises(RpcError):
            client.go(SUM, Pair(1, 2)).result(PATIENCE)


def test_interrupt_of_one_thread_leaves_the_others_awake(
    interrupt: Callable[[float], None],
) -> None:
    with connected() as (client, server), ThreadPoolExecutor(2) as threads:
        calls = [client.go(SUM, Pair(1, n)) for n in range(3)]
        leading = threads.submit(calls[0].result, PATIENCE)
        while not client._turns._leader:
            time.sleep(0.001)
        following = threads.submit(calls[1].result, PATIENCE)
        while not client._turns._followers:
            time.sleep(0.001)
        interrupt(0.05)
        with pytest.raises(InterruptError):
            calls[2].result()
        for _ in calls:
            server.reply(server.receive().seq, 7)
        assert [leading.result(PATIENCE), following.result(PATIENCE)] == [7, 7]


@FORKS
def test_result_in_another_process_is_refused() -> None:
    with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))

        def result() -> str:
            try:
                return str(call.result(1.0))
            except RpcError as error:
                return str(error)

        assert "belongs to process" in in_child(result)
        answer(server, 3)
        assert call.result(PATIENCE) == 3


def test_done_queue_gets_calls_once_a_thread_can_be_started() -> None:
    done: queue.Queue[Any] = queue.Queue()
    with connected() as (client, server):
        no_more = RuntimeError("can't start new thread")
        with patch.object(threading.Thread, "start", side_effect=no_more):
            with pytest.raises(RuntimeError, match="can't start new thread"):
                client.go(SUM, Pair(1, 2), done)
        client.go(SUM, Pair(1, 2), done)
        answer(server, 3)
        assert done.get(timeout=PATIENCE).result() == 3


class ClosedQueue:
    """Takes no more calls."""

    def put_nowait(self, item: object) -> None:
        raise RuntimeError("closed")


def test_done_queue_that_raises_keeps_no_reply_from_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with connected() as (client, server):
        client.go(SUM, Pair(1, 2), ClosedQueue())
        other = client.go(SUM, Pair(1, 2))
        for _ in range(2):
            server.reply(server.receive().seq, 3)
        assert other.result(PATIENCE) == 3
    assert "the done queue" in caplog.text
