from __future__ import annotations

import gc
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any, cast
from unittest.mock import patch
from uuid import UUID

import pytest

from rpcgen import Client, Limits, Server, gob
from rpcgen.errors import (
    CallTimeoutError,
    DecodeError,
    DisconnectedError,
    EncodeError,
    RpcError,
    ServerError,
    ShutdownError,
)
from rpcgen.method import Method
from rpcgen.protocol import GobClientCodec
from rpcgen.sync.background import AllSent
from rpcgen.sync.call import Call
from rpcgen.sync.stream import Stream, wrap_tls
from rpcgen.testing.certificates import client_context, server_context
from rpcgen.types import Uint8
from tests.protocol.messages import SUM, Pair, response_bytes
from tests.support.scripted import ScriptedServer, connected
from tests.support.timeouts import TIMEOUT_S

# What Python has said since 3.12: that is what these tests are about.
FORKS = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

BLOB = Method[bytes, bytes]("Math.Blob")

VALUES_OF_ALL_KINDS: dict[str, Any] = {
    "flag": True,
    "number": 1,
    "small number": gob.Typed(1, Uint8),
    "float": 1.5,
    "complex": 1j,
    "text": "text",
    "bytes": b"bytes",
    "nothing": None,
    "list": [1, "a"],
    "list of text": gob.Typed(["a"], list[str]),
    "map": {"a": [1]},
    "moment": datetime(2020, 1, 2, tzinfo=UTC),
    "span": timedelta(seconds=1),
    "uuid": UUID(int=1),
}


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
        assert [call.result(TIMEOUT_S) for call in calls] == [7] * 200


def test_go_sends_at_once() -> None:
    with connected() as (client, server):
        client.go(SUM, Pair(1, 2))
        assert server.receive().service_method == "Math.Sum"


def test_go_by_name_with_the_type_of_the_reply() -> None:
    with connected() as (client, server):
        call = client.go("Math.Sum", Pair(1, 2), reply=int)
        answer(server, 3)
        assert call.result(TIMEOUT_S) == 3


@FORKS
def test_first_call_imports_nothing_of_the_package() -> None:
    # The server is in this process: what it imports is no concern of the client's.
    script = """
import sys
import rpcgen
from rpcgen import Method
double = Method[list[int], list[int]]("Math.Double")
with rpcgen.dial(sys.argv[1]) as client:
    before = set(sys.modules)
    client.call(double, [1])
    print(*(name for name in sys.modules if name.startswith("rpcgen") and name not in before))
"""
    server = Server()
    double = Method[list[int], list[int]]("Math.Double")
    server.register_name("Math", [double.handler(lambda numbers: 2 * numbers)])
    with server:
        address = server.listen("127.0.0.1:0").address
        done = subprocess.run(
            [sys.executable, "-c", script, address],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert done.stdout == "\n"


@FORKS
def test_values_of_all_kinds_import_nothing_that_a_handler_interrupts() -> None:
    """Signal handlers run in the main thread: what is imported then is imported in another one."""
    # The values are made by the server, so that the client's process has no reason to know them.
    script = """
import sys, threading
from typing import Any
import rpcgen
from rpcgen import Method
value = Method[str, Any]("Values.Of")
client = rpcgen.dial(sys.argv[1])
imported = []
class Finder:
    main = threading.get_ident()
    def find_spec(self, name, path=None, target=None):
        if threading.get_ident() == self.main:
            imported.append(name)
sys.meta_path.insert(0, Finder())
for kind in sys.argv[2:]:
    client.call("Values.Of", kind)
    client.call(value, kind)
client.call("Values.Pair", "")
try:
    client.call("Values.Of", "list", reply=dict[str, int])
except rpcgen.RpcError as error:
    assert "arrives where" in str(error)
print(*imported)
"""
    of, pair = Method[str, Any]("Values.Of"), Method[str, Pair]("Values.Pair")
    handlers = [of.handler(VALUES_OF_ALL_KINDS.__getitem__), pair.handler(lambda _: Pair(1, 2))]
    with Server() as server:
        server.register_name("Values", handlers)
        address = server.listen("127.0.0.1:0").address
        done = subprocess.run(
            [sys.executable, "-c", script, address, *VALUES_OF_ALL_KINDS],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert done.stdout == "\n"


def test_call_in_a_process_that_forked() -> None:
    with connected() as (client, _):
        assert "dial again after a fork" in in_child(lambda: str(error_of(client)))


@FORKS
def test_go_in_a_process_that_forked_reads_nothing() -> None:
    def go() -> str:
        call = client.go(SUM, Pair(1, 2), done)
        return f"{done.get(timeout=TIMEOUT_S) is call} {call.error} {threading.active_count()}"

    with connected() as (client, server):
        done = queue.Queue[Call[int]]()
        assert "True the connection belongs to process" in (said := in_child(go))
        assert said.endswith(" 1")
        answer(server, 3)
        assert client.call(SUM, Pair(1, 2)) == 3


@FORKS
def test_done_in_a_process_that_forked_gets_the_error() -> None:
    with connected() as (client, _):
        call = client.go(SUM, Pair(1, 2))
        assert "belongs to process" in in_child(lambda: str(call.done.get(timeout=TIMEOUT_S).error))
        assert not call.is_done()


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
        waiting.join(TIMEOUT_S)
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
        assert first.result(TIMEOUT_S) == large
        client.close()
        reader.join(TIMEOUT_S)


@pytest.mark.parametrize("link", ["unix", "tcp", "tls"])
def test_call_reads_while_the_server_is_too_busy_writing_to_read(link: str) -> None:
    # It answers a call that nobody waits for any more, before it reads the next one.
    large = bytes(4 << 20)
    first = response_bytes((0, large))
    second = response_bytes((0, large), (1, b"done")).removeprefix(first)
    with small_buffers(link) as (client, server):
        with pytest.raises(CallTimeoutError):
            client.go(BLOB, b"").result(0)

        def serve() -> None:
            server.send_all(server.encrypt(first))
            size = 0
            while size < len(large):
                size += len(server.read())
            server.send_all(server.encrypt(second))

        serving = threading.Thread(target=serve)
        serving.start()
        assert client.call(BLOB, large) == b"done"
        serving.join(TIMEOUT_S)


@contextmanager
def small_buffers(link: str) -> Iterator[tuple[Client, Stream]]:
    """Yield a client and the other end of its connection, between which there is little room."""
    if link == "unix":
        ours, theirs = socket.socketpair()
    else:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            ours = socket.create_connection(listening.getsockname())
            theirs, _ = listening.accept()
    with ours, theirs:
        for each in (ours, theirs):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        streams = [Stream(ours), Stream(theirs)]
        if link == "tls":
            with ThreadPoolExecutor() as pool:
                server = pool.submit(wrap_tls, theirs, server_context(), server_hostname=None)
                streams = [wrap_tls(ours, client_context(), server_hostname="127.0.0.1")]
                streams.append(server.result())
        with Client(streams[0]) as client:
            yield client, streams[1]


def test_call_that_is_over_leaves_nothing_unsent() -> None:
    # What another thread has left, relying on the one that was sending.
    large = bytes(4 << 20)
    with connected() as (client, server):
        first = client.go(SUM, Pair(1, 2))
        assert server.receive().seq == 0
        client._writer.send(client._begin(BLOB, large, None), BLOB, large)
        server.reply(0, 3)
        assert first.result() == 3
        size = len(large)
        while size > 0:
            size -= len(server.socket.recv(1 << 20))


def test_call_that_is_interrupted_leaves_nothing_unsent() -> None:
    large = bytes(4 << 20)
    with connected() as (client, server):
        flush_alone = patch.object(client._writer, "flush_alone", side_effect=KeyboardInterrupt)
        with flush_alone, pytest.raises(KeyboardInterrupt):
            client.call(BLOB, large)
        size = len(large)
        while size > 0:
            size -= len(server.socket.recv(1 << 20))


def test_background_thread_that_comes_too_late_makes_room_for_the_next() -> None:
    with connected() as (client, server):
        task = AllSent(client._protocol, client._leader_follower, client._writer)
        client._run_in_background("send", task)
        while "send" in client._threads:
            time.sleep(0.001)
        client.go(BLOB, large := bytes(4 << 20))
        size = len(large)
        while size > 0:
            size -= len(server.socket.recv(1 << 20))


def test_calls_go_on_where_no_thread_can_be_started(caplog: pytest.LogCaptureFixture) -> None:
    with connected() as (client, _):
        with patch.object(threading.Thread, "start", side_effect=RuntimeError("no more threads")):
            call = client.go(BLOB, bytes(4 << 20))
        assert not call.is_done()
        assert "no more threads" in caplog.text


def _read_after(connection: socket.socket, writer: threading.Thread) -> None:
    writer.join(TIMEOUT_S)
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
        thread.join(TIMEOUT_S)
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
        background.join(TIMEOUT_S)
        assert not background.is_alive()


def test_calls_in_threads_beside_the_background_thread() -> None:
    with connected() as (client, server):
        done = client.go(SUM, Pair(1, 2)).done
        answer(server, 3).join(TIMEOUT_S)
        done.get(timeout=TIMEOUT_S)
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
        assert call.result(TIMEOUT_S) == 3


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
            call.result(TIMEOUT_S)


def test_interrupt_in_the_middle_of_a_large_request_locks_nobody(
    interrupt: Callable[[float], None],
) -> None:
    def interrupt_once_it_comes(server: socket.socket) -> None:
        server.recv(1)
        interrupt(0.01)

    with connected() as (client, server), ThreadPoolExecutor(1) as threads:
        threads.submit(interrupt_once_it_comes, server.socket)
        with pytest.raises(InterruptError):
            client.call(BLOB, bytes(8 << 20))
        server.socket.close()  # the client may have gone on, with the rest of the request
        with pytest.raises((DisconnectedError, ShutdownError)):
            client.go(SUM, Pair(1, 2)).result(TIMEOUT_S)


def test_interrupt_of_one_thread_leaves_the_others_awake(
    interrupt: Callable[[float], None],
) -> None:
    with connected() as (client, server), ThreadPoolExecutor(2) as threads:
        calls = [client.go(SUM, Pair(1, n)) for n in range(3)]
        leading = threads.submit(calls[0].result, TIMEOUT_S)
        while not client._leader_follower._leader:
            time.sleep(0.001)
        following = threads.submit(calls[1].result, TIMEOUT_S)
        while not client._leader_follower._followers:
            time.sleep(0.001)
        interrupt(0.05)
        with pytest.raises(InterruptError):
            calls[2].result()
        for _ in calls:
            server.reply(server.receive().seq, 7)
        assert [leading.result(TIMEOUT_S), following.result(TIMEOUT_S)] == [7, 7]


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
        assert call.result(TIMEOUT_S) == 3


def test_done_queue_gets_calls_once_a_thread_can_be_started() -> None:
    done: queue.Queue[Any] = queue.Queue()
    with connected() as (client, server):
        no_more = RuntimeError("can't start new thread")
        with patch.object(threading.Thread, "start", side_effect=no_more):
            with pytest.raises(RuntimeError, match="can't start new thread"):
                client.go(SUM, Pair(1, 2), done)
        client.go(SUM, Pair(1, 2), done)
        answer(server, 3)
        assert done.get(timeout=TIMEOUT_S).result() == 3


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
        assert other.result(TIMEOUT_S) == 3
    assert "the done queue" in caplog.text


# --- signal handlers and finalizers that use the client that they have interrupted ----------------


@pytest.fixture
def handle() -> Iterator[Callable[[Callable[[], object], float], None]]:
    """Call a function in a signal handler of the main thread, after so many seconds."""
    before = signal.getsignal(signal.SIGALRM)

    def set_handler(function: Callable[[], object], seconds: float = 0.05) -> None:
        signal.signal(signal.SIGALRM, lambda *_: function() and None)
        signal.setitimer(signal.ITIMER_REAL, seconds)

    yield set_handler
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def is_receiving(frame: FrameType | None) -> bool:
    """Return whether a frame is in the middle of taking what has come."""
    while frame is not None:
        if frame.f_code.co_name == "_take":
            return True
        frame = frame.f_back
    return False


@pytest.fixture
def handle_waiting(handle: Handle) -> Handle:
    """Call a function in a signal handler that interrupts a call which only waits.

    In the middle of a step of the client it could not wait for another call.
    """

    def set_handler(function: Callable[[], object]) -> None:
        def call() -> None:
            if is_receiving(sys._getframe()):
                handle(call)  # later
            else:
                function()

        handle(call)

    return set_handler


Handle = Callable[..., None]


def test_close_in_a_handler_that_interrupts_a_call_ends_it(handle: Handle) -> None:
    with connected() as (client, _):
        handle(client.close)
        assert isinstance(error_of(client), ShutdownError)


def test_close_in_a_handler_gives_the_socket_back(handle: Handle) -> None:
    with connected() as (client, _):
        handle(client.close)
        error_of(client)
        assert client._stream.fileno() == -1


def test_close_in_a_handler_that_interrupts_the_sending_of_a_large_request(handle: Handle) -> None:
    with connected() as (client, _):
        handle(client.close)
        with pytest.raises(ShutdownError):
            client.call(BLOB, bytes(8 << 20))


def test_call_in_a_handler_that_interrupts_a_call_works(handle_waiting: Handle) -> None:
    results: list[int] = []
    with connected() as (client, server):
        outer = client.go(SUM, Pair(1, 2))
        server.receive()

        def call() -> None:
            inner = client.go(SUM, Pair(3, 4))
            server.reply(server.receive().seq, 7)
            results.append(inner.result(TIMEOUT_S))
            server.reply(0, 3)

        handle_waiting(call)
        assert (outer.result(TIMEOUT_S), results) == (3, [7])


def test_reply_that_a_handler_has_read_ends_the_call_that_it_interrupts(
    handle_waiting: Handle,
) -> None:
    with connected() as (client, server):
        outer = client.go(SUM, Pair(1, 2))
        server.receive()

        def call() -> None:
            inner = client.go(SUM, Pair(3, 4))
            server.reply(0, 3)
            server.reply(server.receive().seq, 7)
            inner.result(TIMEOUT_S)

        handle_waiting(call)
        assert outer.result(TIMEOUT_S) == 3


def test_handler_may_wait_for_a_thread_that_calls(handle_waiting: Handle) -> None:
    with connected() as (client, server), ThreadPoolExecutor(1) as threads:
        outer = client.go(SUM, Pair(1, 2))
        server.receive()

        def wait() -> None:
            inner = threads.submit(client.call, SUM, Pair(3, 4))
            server.reply(server.receive().seq, 7)
            assert inner.result(TIMEOUT_S) == 7
            server.reply(0, 3)

        handle_waiting(wait)
        assert outer.result(TIMEOUT_S) == 3


class Nested:
    """Calls a function while its field is encoded, as a finalizer may be called."""

    def __init__(self, function: Callable[[], object]) -> None:
        self._function = function

    @property
    def a(self) -> int:
        self._function()
        return 1

    b = 2


def test_call_from_inside_the_encoding_of_another_fails_at_once() -> None:
    with connected() as (client, server):
        errors: list[RpcError] = []
        args: Any = Nested(lambda: errors.append(error_of(client)))
        call = client.go(SUM, args)
        server.reply(server.receive().seq, 3)
        assert call.result(TIMEOUT_S) == 3
        assert "a signal handler or a finalizer" in str(errors[0])


def test_go_from_inside_the_encoding_of_another_ends_its_call() -> None:
    with connected() as (client, server):
        calls: list[Any] = []
        args: Any = Nested(lambda: calls.append(client.go(SUM, Pair(3, 4))))
        call = client.go(SUM, args)
        server.reply(server.receive().seq, 3)
        assert call.result(TIMEOUT_S) == 3
        assert all(each.is_done() and each.error is not None for each in calls)


def close_once(client: Client) -> None:
    if not client.closed:
        client.close()


def test_close_from_inside_the_encoding_of_a_call_ends_it() -> None:
    with connected() as (client, _):
        args: Any = Nested(lambda: close_once(client))
        with pytest.raises(ShutdownError):
            client.call(SUM, args)


def test_done_queue_may_be_asked_for_from_inside_the_end_of_the_call() -> None:
    with connected() as (client, server):
        queues: list[Any] = []

        class Queue:
            def put_nowait(self, item: Any) -> None:
                queues.append(item.done)

        done = Queue()
        call = client.go(SUM, Pair(1, 2), done)
        server.reply(0, 3)
        assert call.result(TIMEOUT_S) == 3
        assert queues == [done]


# --- requests that the server does not take -------------------------------------------------------


def test_go_does_not_wait_for_a_server_that_takes_nothing() -> None:
    with connected() as (client, _):
        assert not client.go(BLOB, bytes(50_000_000)).is_done()


def test_result_of_a_request_that_cannot_be_sent_ends_in_time() -> None:
    with connected() as (client, _):
        with pytest.raises(CallTimeoutError):
            client.go(BLOB, bytes(50_000_000)).result(timeout=0.05)


def test_request_that_was_left_is_sent_though_nobody_waits() -> None:
    large = bytes(4 << 20)
    with connected() as (client, server):
        client.go(BLOB, large)
        with server.socket.makefile("rb") as file:
            assert len(file.read(len(large))) == len(large)


def test_go_beyond_the_limit_ends_its_call_at_once() -> None:
    ours, theirs = socket.socketpair()
    with theirs, Client(ours, limits=Limits(queued=1 << 20)) as client:
        first = client.go(BLOB, bytes(4 << 20))
        error = client.go(BLOB, b"more").error
        assert not first.is_done()
        assert error is not None
        assert "Limits.queued is 1048576" in str(error)


def test_go_takes_requests_again_once_those_before_are_sent() -> None:
    large = bytes(4 << 20)
    ours, theirs = socket.socketpair()
    with theirs, Client(ours, limits=Limits(queued=1 << 20)) as client:
        client.go(BLOB, large)
        assert client.go(BLOB, b"more").is_done()
        with theirs.makefile("rb") as file:
            file.read(len(large))
        while client._writer.queued >= 1 << 20:
            time.sleep(0.001)
        assert not client.go(BLOB, b"more").is_done()


def test_call_waits_where_go_would_be_refused() -> None:
    ours, theirs = socket.socketpair()
    with theirs, Client(ours, limits=Limits(queued=1 << 20)) as client:
        server = ScriptedServer(theirs)
        client.go(BLOB, bytes(4 << 20))
        with ThreadPoolExecutor(1) as threads:
            call = threads.submit(client.call, SUM, Pair(1, 2))
            server.receive_header()  # of the large request
            server.reply(server.receive_header().seq, 3)
            assert call.result(TIMEOUT_S) == 3


# --- calls that are given up ----------------------------------------------------------------------


def test_call_that_was_given_up_is_forgotten() -> None:
    with connected() as (client, _):
        for _ in range(10):
            with pytest.raises(CallTimeoutError):
                client.go(SUM, Pair(1, 2)).result(timeout=0)
        gc.collect()
        assert client._protocol.pending == 0


def test_call_that_was_given_up_before_it_was_sent_is_forgotten() -> None:
    with connected() as (client, _):
        for _ in range(3):
            with pytest.raises(CallTimeoutError):
                client.go(BLOB, bytes(20_000_000)).result(timeout=0)
        gc.collect()
        assert client._protocol.pending == 0


def test_call_that_was_given_up_is_told_to_its_queue() -> None:
    done: queue.Queue[Any] = queue.Queue()
    with connected() as (client, server):
        with pytest.raises(CallTimeoutError):
            client.go(SUM, Pair(1, 2), done).result(timeout=0)
        gc.collect()
        server.reply(0, 3)
        assert done.get(timeout=TIMEOUT_S).result() == 3


def test_call_that_was_given_up_and_is_held_ends_with_the_connection() -> None:
    with connected() as (client, _):
        call = client.go(SUM, Pair(1, 2))
        with pytest.raises(CallTimeoutError):
            call.result(timeout=0)
        client.close()
        assert isinstance(call.error, ShutdownError)


def test_interrupted_call_is_forgotten(interrupt: Callable[[float], None]) -> None:
    with connected() as (client, _):
        interrupt(0.05)
        with pytest.raises(InterruptError):
            client.call(SUM, Pair(1, 2))
        gc.collect()
        assert client._protocol.pending == 0


# --- the state of the client ----------------------------------------------------------------------


def test_closed_is_false_at_first() -> None:
    with connected() as (client, _):
        assert not client.closed


def test_closed_after_close() -> None:
    with connected() as (client, _):
        client.close()
        assert client.closed


def test_closed_after_a_request_that_could_not_be_written() -> None:
    with connected() as (client, server):
        server.socket.close()
        error_of(client)
        assert client.closed


def test_call_after_a_request_that_could_not_be_written() -> None:
    with connected() as (client, server):
        server.socket.close()
        error_of(client)
        error = error_of(client)
        assert (type(error), str(error)) == (ShutdownError, "connection is shut down")


def test_reply_that_is_there_arrives_though_nothing_can_be_written() -> None:
    with connected() as (client, server):
        call = client.go(SUM, Pair(1, 2))
        server.reply(0, 3)
        server.socket.shutdown(socket.SHUT_RDWR)
        error_of(client)
        assert call.result(TIMEOUT_S) == 3


def test_ssl_socket_is_refused_with_a_hint() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        wrapped = client_context().wrap_socket(
            ours, do_handshake_on_connect=False, server_hostname="localhost"
        )
        with wrapped, pytest.raises(TypeError, match=r"dial\('tls://\.\.\.', tls=context\)"):
            Client(wrapped)


def test_socket_that_is_handed_over_is_kept_alive() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        connection = socket.create_connection(listening.getsockname())
        with Client(connection):
            assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
