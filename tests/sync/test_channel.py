"""`Channel` with threads; what it does in both APIs is in ``tests/channel/test_behaviour.py``."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar
from unittest.mock import patch

import pytest

import rpcgen
from generated.arith import ARITH_MULTIPLY, Args, ArithClient, register_arith
from rpcgen import (
    Caller,
    Client,
    ClientCall,
    DeadlineExceededError,
    DialError,
    DisconnectedError,
    Reconnect,
    Retry,
    RpcError,
    ShutdownError,
    gob,
)
from rpcgen.protocol.call_options import NO_OPTIONS, CallSettings
from rpcgen.sync import Channel, channel_pool
from rpcgen.sync.exchange import exchange_of
from rpcgen.testing.certificates import client_context, server_context
from tests.channel.ends import HOLD, MARK, Tally, TallyServer
from tests.support.services import Calculator
from tests.support.timeouts import TIMEOUT_S

Req = TypeVar("Req")
Res = TypeVar("Res")


@pytest.fixture
def address() -> Iterator[str]:
    """The address of a server of ``Arith``."""
    server = rpcgen.Server()
    register_arith(server, Calculator())
    listener = server.listen("tcp://127.0.0.1:0")
    with server:
        yield listener.address


@pytest.fixture
def tally() -> Iterator[Tally]:
    """What the servers of a test carry out."""
    tally = Tally()
    yield tally
    tally.gate.set()


@pytest.fixture(autouse=True)
def no_threads_left() -> Iterator[None]:
    """See to it that a test leaves no thread."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + TIMEOUT_S
    while set(threading.enumerate()) - before and time.monotonic() < deadline:
        time.sleep(0.001)
    assert set(threading.enumerate()) <= before


# --- what `dial` gives ----------------------------------------------------------------------------


def test_plain_dial_gives_a_client(address: str) -> None:
    with rpcgen.dial(address) as client:
        assert type(client) is Client


@pytest.mark.parametrize("options", [{"reconnect": False}, {"retry": None}], ids=str)
def test_dial_that_is_told_nothing_new_gives_a_client(
    address: str, options: rpcgen.ChannelOptions
) -> None:
    client: object = rpcgen.dial(address, **options)
    assert type(client) is Client
    client.close()


def test_dial_of_a_list_gives_a_channel(address: str) -> None:
    with rpcgen.dial([address]) as client:
        assert type(client) is Channel


def test_channel_fits_what_generated_clients_stand_on(address: str) -> None:
    caller: Caller = rpcgen.dial([address])
    with ArithClient(caller) as arith:
        assert arith.multiply(Args(7, 8)) == 56


def test_dial_refuses_an_unknown_option_of_a_channel(address: str) -> None:
    with pytest.raises(TypeError, match=r"dial\(\) got an unexpected option 'retries'"):
        rpcgen.dial(address, reconnect=True, retries=3)  # type: ignore[call-overload]


def test_dial_refuses_an_address_that_is_none_at_once() -> None:
    with pytest.raises(DialError, match="not host:port"):
        rpcgen.dial(["tcp://a:1", "b"])


# --- generated clients ----------------------------------------------------------------------------


def test_generated_client_stands_on_a_channel(address: str) -> None:
    options: rpcgen.ChannelOptions = {"reconnect": Reconnect(), "connections": 2, "retry": Retry()}
    with ArithClient.dial(address, **options) as arith:
        assert arith.multiply(Args(7, 8)) == 56
        assert arith.go.multiply(Args(7, 9)).result() == 63
        assert arith.with_options(timeout=TIMEOUT_S).multiply(Args(7, 10)) == 70


def test_generated_client_of_a_list_finds_the_server_that_is_there(
    address: str, tmp_path: os.PathLike[str]
) -> None:
    with ArithClient.dial([f"unix://{tmp_path}/none", address], balance="first") as arith:
        assert arith.multiply(Args(7, 8)) == 56


# --- what a client takes, a channel takes ---------------------------------------------------------


def test_interceptors_are_around_each_call_once(address: str) -> None:
    seen: list[str] = []

    def note(call: ClientCall[Req, Res], proceed: Callable[[ClientCall[Req, Res]], Res]) -> Res:
        seen.append(call.method.name)
        return proceed(call)

    with ArithClient.dial([address], interceptors=[note], retry=Retry()) as arith:
        assert arith.multiply(Args(7, 8)) == 56
        assert arith.go.multiply(Args(7, 8)).result() == 56
    assert seen == ["Arith.Multiply"] * 2


def test_interceptor_sees_what_came_beside_the_reply() -> None:
    seen: list[str] = []

    def note(call: ClientCall[Req, Res], proceed: Callable[[ClientCall[Req, Res]], Res]) -> Res:
        reply = proceed(call)
        seen.append(call.reply_metadata["zone"])
        return reply

    def multiply(args: Args) -> int:
        rpcgen.context().reply_metadata["zone"] = rpcgen.context().metadata["tenant"]
        return args.a * args.b

    server = rpcgen.Server()
    server.register_name("Arith", [ARITH_MULTIPLY.handler(multiply)])
    listener = server.listen("tcp://127.0.0.1:0")
    with (
        server,
        ArithClient.dial(
            [listener.address], interceptors=[note], metadata={"tenant": "x"}
        ) as arith,
    ):
        arith.multiply(Args(7, 8))
    assert seen == ["x"]


def test_channel_may_be_encrypted() -> None:
    server = rpcgen.Server()
    register_arith(server, Calculator())
    listener = server.listen("tls://localhost:0", tls=server_context())
    with (
        server,
        ArithClient.dial([listener.address], tls=client_context(), keepalive=TIMEOUT_S) as arith,
    ):
        assert arith.multiply(Args(7, 8)) == 56


def test_health_client_stands_on_a_channel() -> None:
    server = rpcgen.Server(health=True)
    listener = server.listen("tcp://127.0.0.1:0")
    with server, rpcgen.HealthClient.dial(listener.address, reconnect=True) as health:
        assert health.check("") == rpcgen.ServingStatus.SERVING


def test_first_calls_that_go_need_no_thread_each(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_pool, "_SOON_S", TIMEOUT_S)  # however busy the machine is
    with ArithClient.dial(address, reconnect=True) as arith:
        before = threading.active_count()
        calls = [arith.go.multiply(Args(7, number)) for number in range(200)]
        more = threading.active_count() - before
        assert [call.result(TIMEOUT_S) for call in calls] == [7 * n for n in range(200)]
    assert more < 10


# --- threads and processes ------------------------------------------------------------------------


def test_threads_share_a_channel(tally: Tally) -> None:
    with TallyServer(tally, "a") as one, TallyServer(tally, "b") as two:
        with rpcgen.dial([one.address, two.address], connections=2) as client:

            def work(first: int) -> None:
                for number in range(first, first + 50):
                    client.call(MARK, number)

            threads = [threading.Thread(target=work, args=(50 * each,)) for each in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(TIMEOUT_S)
    assert tally.carried_out == dict.fromkeys(range(400), 1)


def test_child_process_dials_anew(tally: Tally) -> None:
    with TallyServer(tally, "a") as server, rpcgen.dial(server.address, reconnect=True) as client:
        client.call(MARK, 1)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = 0 if client.call(MARK, 2) == "a" else 2
                client.close()
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert client.call(MARK, 3) == "a"
    assert tally.carried_out == {1: 1, 2: 1, 3: 1}


def test_child_process_may_close_what_it_has_not_used(tally: Tally) -> None:
    with TallyServer(tally, "a") as server, rpcgen.dial(server.address, reconnect=True) as client:
        client.call(MARK, 1)
        child = os.fork()
        if child == 0:
            try:
                client.close()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert client.call(MARK, 2) == "a"


def test_call_that_goes_in_the_parent_is_not_lost_by_a_fork(tally: Tally) -> None:
    with TallyServer(tally, "a") as server, rpcgen.dial(server.address, reconnect=True) as client:
        call = client.go(HOLD, 1)
        tally.wait_held()
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        tally.gate.set()
        assert call.result(TIMEOUT_S) == "a"


def test_calls_that_go_through_a_pool_are_read_by_who_waits(tally: Tally) -> None:
    before = set(threading.enumerate())  # of tests before this one, some may be about to end
    with TallyServer(tally, "a") as server:
        with rpcgen.dial(server.address, connections=2) as client:
            client.call(MARK, 1)
            calls = [client.go(HOLD, number) for number in range(20)]
            tally.wait_held()
            names = {thread.name for thread in set(threading.enumerate()) - before}
            assert not [name for name in names if name.startswith("rpcgen-client-")]
            tally.gate.set()
            assert [call.result(TIMEOUT_S) for call in calls] == ["a"] * 20


def test_repr_says_whether_it_is_open(address: str) -> None:
    with rpcgen.dial([address]) as client:
        before = repr(client)
    assert (before, repr(client)) == ("<Channel open>", "<Channel closed>")


# --- the short way of a connection ----------------------------------------------------------------


class ShortWay:
    """What carries out the plain calls of a connection, in the place of its own."""

    def __init__(self, channel: Channel, *errors: RpcError) -> None:
        line = channel._pool.core.only or channel._pool.core.first
        assert line is not None
        self.calls = 0
        self.settings = NO_OPTIONS
        self._errors = [*errors]
        line.connection._exchange = self

    def __call__(self, method: object, args: object, settings: CallSettings) -> int:
        self.calls += 1
        self.settings = settings
        if self._errors:
            raise self._errors.pop()
        return 42


@pytest.fixture(params=[1, 4])
def channel(request: pytest.FixtureRequest, address: str) -> Iterator[Channel]:
    """A channel that is connected, of one connection or up to four."""
    with rpcgen.dial(address, reconnect=True, connections=request.param) as channel:
        channel.call(ARITH_MULTIPLY, Args(7, 8))
        yield channel


def test_plain_call_goes_the_short_way_of_its_connection(channel: Channel) -> None:
    ShortWay(channel)
    assert channel.call(ARITH_MULTIPLY, Args(7, 8)) == 42


def test_call_with_a_time_limit_goes_the_short_way_of_its_connection(channel: Channel) -> None:
    way = ShortWay(channel)
    assert channel.call(ARITH_MULTIPLY, Args(7, 8), timeout=TIMEOUT_S) == 42
    assert way.settings.deadline is not None


def test_call_that_was_never_written_keeps_its_time_limit(channel: Channel) -> None:
    unwritten = ShutdownError()
    unwritten.started = False
    ShortWay(channel, unwritten)
    with pytest.raises(DeadlineExceededError):
        channel.call(ARITH_MULTIPLY, Args(7, 8), timeout=0.0)


@pytest.mark.skipif(gob.implementation != "c", reason="no accelerator")
def test_call_with_a_time_limit_is_carried_out_by_the_accelerator(channel: Channel) -> None:
    for _ in range(4):  # describes what there is
        channel.call(ARITH_MULTIPLY, Args(7, 8), timeout=TIMEOUT_S)
    line = channel._pool.core.only or channel._pool.core.first
    assert line is not None
    line.connection._exchange = exchange_of(line.connection, line.connection._stream, math.inf)
    with patch.object(line.connection, "_send", side_effect=AssertionError):
        assert channel.call(ARITH_MULTIPLY, Args(7, 8), timeout=TIMEOUT_S) == 56


def test_call_beside_another_one_does_not_go_the_short_way(channel: Channel) -> None:
    way, line = ShortWay(channel), channel._pool.core.only or channel._pool.core.first
    assert line is not None
    with patch.object(type(line.calls), "pending", 1):
        assert channel.call(ARITH_MULTIPLY, Args(7, 8)) == 56
    assert way.calls == 0


@pytest.mark.parametrize("unwritten", [DisconnectedError("broken pipe"), ShutdownError()])
def test_call_that_was_never_written_goes_another_way(
    channel: Channel, unwritten: RpcError
) -> None:
    unwritten.started = False
    way = ShortWay(channel, unwritten)
    assert channel.call(ARITH_MULTIPLY, Args(7, 8)) == 56
    assert way.calls == 1


def test_call_that_may_have_begun_is_not_made_again_by_the_short_way(channel: Channel) -> None:
    way = ShortWay(channel, DisconnectedError("reset"))
    with pytest.raises(DisconnectedError, match="reset"):
        channel.call(ARITH_MULTIPLY, Args(7, 8))
    assert way.calls == 1
