"""The stock Go peer itself: what its client says of its own server."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .gopeer import Answer, GoClient, GoServer


@pytest.mark.parametrize(
    ("protocol", "network", "place"),
    [
        ("gob", "tcp", lambda server: server.tcp),
        ("gob", "unix", lambda server: server.unix),
        ("http", "tcp", lambda server: server.http),
        ("json", "tcp", lambda server: server.json),
    ],
    ids=["tcp", "unix", "http", "json"],
)
def test_go_calls_go(
    go_server: GoServer,
    go_clients: Callable[..., GoClient],
    protocol: str,
    network: str,
    place: Callable[[GoServer], str],
) -> None:
    client = go_clients(place(go_server), network, protocol)
    assert client.call("Arith.Multiply", {"A": 7, "B": 8}) == Answer(56)


def test_answer_tells_the_type_of_the_error(
    go_server: GoServer, go_clients: Callable[..., GoClient]
) -> None:
    answer = go_clients(go_server.tcp).call("Arith.Divide", {"A": 7, "B": 0})
    assert answer == Answer(error="divide by zero", kind="rpc.ServerError")


def test_close_makes_later_calls_fail(
    go_server: GoServer, go_clients: Callable[..., GoClient]
) -> None:
    client = go_clients(go_server.tcp)
    client.close()
    answer = client.call("Arith.Multiply", {"A": 7, "B": 8})
    assert answer.error == "connection is shut down"


def test_peer_that_has_ended_is_reported_with_what_it_logged(
    go_server: GoServer, go_clients: Callable[..., GoClient]
) -> None:
    client = go_clients(go_server.tcp)
    with pytest.raises(AssertionError, match=r"(?s)ended with 1;.*no such command: nonsense"):
        client.do("nonsense")
