"""Peers that can cancel calls by the conventions of packages that extend net/rpc, both ways."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import CallCancelledError, DeadlineExceededError, Method
from rpcgen.protocol import CodecName
from tests.support.apis import Api, ApiClient, ApiServer
from tests.support.life import END_OF, HOLD, Life

from .gopeer import Answer, ForkClient, ForkServer

# Calls that are each cancelled in the packet that brings them.
BURST = 300

HELD = Method[str, bool]("Life.Held")


@pytest.fixture(params=["gob", "json"])
def codec(request: pytest.FixtureRequest) -> CodecName:
    """Each of the codecs that both sides speak."""
    found: CodecName = request.param
    return found


@pytest.fixture(scope="module")
def fork_server() -> Iterator[ForkServer]:
    with ForkServer() as server:
        yield server


@pytest.fixture
def client(api: Api, codec: CodecName, fork_server: ForkServer) -> Iterator[ApiClient]:
    """A Python client of a server that can cancel."""
    with api.dial(fork_server.addresses[codec], codec=codec) as client:
        yield client


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """The name of a call that no other test uses."""
    found: str = request.node.name
    return found


@pytest.fixture
def life(request: pytest.FixtureRequest) -> Life:
    return Life(request.getfixturevalue("api_name"))


@pytest.fixture
def api_name(request: pytest.FixtureRequest) -> str:
    found: str = request.node.callspec.params["api"]
    return found


@pytest.fixture
def server(api: Api, codec: CodecName, life: Life) -> Iterator[ApiServer]:
    """A Python server."""
    with api.serving("tcp://127.0.0.1:0", life.register, codec=codec) as server:
        yield server


@pytest.fixture
def fork_client(codec: CodecName, server: ApiServer) -> Iterator[ForkClient]:
    """A client of the Python server, which can cancel."""
    with ForkClient(server.address.split("://")[-1], codec) as client:
        yield client


# --- the Python client ----------------------------------------------------------------------------


def test_cancel_of_ours_ends_the_call_there(client: ApiClient, name: str) -> None:
    client.call(ARITH_MULTIPLY, Args(7, 8))  # so that number and place of the next differ
    call = client.go(HOLD, name)
    client.call(HELD, name)
    call.cancel()
    with pytest.raises(CallCancelledError):
        call.result()
    assert client.call(END_OF, name) == "cancelled"


def test_deadline_of_ours_ends_the_call_there(client: ApiClient, name: str) -> None:
    for timeout in (0.1, 1.0, 10.0):
        with pytest.raises(DeadlineExceededError) as caught:
            client.call(HOLD, name, timeout=timeout)
        if caught.value.started is not False:  # else time was up before it was sent
            break
    assert client.call(END_OF, name) == "cancelled"


def test_each_of_many_calls_is_cancelled_there(client: ApiClient, name: str) -> None:
    names = [f"{name} {n}" for n in range(20)]
    calls = [client.go(HOLD, each) for each in names]
    for each, call in zip(names, calls, strict=True):
        client.call(HELD, each)
        call.cancel()
    assert [client.call(END_OF, each) for each in names] == ["cancelled"] * 20


def test_call_goes_on_after_the_late_answer_to_a_cancelled_one(
    client: ApiClient, name: str
) -> None:
    call = client.go(HOLD, name)
    client.call(HELD, name)
    call.cancel()
    client.call(END_OF, name)
    assert (client.call(ARITH_MULTIPLY, Args(7, 8)), client.pending()) == (56, 0)


def test_time_limit_and_metadata_are_ignored_there(client: ApiClient) -> None:
    replies = [
        client.call(ARITH_MULTIPLY, Args(7, n), timeout=60.0, metadata={"tenant": "a"})
        for n in range(3)
    ]
    assert replies == [0, 7, 14]


# --- the Python server ----------------------------------------------------------------------------


def test_cancel_of_theirs_tells_the_handler(fork_client: ForkClient, life: Life) -> None:
    fork_client.call("Arith.Multiply", {"A": 7, "B": 8})
    fork_client.go("held", "Life.Hold", "given up")
    life.wait_until_held("given up")
    fork_client.cancel("held")
    assert life.end_of("given up") == "cancelled"


def test_cancelled_call_of_theirs_is_answered(fork_client: ForkClient, life: Life) -> None:
    fork_client.go("held", "Life.Hold", "given up")
    life.wait_until_held("given up")
    fork_client.cancel("held")
    assert fork_client.dropped().name == "held"


def test_cancel_of_theirs_leaves_other_calls_alone(fork_client: ForkClient, life: Life) -> None:
    for each in ("first", "second", "third"):
        fork_client.go(each, "Life.Hold", each)
        life.wait_until_held(each)
    fork_client.cancel("second")
    fork_client.dropped()
    left = {each: fork_client.call("Life.Open", each).error for each in ("first", "third")}
    assert left == {"first": "", "third": ""}
    assert [life.end_of(each) for each in ("first", "third")] == ["opened", "opened"]


def test_ping_of_theirs_is_answered(fork_client: ForkClient) -> None:
    assert fork_client.ping() == Answer(False)


def test_call_of_theirs_after_a_ping(fork_client: ForkClient) -> None:
    fork_client.ping()
    assert fork_client.call("Arith.Multiply", {"A": 7, "B": 8}) == Answer(56)


def test_cancel_of_theirs_in_the_packet_of_its_call_is_never_lost(
    fork_client: ForkClient, life: Life
) -> None:
    answered = fork_client.burst("given up", BURST).reply
    begun = [name for n in range(BURST) if life.has_begun(name := f"given up {n}")]
    assert answered == BURST
    assert {life.end_of(name) for name in begun} <= {"cancelled"}
