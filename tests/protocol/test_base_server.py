from __future__ import annotations

import threading
from time import monotonic

import pytest

from rpcgen.errors import DialError
from rpcgen.gob import Limits
from rpcgen.protocol import CodecOptions, ServerProtocol
from rpcgen.protocol.address import Address, parse_address
from rpcgen.protocol.base_server import BaseServer, memory_of
from rpcgen.protocol.http import HttpServerProtocol
from rpcgen.protocol.serving import ConnectionLimits
from tests.protocol.messages import DOUBLE


class Listener:
    """A listener without a socket."""

    def __init__(self, address: str = "tcp://127.0.0.1:0") -> None:
        self.bound: Address = parse_address(address)
        self.codec_options: CodecOptions = {}
        self.closed = False

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def server() -> BaseServer:
    return BaseServer(threading.Lock, Limits(), ConnectionLimits())


@pytest.mark.parametrize("remember", [True, 60])
def test_remember_that_is_none_is_refused(remember: object) -> None:
    with pytest.raises(TypeError, match=r"write Remember\(seconds=60, most=10_000\)"):
        memory_of(remember, monotonic, threading.Lock)  # type: ignore[arg-type]


def test_repr_names_the_services(server: BaseServer) -> None:
    server.register_name("Math", [DOUBLE.handler(abs)])
    server.register_name("More", [DOUBLE.handler(abs)])
    assert repr(server) == "<Server of Math, More>"


def test_repr_of_a_server_of_nothing(server: BaseServer) -> None:
    assert repr(server) == "<Server of nothing>"


def test_listener_has_the_options_of_its_codec(server: BaseServer) -> None:
    listener = server._open_listener(Listener, "json", {"strict_names": True})
    assert listener.codec_options == {"strict_names": True}
    assert not listener.closed


def test_listener_for_a_codec_that_is_unknown_is_closed(server: BaseServer) -> None:
    listener = Listener()
    with pytest.raises(DialError, match="thrift"):
        server._open_listener(lambda: listener, "thrift", {})  # type: ignore[arg-type]
    assert listener.closed


def test_listener_with_an_option_that_is_unknown_is_not_opened(server: BaseServer) -> None:
    opened: list[Listener] = []

    def open_listener() -> Listener:
        opened.append(Listener())
        return opened[0]

    with pytest.raises(TypeError, match="colour"):
        server._open_listener(open_listener, "gob", {"colour": "blue"})  # type: ignore[typeddict-unknown-key]
    assert not opened


def test_protocol_of_a_plain_listener(server: BaseServer) -> None:
    assert isinstance(server._protocol(Listener(), "gob"), ServerProtocol)


def test_protocol_of_an_http_listener(server: BaseServer) -> None:
    protocol = server._protocol(Listener("http://127.0.0.1:0"), "gob")
    assert isinstance(protocol, HttpServerProtocol)
