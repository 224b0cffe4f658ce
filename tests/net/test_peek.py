"""`peek`: looks whether something has come on a connection that nobody reads."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from rpcgen.net.peek import peek


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair()
    with one, other:
        yield one, other


def test_idle_connection_has_nothing(pair: tuple[socket.socket, socket.socket]) -> None:
    assert not peek(pair[0].fileno())()


def test_data_is_seen_and_left_there(pair: tuple[socket.socket, socket.socket]) -> None:
    looks = peek(pair[0].fileno())
    pair[1].send(b"data")
    assert looks()
    assert looks()
    assert pair[0].recv(10) == b"data"


def test_end_is_seen(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[1].close()
    assert peek(pair[0].fileno())()


def test_connection_without_a_descriptor_has_nothing() -> None:
    assert not peek(-1)()
