from __future__ import annotations

from rpcgen.protocol import Output, Registry, ServerProtocol, server_protocol
from rpcgen.protocol.http import HttpServerProtocol

CONNECTED = [Output(b"HTTP/1.0 200 Connected to Go RPC\n\n")]


def test_protocol_without_http() -> None:
    assert isinstance(server_protocol(Registry(), "gob", None), ServerProtocol)


def test_protocol_with_http() -> None:
    assert isinstance(server_protocol(Registry(), "gob", None, "/_goRPC_"), HttpServerProtocol)


def test_default_path_is_that_of_the_registry() -> None:
    registry = Registry()
    registry.handle_http("/rpc")
    protocol = server_protocol(registry, "gob", None, "/_goRPC_")
    assert protocol.receive(b"CONNECT /rpc HTTP/1.0\n\n") == CONNECTED


def test_path_of_the_listener_comes_first() -> None:
    registry = Registry()
    registry.handle_http("/rpc")
    protocol = server_protocol(registry, "gob", None, "/listener")
    assert protocol.receive(b"CONNECT /listener HTTP/1.0\n\n") == CONNECTED
