"""What channels of both APIs do, in both codecs."""

from __future__ import annotations

import logging
import queue
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from rpcgen import Code, Reconnect, Retry
from rpcgen.channel.resolver import Endpoint, StaticResolver
from rpcgen.channel.servers import FAILURES
from rpcgen.errors import (
    CallCancelledError,
    DeadlineExceededError,
    DialError,
    DisconnectedError,
    RpcError,
    ServerError,
    ShutdownError,
)
from rpcgen.protocol import CodecName
from tests.support.timeouts import TIMEOUT_S

from .ends import BUSY, FIND, HOLD, MARK, PEER, REFUSE, Tally, TallyServer, dial

QUICK = Reconnect(first=0.001, most=0.01)

# --- reconnect ------------------------------------------------------------------------------------


def test_server_may_begin_after_its_client(
    api: str, codec: CodecName, tally: Tally, place: str
) -> None:
    with dial(api, place, reconnect=True, codec=codec) as client:
        with TallyServer(tally, "a", place, codec):
            assert client.call(MARK, 1) == "a"


def test_call_without_a_server_fails_at_once(api: str, codec: CodecName, place: str) -> None:
    with dial(api, place, reconnect=True, codec=codec) as client:
        with pytest.raises(DialError, match="cannot connect to") as caught:
            client.call(MARK, 1)
    assert (caught.value.code, caught.value.started) == (Code.UNAVAILABLE, False)


def test_client_outlives_its_server(api: str, codec: CodecName, tally: Tally, place: str) -> None:
    with dial(api, place, reconnect=QUICK, codec=codec) as client:
        with TallyServer(tally, "a", place, codec):
            before = client.call(MARK, 1)
        with TallyServer(tally, "b", place, codec):
            after = client.call(MARK, 2, wait_for_ready=True)
    assert (before, after) == ("a", "b")


def test_end_of_an_idle_connection_is_seen_before_anything_is_written(
    api: str, codec: CodecName, tally: Tally, place: str
) -> None:
    with dial(api, place, reconnect=QUICK, codec=codec) as client:
        with TallyServer(tally, "a", place, codec):
            client.call(MARK, 1)
        with TallyServer(tally, "b", place, codec):
            assert client.call(MARK, 2) == "b"


def test_call_under_way_fails_and_is_not_made_again(
    api: str, codec: CodecName, tally: Tally, place: str
) -> None:
    with dial(api, place, reconnect=QUICK, codec=codec) as client:
        with TallyServer(tally, "a", place, codec) as server:
            call = client.go(HOLD, 1)
            tally.wait_held()
            server.kill()
            with pytest.raises(DisconnectedError) as caught:
                call.result()
            tally.gate.set()
        with TallyServer(tally, "b", place, codec):
            client.call(MARK, 2, wait_for_ready=True)
    assert caught.value.started is None
    assert tally.carried_out == {1: 1, 2: 1}


def test_call_waits_for_a_server_that_is_away(
    api: str, codec: CodecName, tally: Tally, place: str
) -> None:
    with dial(api, place, reconnect=QUICK, codec=codec) as client:
        with pytest.raises(DialError):
            client.call(MARK, 1)
        call = client.go(MARK, 2, wait_for_ready=True)
        with TallyServer(tally, "a", place, codec):
            assert call.result() == "a"


def test_call_waits_until_its_deadline(api: str, codec: CodecName, place: str) -> None:
    with dial(api, place, reconnect=QUICK, codec=codec) as client:
        with pytest.raises(DeadlineExceededError) as caught:
            client.call(MARK, 1, wait_for_ready=True, timeout=0.05)
    assert caught.value.started is False


def test_connection_that_is_not_answered_is_none(api: str, place: str) -> None:
    """A server that listens, but is not there."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place.removeprefix("unix://"))
        listener.listen()
        with dial(api, place, reconnect=True, timeout=0.05) as client:
            with pytest.raises(RpcError) as caught:
                client.call(MARK, 1)
    assert (caught.value.code, caught.value.started) == (Code.UNAVAILABLE, False)


# --- what operators are told ----------------------------------------------------------------------


class Told(logging.Handler):
    """What is logged of clients, as it comes."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.texts = queue.SimpleQueue[str]()

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.put(record.getMessage())

    def next(self) -> str:
        return self.texts.get(timeout=TIMEOUT_S)


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Iterator[Told]:
    told = Told()
    caplog.set_level(logging.INFO, "rpcgen.client")
    logging.getLogger("rpcgen.client").addHandler(told)
    yield told
    logging.getLogger("rpcgen.client").removeHandler(told)


def test_server_that_cannot_be_reached_is_logged_once(api: str, place: str, told: Told) -> None:
    with dial(api, place, reconnect=QUICK) as client:
        for _ in range(2):  # each of some attempts
            with pytest.raises(DeadlineExceededError):
                client.call(MARK, 1, wait_for_ready=True, timeout=0.05)
        assert told.next().startswith(f"cannot connect to {place}: ")
    assert told.texts.empty()


def test_server_that_is_back_is_logged(api: str, tally: Tally, place: str, told: Told) -> None:
    with dial(api, place, reconnect=QUICK) as client:
        with pytest.raises(DialError):
            client.call(MARK, 1)
        told.next()
        with TallyServer(tally, "a", place):
            client.call(MARK, 2, wait_for_ready=True)
            assert told.next() == f"{place} is connected to again"


def test_server_that_gets_no_calls_for_a_while_is_logged(
    api: str, tally: Tally, told: Told
) -> None:
    with TallyServer(tally, "a") as one, TallyServer(tally, "b") as two:
        with dial(api, [one.address, two.address], balance="round_robin") as client:
            reach_all(client, 2)
            for number in range(2 * FAILURES):
                with pytest.raises(ServerError):
                    client.call(BUSY, number)
            text = told.next()
    assert text.startswith((one.address, two.address))
    assert "gets no calls for 1 s: its last 5 have failed, this one with" in text


# --- several addresses, and connections -----------------------------------------------------------


def test_call_goes_to_the_server_that_is_there(
    api: str, codec: CodecName, tally: Tally, place: str
) -> None:
    with TallyServer(tally, "a", codec=codec) as server:
        with dial(api, [place, server.address], codec=codec) as client:
            assert {client.call(MARK, number) for number in range(10)} == {"a"}


def test_calls_are_spread_evenly(api: str, codec: CodecName, tally: Tally) -> None:
    with TallyServer(tally, "a", codec=codec) as one, TallyServer(tally, "b", codec=codec) as two:
        addresses = [one.address, two.address]
        with dial(api, addresses, balance="round_robin", codec=codec) as client:
            reach_all(client, 2)
            counts = Counter(client.call(MARK, number) for number in range(20))
    assert counts == {"a": 10, "b": 10}


def reach_all(client: Any, count: int) -> None:
    """Call until all servers have answered."""
    seen: set[str] = set()
    deadline = time.monotonic() + TIMEOUT_S
    while len(seen) < count:
        assert time.monotonic() < deadline
        seen.add(client.call(MARK, -1))


def test_idle_server_gets_the_calls_while_another_is_busy(
    api: str, codec: CodecName, tally: Tally
) -> None:
    with TallyServer(tally, "a", codec=codec) as one, TallyServer(tally, "b", codec=codec) as two:
        with dial(api, [one.address, two.address], codec=codec) as client:
            reach_all(client, 2)
            held = client.go(HOLD, 0)
            tally.wait_held()
            others = {client.call(MARK, number) for number in range(1, 20)}
            tally.gate.set()
            assert others.isdisjoint({held.result()})


def test_first_server_gets_all_calls(api: str, codec: CodecName, tally: Tally) -> None:
    with TallyServer(tally, "a", codec=codec) as one, TallyServer(tally, "b", codec=codec) as two:
        with dial(api, [one.address, two.address], balance="first", codec=codec) as client:
            assert {client.call(MARK, number) for number in range(10)} == {"a"}


def test_pool_has_connections_for_calls_at_the_same_time(
    api: str, codec: CodecName, tally: Tally
) -> None:
    with TallyServer(tally, "a", codec=codec) as server:
        with dial(api, server.address, connections=3, codec=codec) as client:
            calls = []
            for number in range(6):
                calls.append(client.go(PEER, number))
                tally.wait_held()
                wait_connected(client)
            tally.gate.set()
            peers = Counter(call.result() for call in calls)
    assert len(peers) == 3


def wait_connected(client: Any) -> None:
    """Wait until a channel is connecting no more."""
    deadline = time.monotonic() + TIMEOUT_S
    while any(each.is_connecting for each in client._client._pool.core.servers):
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_pool_of_idle_calls_is_one_connection(api: str, codec: CodecName, tally: Tally) -> None:
    tally.gate.set()
    with TallyServer(tally, "a", codec=codec) as server:
        with dial(api, server.address, connections=3, codec=codec) as client:
            peers = {client.call(PEER, number) for number in range(10)}
    assert len(peers) == 1


class Moving(StaticResolver):
    """A resolver whose servers are others when it is told so."""

    def start(self, update: Any, failed: Any) -> None:
        self.update, self.failed = update, failed
        super().start(update, failed)


def test_calls_follow_the_resolver(api: str, codec: CodecName, tally: Tally) -> None:
    with TallyServer(tally, "a", codec=codec) as one, TallyServer(tally, "b", codec=codec) as two:
        resolver = Moving([one.address])
        with dial(api, resolver, codec=codec) as client:
            before = client.call(MARK, 1)
            resolver.update([Endpoint(two.address)])
            after = {client.call(MARK, number) for number in range(2, 5)}
    assert (before, after) == ("a", {"b"})


def test_call_under_way_on_a_server_that_leaves_is_answered(
    api: str, codec: CodecName, tally: Tally
) -> None:
    with TallyServer(tally, "a", codec=codec) as one, TallyServer(tally, "b", codec=codec) as two:
        resolver = Moving([one.address])
        with dial(api, resolver, codec=codec) as client:
            call = client.go(HOLD, 1)
            tally.wait_held()
            resolver.update([Endpoint(two.address)])
            assert client.call(MARK, 2) == "b"
            tally.gate.set()
            assert call.result() == "a"


def test_resolver_says_which_codec_a_server_speaks(api: str, tally: Tally) -> None:
    with TallyServer(tally, "a", codec="json") as server:
        resolver = Moving([])
        with dial(api, resolver) as client:
            call = client.go(MARK, 1, wait_for_ready=True)
            while not hasattr(resolver, "update"):
                time.sleep(0.001)
            resolver.update([Endpoint(server.address, "json")])
            assert call.result() == "a"


def test_call_says_why_no_server_is_known(api: str) -> None:
    class Broken(StaticResolver):
        def start(self, update: Any, failed: Any) -> None:
            failed(DialError("no such name"))

    with dial(api, Broken([])) as client:
        with pytest.raises(DialError, match="no server is known: no such name"):
            client.call(MARK, 1)


# --- drains ---------------------------------------------------------------------------------------


def test_server_that_drains_gets_no_more_calls(api: str, codec: CodecName, tally: Tally) -> None:
    with TallyServer(tally, "a", codec=codec) as one, TallyServer(tally, "b", codec=codec) as two:
        addresses = [one.address, two.address]
        with dial(api, addresses, balance="round_robin", codec=codec, retry=RETRY) as client:
            reach_all(client, 2)
            held = [client.go(HOLD, 0), client.go(HOLD, 1)]
            tally.wait_held(2)
            draining = threading.Thread(target=one.shutdown)
            draining.start()
            while "a" in {client.call(MARK, 2), client.call(MARK, 2)}:
                pass  # until the notice is there
            others = {client.call(MARK, number) for number in range(3, 10)}
            tally.gate.set()
            answers = {call.result() for call in held}
            draining.join(TIMEOUT_S)
    assert (others, answers) == ({"b"}, {"a", "b"})


# --- retries --------------------------------------------------------------------------------------

RETRY = Retry(attempts=4, backoff=0.001)


def test_call_that_was_refused_is_made_again(api: str, codec: CodecName, tally: Tally) -> None:
    options: dict[str, Any] = {"max_calls": 1, "overload": "refuse"}
    with (
        TallyServer(tally, "a", codec=codec, **options) as one,
        TallyServer(tally, "b", codec=codec, **options) as two,
    ):
        addresses = [one.address, two.address]
        with dial(api, addresses, balance="round_robin", codec=codec, retry=RETRY) as client:
            reach_all(client, 2)
            held = client.go(HOLD, 0)
            tally.wait_held()
            others = {client.call(MARK, number) for number in range(1, 5)}
            tally.gate.set()
            assert others.isdisjoint({held.result()})
    assert set(tally.carried_out.values()) - {tally.carried_out[-1]} <= {1}


def test_call_that_was_refused_fails_without_retry(
    api: str, codec: CodecName, tally: Tally
) -> None:
    with TallyServer(tally, "a", codec=codec, max_calls=1, overload="refuse") as server:
        with dial(api, server.address, reconnect=True, codec=codec) as client:
            held = client.go(HOLD, 0)
            tally.wait_held()
            with pytest.raises(ServerError) as caught:
                client.call(MARK, 1)
            tally.gate.set()
            held.result()
    assert (caught.value.code, caught.value.started) == (Code.RESOURCE_EXHAUSTED, False)


def test_idempotent_call_is_made_again_up_to_so_many_times(
    api: str, codec: CodecName, tally: Tally
) -> None:
    with TallyServer(tally, "a", codec=codec) as server:
        with dial(api, server.address, retry=RETRY, codec=codec) as client:
            with pytest.raises(ServerError, match="a is busy"):
                client.call(BUSY, 1)
    assert tally.carried_out == {1: 4}


def test_started_call_that_goes_is_made_again(api: str, codec: CodecName, tally: Tally) -> None:
    with TallyServer(tally, "a", codec=codec) as server:
        with dial(api, server.address, retry=RETRY, codec=codec) as client:
            with pytest.raises(ServerError, match="a is busy"):
                client.go(BUSY, 1).result()
    assert tally.carried_out == {1: 4}


def test_call_that_may_have_begun_is_not_made_again(
    api: str, codec: CodecName, tally: Tally
) -> None:
    with TallyServer(tally, "a", codec=codec) as server:
        with dial(api, server.address, retry=RETRY, codec=codec) as client:
            with pytest.raises(ServerError, match="a is full"):
                client.call(REFUSE, 1)


def test_idempotent_call_goes_to_another_server_when_its_own_ends(
    api: str, codec: CodecName, tally: Tally, place: str
) -> None:
    with dial(api, place, retry=Retry(attempts=50), reconnect=QUICK, codec=codec) as client:
        with TallyServer(tally, "a", place, codec):
            client.call(FIND, 1)
        call = client.go(FIND, 2)
        with TallyServer(tally, "b", place, codec):
            assert call.result() == "b"


# --- what a client takes, a channel takes ---------------------------------------------------------


def test_queue_receives_the_call(api: str, codec: CodecName, tally: Tally) -> None:
    done = queue.SimpleQueue[Any]()
    with TallyServer(tally, "a", codec=codec) as server:
        with dial(api, server.address, retry=RETRY, codec=codec) as client:
            client.go(MARK, 1, done)
            assert done.get(timeout=TIMEOUT_S).reply == "a"


def test_call_can_be_cancelled(api: str, codec: CodecName, tally: Tally) -> None:
    with TallyServer(tally, "a", codec=codec) as server:
        with dial(api, server.address, retry=RETRY, codec=codec) as client:
            call = client.go(HOLD, 1)
            tally.wait_held()
            assert call.cancel()
            with pytest.raises(CallCancelledError):
                call.result()


def test_call_that_waits_for_a_server_can_be_cancelled(
    api: str, codec: CodecName, place: str
) -> None:
    with dial(api, place, reconnect=QUICK, codec=codec) as client:
        call = client.go(HOLD, 1, wait_for_ready=True)
        assert call.cancel()
        with pytest.raises(CallCancelledError):
            call.result()


def test_call_timeout_is_that_of_the_whole_call(api: str, codec: CodecName, tally: Tally) -> None:
    with TallyServer(tally, "a", codec=codec) as server:
        with dial(api, server.address, reconnect=True, call_timeout=0.1, codec=codec) as client:
            with pytest.raises(DeadlineExceededError):
                client.call(HOLD, 1)


def test_calls_that_wait_end_with_the_channel(api: str, codec: CodecName, place: str) -> None:
    with dial(api, place, reconnect=QUICK, codec=codec) as client:
        call = client.go(HOLD, 1, wait_for_ready=True)
        client.close()
        with pytest.raises(ShutdownError, match="closed"):
            call.result()


def test_calls_under_way_end_with_the_channel(api: str, codec: CodecName, tally: Tally) -> None:
    with TallyServer(tally, "a", codec=codec) as server:
        with dial(api, server.address, retry=RETRY, codec=codec) as client:
            call = client.go(HOLD, 1)
            tally.wait_held()
            client.close()
            with pytest.raises(ShutdownError):
                call.result()


def test_channel_cannot_be_closed_twice(api: str, codec: CodecName, place: str) -> None:
    with dial(api, place, reconnect=True, codec=codec) as client:
        client.close()
        with pytest.raises(ShutdownError):
            client.close()


def test_closed_channel_takes_no_calls(api: str, codec: CodecName, place: str) -> None:
    with dial(api, place, reconnect=True, codec=codec) as client:
        client.close()
        with pytest.raises(ShutdownError, match="closed"):
            client.call(MARK, 1, wait_for_ready=True)
