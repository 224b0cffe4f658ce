"""Clients and servers that are told not to spin."""

from __future__ import annotations

import socket
from collections import Counter
from contextlib import ExitStack

import pytest

import rpcgen
import rpcgen.net.spin as spin_module
from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import aio
from rpcgen.net.spin import AdaptiveSpin, NeverSpin
from tests.support.apis import APIS, Api, ServerOptions


@pytest.fixture(params=["sync", "asyncio"])
def api(request: pytest.FixtureRequest) -> Api:
    return APIS[request.param]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Counter[type[AdaptiveSpin]]:
    """What decides on spins, by its class, of all clients and servers of a test."""
    made = Counter[type[AdaptiveSpin]]()
    make = spin_module.AdaptiveSpin.__init__

    def init(self: AdaptiveSpin) -> None:
        made[type(self)] += 1
        make(self)

    monkeypatch.setattr(spin_module.AdaptiveSpin, "__init__", init)
    return made


def call(api: Api, *, client: bool, server: bool, channel: bool = False) -> None:
    """Make some calls, with ends that may spin or not."""
    with ExitStack() as stack:
        serving = api.serving("127.0.0.1:0", server=ServerOptions(spin=server))
        address = stack.enter_context(serving).address
        more: dict[str, bool] = {"reconnect": True} if channel else {}
        dialed = stack.enter_context(api.dial(address, spin=client, **more))  # type: ignore[arg-type]
        assert [dialed.call(ARITH_MULTIPLY, Args(7, n)) for n in range(3)] == [0, 7, 14]


def test_ends_spin_unless_they_are_told(api: Api, made: Counter[type[AdaptiveSpin]]) -> None:
    call(api, client=True, server=True)
    assert made.keys() == {AdaptiveSpin}


def test_client_does_not_spin_where_it_is_told(api: Api, made: Counter[type[AdaptiveSpin]]) -> None:
    call(api, client=False, server=True)
    assert made.keys() == {NeverSpin, AdaptiveSpin}


def test_server_does_not_spin_where_it_is_told(api: Api, made: Counter[type[AdaptiveSpin]]) -> None:
    call(api, client=True, server=False)
    assert made.keys() == {NeverSpin, AdaptiveSpin}


def test_connections_of_a_channel_do_not_spin_where_it_is_told(
    api: Api, made: Counter[type[AdaptiveSpin]]
) -> None:
    call(api, client=False, server=False, channel=True)
    assert made.keys() == {NeverSpin}


@pytest.mark.parametrize("dial", [rpcgen.dial, aio.dial])
def test_spin_of_a_client_is_a_bool(dial: object) -> None:
    assert callable(dial)
    with pytest.raises(TypeError, match="spin=0: write True or False"):
        dial("127.0.0.1:1", spin=0)


def test_spin_of_a_client_of_a_socket_is_a_bool() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(TypeError, match="spin=1: write True or False"):
        rpcgen.Client(ours, spin=1)  # type: ignore[arg-type]


@pytest.mark.parametrize("server", [rpcgen.Server, aio.Server])
def test_spin_of_a_server_is_a_bool(server: type[rpcgen.Server] | type[aio.Server]) -> None:
    with pytest.raises(TypeError, match="spin='no': write True or False"):
        server(spin="no")  # type: ignore[arg-type]
