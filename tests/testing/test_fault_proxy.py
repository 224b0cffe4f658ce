from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import DecodeError, DialError, DisconnectedError, RpcError, ShutdownError
from rpcgen.testing.certificates import client_context, server_context
from rpcgen.testing.fault_proxy import FaultProxy
from rpcgen.testing.faults import Fault, FaultKind, Schedule, random_faults
from rpcgen.testing.scripted_server import (
    ScriptedServer,
    half_close,
    receive,
    receive_until_end,
    send,
)
from tests.support.apis import Api
from tests.support.services import ECHO
from tests.support.sockets import connect, free_port, until_end


@pytest.fixture(autouse=True)
def no_thread_is_left_behind() -> Iterator[None]:
    yield
    assert not [each for each in threading.enumerate() if "fault-proxy" in each.name]


def always(*faults: Fault) -> Schedule:
    return lambda number: faults


@pytest.mark.parametrize("place", ["tcp", "unix", "http"])
def test_calls_go_through_without_faults(api: Api, tmp_path: Path, place: str) -> None:
    where = f"unix://{tmp_path}/server" if place == "unix" else f"{place}://127.0.0.1:0"
    with api.serve(where) as address, FaultProxy(address) as proxy:
        assert proxy.address.startswith(place)
        with api.dial(proxy.address) as client:
            assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56
            assert client.call(ECHO, bytes(10**6)) == bytes(10**6)
    assert dict(proxy.counts) == {"whole": 1}


def test_tls_goes_through(api: Api) -> None:
    with api.serve("tls://127.0.0.1:0", tls=server_context()) as address:
        with FaultProxy(address) as proxy, api.dial(proxy.address, tls=client_context()) as client:
            assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_delay_and_split_only_slow_down(api: Api) -> None:
    slow = always(
        Fault("delay", 5, "request", 0.01),
        Fault("delay", 8, "reply", 0.01),
        Fault("split", 0, "request", 1),
        Fault("split", 0, "reply", 1),
    )
    with api.serve("127.0.0.1:0") as address, FaultProxy(address, schedule=slow) as proxy:
        with api.dial(proxy.address) as client:
            assert [client.call(ARITH_MULTIPLY, Args(n, 2)) for n in range(3)] == [0, 2, 4]


@pytest.mark.parametrize("kind", ["truncate", "stall", "close", "reset", "reset client"])
@pytest.mark.parametrize("at", [0, 9])
def test_ending_ends_calls(api: Api, kind: FaultKind, at: int) -> None:
    ending = always(Fault(kind, at))
    with api.serve("127.0.0.1:0") as address:
        with FaultProxy(address, schedule=ending, linger=0.05) as proxy:
            with pytest.raises((DisconnectedError, DialError, ShutdownError)):
                with api.dial(proxy.address) as client:
                    client.call(ARITH_MULTIPLY, Args(7, 8))
    assert dict(proxy.counts) == {kind: 1}


@pytest.mark.parametrize("kind", ["drop", "reorder"])
def test_damage_is_noticed(api: Api, kind: FaultKind) -> None:
    # In the middle of the definition of the header's type.
    damage = always(Fault(kind, 10, "reply", 9))
    with api.serve("127.0.0.1:0") as address, FaultProxy(address, schedule=damage) as proxy:
        with api.dial(proxy.address) as client:
            with pytest.raises((DecodeError, DisconnectedError)):
                client.call(ARITH_MULTIPLY, Args(7, 8), timeout=5.0)


def test_server_gets_the_reset_alone() -> None:
    def wait_for_reset(connection: socket.socket) -> None:
        with pytest.raises(ConnectionResetError):
            connection.recv(1)

    broken = always(Fault("reset server", 3, "request"))
    with ScriptedServer([receive(b"abc"), wait_for_reset]) as server:
        with FaultProxy(server.address, schedule=broken) as proxy:
            with connect(proxy.address) as client:
                client.sendall(b"abc")
                assert until_end(client) == b""


def test_truncated_direction_ends_while_the_other_goes_on() -> None:
    cut = always(Fault("truncate", 3, "request"))
    with ScriptedServer([receive(b"abc"), receive_until_end, send(b"reply")]) as server:
        with FaultProxy(server.address, schedule=cut, linger=60.0) as proxy:
            with connect(proxy.address) as client:
                client.sendall(b"abcdef")
                assert until_end(client) == b"reply"


def received_with(seed: object) -> list[bytes]:
    """Return what clients get of servers that all say the same, through a proxy."""
    # No reset: the system may take back with it what the client has not read yet.
    schedule = random_faults(
        seed, ("split", "drop", "reorder", "truncate", "close"), chance=1.0, within=1000
    )
    script = [send(bytes(range(256)) * 4), half_close, receive_until_end]
    server, received = ScriptedServer(*[script] * 20), []
    with FaultProxy(server.address, schedule=schedule, linger=0.01) as proxy:
        for _ in range(20):
            with connect(proxy.address) as client:
                received.append(until_end(client))
    server.close()  # and no check: the proxy keeps it from playing its scripts
    return received


def test_client_gets_the_same_for_a_seed() -> None:
    first, second = received_with(7), received_with(7)
    assert first == second
    assert len(set(first)) > 5


def test_client_gets_something_else_for_another_seed() -> None:
    assert received_with(7) != received_with(8)


def test_hang_up_of_the_client_is_passed_on() -> None:
    with ScriptedServer([receive(b"x"), receive_until_end, send(b"bye")]) as server:
        with FaultProxy(server.address) as proxy:
            with connect(proxy.address) as client:
                client.sendall(b"x")
                client.shutdown(socket.SHUT_WR)
                assert until_end(client) == b"bye"


def test_last_words_of_a_server_that_has_hung_up_are_passed_on() -> None:
    requests = (Fault("delay", at, "request", 0.05) for at in (1, 2))
    late = always(*requests, Fault("delay", 0, "reply", 0.2))
    with ScriptedServer([receive(b"a"), send(b"last words")]) as server:
        with FaultProxy(server.address, schedule=late) as proxy:
            with connect(proxy.address) as client:
                client.sendall(b"abc")  # of which nobody takes the end
                assert until_end(client) == b"last words"


def test_server_that_is_not_there_is_counted() -> None:
    with FaultProxy(f"127.0.0.1:{free_port()}") as proxy:
        # The proxy may hang up while the client is still connecting.
        with suppress(ConnectionResetError), connect(proxy.address) as client:
            assert until_end(client) == b""
    assert dict(proxy.counts) == {"refused": 1}


def test_bad_address_is_told() -> None:
    with pytest.raises(RpcError, match="host:port"):
        FaultProxy("nowhere")
