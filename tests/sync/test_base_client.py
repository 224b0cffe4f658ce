"""What calls look like; the same for a client and for a channel."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import rpcgen
from generated.arith import ARITH_MULTIPLY, Args, register_arith
from rpcgen import Client
from rpcgen.sync import Channel
from tests.support.services import Calculator


@pytest.fixture(params=["client", "channel"])
def client(request: pytest.FixtureRequest) -> Iterator[Client | Channel]:
    """A client of a server of ``Arith``."""
    server = rpcgen.Server()
    register_arith(server, Calculator())
    listener = server.listen("tcp://127.0.0.1:0")
    is_channel = request.param == "channel"
    with server, rpcgen.dial(listener.address, reconnect=is_channel) as client:
        yield client


def test_method_may_be_given_by_its_name(client: Client | Channel) -> None:
    assert client.call("Arith.Multiply", Args(7, 8), int) == 56
    assert client.go("Arith.Multiply", Args(7, 8), reply=int).result() == 56


def test_go_with_something_that_is_no_queue(client: Client | Channel) -> None:
    with pytest.raises(TypeError, match="rpc: done channel is unbuffered"):
        client.go(ARITH_MULTIPLY, Args(7, 8), object())  # type: ignore[call-overload]


def test_unknown_option_is_a_type_error(client: Client | Channel) -> None:
    with pytest.raises(TypeError, match="unknown option 'timeuot' of a call"):
        client.call(ARITH_MULTIPLY, Args(7, 8), timeuot=1.0)  # type: ignore[call-overload]


def test_context_ends_though_it_was_closed_inside(client: Client | Channel) -> None:
    with client:
        client.close()
    assert client.closed
