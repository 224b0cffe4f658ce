from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

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
        client.close()
        assert client._background is not None
        client._background.join(PATIENCE)
        assert not client._background.is_alive()


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
