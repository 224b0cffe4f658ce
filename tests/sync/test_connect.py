from __future__ import annotations

import socket
from pathlib import Path
from typing import Any, cast

import pytest

from rpcgen import Listener, Server, dial
from rpcgen.errors import DialError
from tests.protocol.messages import DOUBLE


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
