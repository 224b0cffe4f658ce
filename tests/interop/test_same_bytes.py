"""What travels is, byte for byte, what stock Go sends, but for the numbers of its types."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import Method
from tests.support.apis import Api
from tests.support.sockets import connect

from .gopeer import GoClient, GoServer
from .wire import read_messages, renumbered, silent_server

# A connection's first request is type, header, type, body; a later one is header, body.
FIRST, LATER = 4, 2


def with_length(message: bytes) -> bytes:
    """Return a message of a request as it travels."""
    assert len(message) < 128
    return bytes([len(message)]) + message


@pytest.fixture
def go_requests(go_clients: Callable[..., GoClient]) -> list[bytes]:
    """What a stock Go client sends for two multiplications."""
    with silent_server() as (address, accept):
        client = go_clients(address)
        with accept() as connection:
            client.go("first", "Arith.Multiply", {"A": 7, "B": 8})
            client.go("second", "Arith.Multiply", {"A": 300, "B": -5})
            return read_messages(connection, FIRST + LATER)


@pytest.fixture
def python_requests(api: Api) -> list[bytes]:
    """What the Python client sends for the same."""
    with (
        silent_server() as (address, accept),
        api.dial(address) as client,
        accept() as connection,
    ):
        client.go(ARITH_MULTIPLY, Args(7, 8))
        client.go(ARITH_MULTIPLY, Args(300, -5))
        return read_messages(connection, FIRST + LATER)


def test_first_request_is_that_of_go(
    go_requests: list[bytes], python_requests: list[bytes]
) -> None:
    assert renumbered(python_requests)[:FIRST] == renumbered(go_requests)[:FIRST]


def test_second_request_is_that_of_go(
    go_requests: list[bytes], python_requests: list[bytes]
) -> None:
    assert renumbered(python_requests)[FIRST:] == renumbered(go_requests)[FIRST:]


# Calls of one connection, each with the numbers of messages of its request and its response.
EXCHANGES = [
    ("Arith.Multiply", {"A": 7, "B": 8}, 4, 3),
    ("Arith.Multiply", {"A": 300, "B": 0}, 2, 2),
    ("Arith.Divide", {"A": 17, "B": 8}, 2, 3),
    ("Arith.Divide", {"A": 0, "B": 8}, 2, 2),
    ("Arith.Divide", {"A": 1, "B": 0}, 2, 3),
    ("Nope.Nope", {"A": 1, "B": 0}, 2, 2),
    ("Arith.Nope", {"A": 1, "B": 0}, 2, 2),
    ("Nope", {"A": 1, "B": 0}, 2, 2),
]


@pytest.fixture
def recorded(go_clients: Callable[..., GoClient]) -> list[bytes]:
    """What a stock Go client sends for each of the exchanges."""
    with silent_server() as (address, accept):
        client = go_clients(address)
        with accept() as connection:
            for method, args, _, _ in EXCHANGES:
                client.go("", method, args)
            return [
                b"".join(map(with_length, read_messages(connection, count)))
                for _, _, count, _ in EXCHANGES
            ]


def responses(address: str, requests: list[bytes]) -> list[bytes]:
    """Send each request, once the one before is answered, and return the messages that come."""
    messages = []
    with connect(address) as connection:
        for request, (_, _, _, count) in zip(requests, EXCHANGES, strict=True):
            connection.sendall(request)
            messages += read_messages(connection, count)
    return renumbered(messages)


def test_responses_are_those_of_go(
    python_server: str, go_server: GoServer, recorded: list[bytes]
) -> None:
    assert responses(python_server, recorded) == responses(go_server.tcp, recorded)


# --- JSON -----------------------------------------------------------------------------------------


def read_lines(connection: socket.socket, count: int) -> list[bytes]:
    """Read messages of JSON, each on a line of its own."""
    with connection.makefile("rb") as lines:
        return [lines.readline() for _ in range(count)]


@pytest.fixture
def json_recorded(go_clients: Callable[..., GoClient]) -> list[bytes]:
    """What a stock Go client sends in JSON for each of the exchanges."""
    with silent_server() as (address, accept):
        client = go_clients(address, "tcp", "json")
        with accept() as connection:
            for method, args, _, _ in EXCHANGES:
                client.go("", method, args)
            return read_lines(connection, len(EXCHANGES))


def json_responses(address: str, requests: list[bytes]) -> list[bytes]:
    """Send each request, once the one before is answered, and return the responses."""
    found = []
    with connect(address) as connection:
        for request in requests:
            connection.sendall(request)
            found += read_lines(connection, 1)
    return found


def test_json_requests_are_those_of_go(api: Api, json_recorded: list[bytes]) -> None:
    with (
        silent_server() as (address, accept),
        api.dial(address, codec="json") as client,
        accept() as connection,
    ):
        for method, args, _, _ in EXCHANGES:
            client.go(Method[Args, int](method), Args(args["A"], args["B"]))
        assert read_lines(connection, len(EXCHANGES)) == json_recorded


def test_json_responses_are_those_of_go(
    api: Api, go_server: GoServer, json_recorded: list[bytes]
) -> None:
    with api.serve("tcp://127.0.0.1:0", codec="json") as address:
        ours = json_responses(address, json_recorded)
    assert ours == json_responses(go_server.json, json_recorded)
