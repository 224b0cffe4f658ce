"""Tests of `rpcgen.cli.places`."""

from __future__ import annotations

import os
import socket
import ssl

import pytest

from rpcgen.cli.places import Place, inherited_sockets


def test_sockets_of_another_process_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTEN_FDS", "2")
    monkeypatch.setenv("LISTEN_PID", "1")
    assert inherited_sockets() == []
    monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
    assert inherited_sockets() == ["fd://3", "fd://4"]


@pytest.mark.parametrize(
    ("address", "where"),
    [
        ("127.0.0.1:0", "fd://7"),
        ("tls://127.0.0.1:0", "fd://7"),
        ("unix:///run/s", "fd://7"),
        ("http://127.0.0.1:0", "http+fd://7/_goRPC_"),
        ("https://127.0.0.1:0/rpc", "http+fd://7/rpc"),
        ("http+unix:///run/s", "http+fd://7/_goRPC_"),
        ("fd://7", "fd://7"),
        ("http+fd://7/rpc", "http+fd://7/rpc"),
    ],
)
def test_socket_of_another_process_speaks_what_the_address_says(address: str, where: str) -> None:
    assert Place(address, "gob", None, 7).where == where
    assert Place(address, "gob", None).where == address


@pytest.mark.parametrize(
    ("address", "is_encrypted"),
    [
        ("127.0.0.1:0", False),
        ("http://127.0.0.1:0", False),
        ("unix:///run/s", False),
        ("tls://127.0.0.1:0", True),
        ("https://127.0.0.1:0", True),
        ("fd://3", True),
        ("http+fd://3", True),
    ],
)
def test_certificate_is_for_addresses_that_are_encrypted(address: str, is_encrypted: bool) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    assert Place(address, "gob", context).context is (context if is_encrypted else None)


def test_socket_is_opened_for_another_process() -> None:
    listening = Place("127.0.0.1:0", "gob", None).open()
    socket.create_connection(("127.0.0.1", listening.address.port)).close()
    listening.close()
