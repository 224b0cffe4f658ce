"""Tests of `rpcgen.testing.sockets`."""

from __future__ import annotations

import socket

import pytest

from rpcgen.protocol.address import parse_address
from rpcgen.testing.scripted_server import ScriptedServer, receive
from rpcgen.testing.sockets import family_of, place_of, reset
from tests.support.sockets import connect


@pytest.mark.parametrize(
    ("address", "family", "place"),
    [
        ("127.0.0.1:7", socket.AF_INET, ("127.0.0.1", 7)),
        ("http://:7", socket.AF_INET, ("localhost", 7)),
        ("[::1]:7", socket.AF_INET6, ("::1", 7)),
        ("unix:///run/s", socket.AF_UNIX, "/run/s"),
        ("http+unix://@s", socket.AF_UNIX, "\0s"),
    ],
)
def test_address_is_as_sockets_want_it(address: str, family: int, place: object) -> None:
    parsed = parse_address(address)
    assert (family_of(parsed), place_of(parsed)) == (family, place)


def test_reset_is_seen_as_such() -> None:
    with ScriptedServer([receive(b"x"), reset]) as server, connect(server.address) as client:
        client.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            client.recv(1)
