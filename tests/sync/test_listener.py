from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, cast

import pytest

from rpcgen.errors import DialError
from rpcgen.protocol import parse_address
from rpcgen.sync import Listener
from tests.support.timeouts import TIMEOUT_S


def test_listen_on_port_0_gives_the_bound_address() -> None:
    with Listener("tcp://127.0.0.1:0") as listener:
        assert parse_address(listener.address).port > 0


def test_listen_on_a_taken_port() -> None:
    with Listener("tcp://127.0.0.1:0") as listener:
        with pytest.raises(DialError, match=r"cannot listen on tcp://127\.0\.0\.1:\d+: "):
            Listener(listener.address)


def test_listen_on_an_unknown_host() -> None:
    with pytest.raises(DialError, match=r"cannot listen on tcp://host\.invalid:0"):
        Listener("host.invalid:0")


def test_listen_on_a_unix_socket(tmp_path: Path) -> None:
    with Listener(f"unix://{tmp_path}/s") as listener:
        assert listener.address == f"unix://{tmp_path}/s"


def test_listen_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DialError, match="No such file"):
        Listener(f"unix://{tmp_path}/no/s")


def test_accept_returns_a_connection() -> None:
    with Listener("127.0.0.1:0") as listener:
        address = parse_address(listener.address)
        with socket.create_connection((address.host, address.port)) as theirs:
            with listener.accept() as ours:
                assert ours.getpeername() == theirs.getsockname()


def test_accept_sends_small_messages_at_once() -> None:
    with Listener("127.0.0.1:0") as listener:
        address = parse_address(listener.address)
        with socket.create_connection((address.host, address.port)), listener.accept() as ours:
            assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_accept_is_woken_by_close() -> None:
    listener = Listener("127.0.0.1:0")
    errors: list[OSError] = []

    def accept() -> None:
        try:
            listener.accept()
        except OSError as error:
            errors.append(error)

    thread = threading.Thread(target=accept)
    thread.start()
    thread.join(0.05)
    listener.close()
    thread.join(TIMEOUT_S)
    assert len(errors) == 1


def test_close_twice() -> None:
    listener = Listener("127.0.0.1:0")
    listener.close()
    listener.close()
    assert listener.closed


def test_close_removes_the_file_of_a_unix_socket(tmp_path: Path) -> None:
    Listener(f"unix://{tmp_path}/s").close()
    assert os.listdir(tmp_path) == []


def test_close_when_the_file_is_gone(tmp_path: Path) -> None:
    listener = Listener(f"unix://{tmp_path}/s")
    (tmp_path / "s").unlink()
    listener.close()
    assert listener.closed


def test_close_leaves_a_file_that_is_no_socket(tmp_path: Path) -> None:
    listener = Listener(f"unix://{tmp_path}/s")
    (tmp_path / "s").unlink()
    (tmp_path / "s").touch()
    listener.close()
    assert os.listdir(tmp_path) == ["s"]


def test_accept_keeps_the_connection_alive() -> None:
    with Listener("127.0.0.1:0") as listener:
        address = parse_address(listener.address)
        with socket.create_connection((address.host, address.port)), listener.accept() as ours:
            assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


def test_accept_on_a_closed_listener() -> None:
    listener = Listener("127.0.0.1:0")
    listener.close()
    with pytest.raises(OSError, match="the listener is closed"):
        listener.accept()


def test_close_wakes_every_thread_in_accept() -> None:
    listener = Listener("127.0.0.1:0")
    errors: list[OSError] = []

    def accept() -> None:
        try:
            listener.accept()
        except OSError as error:
            errors.append(error)

    threads = [threading.Thread(target=accept) for _ in range(5)]
    for thread in threads:
        thread.start()
    listener.close()
    for thread in threads:
        thread.join(TIMEOUT_S)
    assert len(errors) == 5


def test_close_while_the_interpreter_ends() -> None:
    script = """
import atexit
atexit.register(lambda: listener.close())  # called after all that is registered below
import socket
from rpcgen.protocol import parse_address
from rpcgen.sync import Listener
listener = Listener("127.0.0.1:0")
address = parse_address(listener.address)
with socket.create_connection((address.host, address.port)), listener.accept():
    pass
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=TIMEOUT_S
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_close_leaves_a_socket_that_was_borrowed_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as ours:
        Listener(ours, borrowed=True).close()
        assert ours.fileno() >= 0


def test_accept_where_others_are_faster() -> None:
    with socket.create_server(("127.0.0.1", 0)) as ours:
        first, second = Listener(ours, borrowed=True), Listener(ours, borrowed=True)
        accepted: list[socket.socket] = []

        def accept(listener: Listener) -> None:
            try:
                accepted.append(listener.accept())
            except OSError:
                pass  # closed

        threads = [threading.Thread(target=accept, args=(each,)) for each in (first, second)]
        for thread in threads:
            thread.start()
        with socket.create_connection(ours.getsockname()):
            while not accepted:
                threads[0].join(0.001)
            first.close()
            second.close()
            for thread in threads:
                thread.join(TIMEOUT_S)
        assert len(accepted) == 1
        accepted[0].close()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_close_in_a_child_leaves_the_parents_listener_working() -> None:
    with Listener("127.0.0.1:0") as listener:
        address = parse_address(listener.address)
        child = os.fork()
        if child == 0:
            listener.close()
            os._exit(0)
        os.waitpid(child, 0)
        with socket.create_connection((address.host, address.port)), listener.accept():
            pass


@pytest.mark.heavy
@pytest.mark.slow
def test_close_removes_the_file_though_a_thread_waits_for_connections(tmp_path: Path) -> None:
    for number in range(30):
        listener = Listener(f"unix://{tmp_path}/s{number}")
        polls = threading.Event()
        thread = threading.Thread(target=accept_until_closed, args=(listener, polls))
        thread.start()
        assert polls.wait(TIMEOUT_S)
        while not listener._pollers:
            pass
        listener.close()
        assert os.listdir(tmp_path) == []
        thread.join(TIMEOUT_S)


def accept_until_closed(listener: Listener, begins: threading.Event) -> None:
    begins.set()
    with pytest.raises(OSError, match="closed"):
        listener.accept()


def test_listen_with_a_context_that_is_none() -> None:
    with pytest.raises(TypeError, match=r"tls=True: pass an ssl\.SSLContext"):
        Listener("tls://127.0.0.1:0", cast(Any, True))


class RecordingPoll:
    """A `select.poll` that records for how long it was to wait."""

    def __init__(self) -> None:
        self.timeouts: list[int | None] = []

    def poll(self, timeout: int | None = None) -> list[tuple[int, int]]:
        self.timeouts.append(timeout)
        return []


def test_main_thread_wakes_for_signals_that_came_before_it_waited() -> None:
    ready = RecordingPoll()
    with Listener("127.0.0.1:0") as listener:
        listener._poll(cast(Any, ready))
    assert ready.timeouts == [250]


def test_other_threads_sleep_until_there_is_a_connection() -> None:
    ready = RecordingPoll()
    with Listener("127.0.0.1:0") as listener:
        thread = threading.Thread(target=listener._poll, args=(ready,))
        thread.start()
        thread.join()
    assert ready.timeouts == [None]
