from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from generated.arith import ArithClient
from rpcgen import Listener, Server, dial, dial_http, dial_http_path
from rpcgen.errors import DialError
from rpcgen.testing.certificates import client_context
from tests.protocol.messages import DOUBLE
from tests.support.sockets import full_queue
from tests.support.timeouts import TIMEOUT_S


def test_dial_connects() -> None:
    with Listener("127.0.0.1:0") as listener, dial(listener.address), listener.accept() as ours:
        assert ours.fileno() >= 0


def test_dial_a_unix_socket(tmp_path: Path) -> None:
    with Listener(f"unix://{tmp_path}/s") as listener, dial(listener.address):
        with listener.accept() as ours:
            assert ours.family == socket.AF_UNIX


def test_dial_where_nobody_listens() -> None:
    with Listener("127.0.0.1:0") as listener:
        address = listener.address
    with pytest.raises(DialError, match=r"cannot connect to tcp://127\.0\.0\.1:\d+: .*refused"):
        dial(address)


def test_dial_a_unix_socket_whose_queue_is_full_waits(tmp_path: Path) -> None:
    with full_queue(tmp_path / "s") as listening:
        with pytest.raises(DialError, match="timed out"):
            dial(f"unix://{tmp_path}/s", timeout=0.05)
        with ThreadPoolExecutor() as pool:
            dialling = pool.submit(dial, f"unix://{tmp_path}/s", timeout=TIMEOUT_S)
            with ExitStack() as stack:
                while not dialling.done():
                    with suppress(TimeoutError):
                        stack.enter_context(listening.accept()[0])
                dialling.result().close()


def test_dial_a_unix_socket_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DialError, match="No such file"):
        dial(f"unix://{tmp_path}/s")


def test_dial_an_unknown_host() -> None:
    with pytest.raises(DialError, match=r"cannot connect to tcp://host\.invalid:1"):
        dial("host.invalid:1")


def test_dial_with_a_bad_address() -> None:
    with pytest.raises(DialError, match="is not host:port"):
        dial("localhost")


def test_dial_timeout_does_not_outlast_the_connecting() -> None:
    with Listener("127.0.0.1:0") as listener, dial(listener.address, timeout=5.0) as client:
        with listener.accept():
            assert client._stream._socket.gettimeout() is None


def test_dial_with_json() -> None:
    server = Server()
    server.register_name("Math", [DOUBLE.handler(lambda number: 2 * number)])
    address = server.listen("127.0.0.1:0", codec="json").address
    with server, dial(address, codec="json") as client:
        assert client.call(DOUBLE, 4) == 8


def test_dial_with_an_unknown_codec() -> None:
    with pytest.raises(DialError, match="'xml' is no codec"):
        dial("127.0.0.1:1", codec=cast(Any, "xml"))


def test_listen_with_an_unknown_codec() -> None:
    with pytest.raises(DialError, match="'xml' is no codec"):
        Server().listen("127.0.0.1:0", codec=cast(Any, "xml"))


def test_dial_keeps_the_connection_alive() -> None:
    with Listener("127.0.0.1:0") as listener, dial(listener.address) as client:
        with listener.accept():
            option = client._stream._socket.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert option != 0


@pytest.mark.parametrize("connect", [dial, dial_http, partial(dial_http_path, path="/rpc")])
def test_dial_with_an_option_that_there_is_not(connect: Callable[..., object]) -> None:
    with pytest.raises(TypeError, match=r"unexpected option 'tmeout'; .* limits, .*timeout, tls"):
        connect("127.0.0.1:1", tmeout=3)


def test_dial_through_a_generated_client_with_an_option_that_there_is_not() -> None:
    with pytest.raises(TypeError, match="unexpected option 'tmeout'"):
        ArithClient.dial("127.0.0.1:1", tmeout=3)  # type: ignore[call-arg]


@pytest.mark.parametrize("option", [{"strict_names": "stict"}, {"strings": "utf-8"}])
def test_dial_with_a_value_that_an_option_cannot_have(option: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"write False or|write 'strict' or"):
        dial("127.0.0.1:1", **option)


@pytest.mark.parametrize(
    "address", ["127.0.0.1:1", "tcp://127.0.0.1:1", "unix:///s", "http://127.0.0.1:1"]
)
def test_dial_an_address_that_is_not_encrypted_with_a_context(address: str) -> None:
    with pytest.raises(ValueError, match=r"is not encrypted: write tls:// or https://"):
        dial(address, tls=client_context())


def test_dial_http_with_a_context() -> None:
    with pytest.raises(ValueError, match=r"is not encrypted"):
        dial_http("127.0.0.1:1", tls=client_context())


def test_dial_with_a_context_that_is_none() -> None:
    with pytest.raises(TypeError, match=r"tls=True: pass an ssl\.SSLContext"):
        dial("tls://127.0.0.1:1", tls=cast(Any, True))


def test_dial_without_a_context() -> None:
    with Listener("127.0.0.1:0") as listener, dial(listener.address, tls=None) as client:
        assert not client.closed


class DrippingServer:
    """Accepts, and sends a byte at a time for as long as the client likes."""

    def __init__(self, first: bytes = b"") -> None:
        self._listener = Listener("127.0.0.1:0")
        self.address = self._listener.address.removeprefix("tcp://")
        self._first = first
        self._thread = threading.Thread(target=self._drip)
        self._is_over = threading.Event()

    def __enter__(self) -> DrippingServer:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over.set()
        self._listener.close()
        self._thread.join(30.0)

    def _drip(self) -> None:
        with self._listener.accept() as connection:
            try:
                connection.sendall(self._first)
                while not self._is_over.wait(0.01):
                    connection.sendall(b"a")
            except OSError:
                pass  # the client has given up


def test_dial_timeout_bounds_the_whole_http_handshake() -> None:
    with DrippingServer(b"HTTP/1.0 200 Connected to Go RPC\r\nX: ") as server:
        with pytest.raises(DialError, match="timed out"):
            dial(f"http://{server.address}", timeout=0.2)


def test_dial_timeout_bounds_the_whole_tls_handshake() -> None:
    # The beginning of a record of the handshake, as long as one may be.
    with DrippingServer(b"\x16\x03\x03\x40\x00") as server:
        with pytest.raises(DialError, match="timed out"):
            dial(f"tls://{server.address}", tls=client_context(), timeout=0.2)


def test_dial_that_is_interrupted_lets_the_exception_out() -> None:
    class StopError(TimeoutError):
        """An `OSError` of the program's own."""

    def stop(number: int, frame: object) -> None:
        raise StopError("stop")

    before = signal.signal(signal.SIGALRM, stop)
    try:
        with DrippingServer() as server:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with pytest.raises(StopError):
                dial(f"http://{server.address}", timeout=30.0)
    finally:
        signal.signal(signal.SIGALRM, before)


def test_dial_tries_all_addresses_of_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    with Listener("127.0.0.1:0") as listener:
        good = listener.bound.port
        with socket.create_server(("127.0.0.1", 0)) as closed:
            bad = closed.getsockname()[1]
        found = [(socket.AF_INET, 1, 6, "", ("127.0.0.1", port)) for port in (bad, good)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        with dial("localhost:1") as client, listener.accept():
            assert not client.closed
