"""The life of a call beyond Go's net/rpc, over every link."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Literal

import pytest

import rpcgen.aio.server
import rpcgen.sync.server
from rpcgen import (
    CallCancelledError,
    Code,
    DeadlineExceededError,
    DisconnectedError,
    RpcError,
    ServerError,
    ShutdownError,
)
from tests.support.apis import APIS, ApiClient, ApiServer, ServerOptions
from tests.support.errors import error_of
from tests.support.life import (
    FAIL_WITH,
    HOLD,
    NEST,
    REJECT,
    SEEN,
    TRAIL,
    Failing,
    Life,
    RejectedError,
)
from tests.support.services import WAIT
from tests.support.timeouts import TIMEOUT_S

from .links import LINKS, Link

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def life(link: Link) -> Life:
    return Life(link.server)


@pytest.fixture
def server(link: Link, life: Life) -> Iterator[ApiServer]:
    with link.serving(life.register) as server:
        yield server


@pytest.fixture
def client(link: Link, server: ApiServer) -> Iterator[ApiClient]:
    with link.dial(server.address) as client:
        yield client


def server_error_of(error: RpcError) -> ServerError:
    assert isinstance(error, ServerError)
    return error


# --- what a handler sees --------------------------------------------------------------------------


def test_plain_call_has_a_context_of_nothing(client: ApiClient) -> None:
    seen = client.call(SEEN, "")
    assert (seen.method, seen.metadata, seen.remaining, seen.cancelled) == (
        "Life.Seen",
        {},
        -1.0,
        False,
    )


def test_handler_sees_who_calls(client: ApiClient, link: Link) -> None:
    seen = client.call(SEEN, "")
    is_local = link.transport.endswith("unix")
    assert (seen.address == "unix") is is_local
    assert seen.address.startswith("127.0.0.1:") is not is_local
    assert seen.uid == (os.getuid() if is_local else -1)


def test_metadata_arrives(client: ApiClient) -> None:
    metadata = {"tenant": "größer", "x-empty": ""}
    assert client.call(SEEN, "", metadata=metadata).metadata == metadata


def test_metadata_comes_back(client: ApiClient) -> None:
    call = client.go(TRAIL, {"served-by": "世界"})
    assert (call.result(), call.metadata) == ("trailed", {"served-by": "世界"})


def test_time_that_is_left_arrives(client: ApiClient) -> None:
    assert 0 < client.call(SEEN, "", timeout=60.0).remaining <= 60


def test_nested_calls_inherit_deadline_and_trace(client: ApiClient, link: Link) -> None:
    inner = Life(link.server)
    with APIS[link.server].serve("tcp://127.0.0.1:0", inner.register) as address:
        seen = client.call(NEST, address, timeout=60.0, metadata={"traceparent": TRACE, "a": "b"})
    assert 0 < seen.remaining <= 60
    assert seen.metadata == {"traceparent": TRACE}


def test_nested_calls_inherit_nothing_from_a_plain_one(client: ApiClient, link: Link) -> None:
    inner = Life(link.server)
    with APIS[link.server].serve("tcp://127.0.0.1:0", inner.register) as address:
        seen = client.call(NEST, address)
    assert (seen.remaining, seen.metadata) == (-1.0, {})


# --- errors ---------------------------------------------------------------------------------------


def test_error_has_its_code_and_metadata(client: ApiClient) -> None:
    how = Failing("no such key", Code.NOT_FOUND, {"key": "a"})
    error = server_error_of(error_of(lambda: client.call(FAIL_WITH, how)))
    assert (str(error), error.code) == ("no such key", Code.NOT_FOUND)
    assert dict(error.metadata) == {"key": "a"}


def test_accident_has_its_text_and_no_code(client: ApiClient) -> None:
    error = server_error_of(error_of(lambda: client.call(FAIL_WITH, Failing("oh"))))
    assert (str(error), error.code, dict(error.metadata)) == ("oh", Code.UNKNOWN, {})


def test_masked_accident_is_not_told(link: Link, life: Life) -> None:
    with link.serving(life.register, server={"mask_errors": True}) as server:
        with link.dial(server.address) as client:
            error = error_of(lambda: client.call(FAIL_WITH, Failing("a secret")))
    assert (str(error), error.code) == ("internal error", Code.INTERNAL)


def test_masking_leaves_server_errors_alone(link: Link, life: Life) -> None:
    with link.serving(life.register, server={"mask_errors": True}) as server:
        with link.dial(server.address) as client:
            error = error_of(lambda: client.call(FAIL_WITH, Failing("told", Code.ABORTED)))
    assert (str(error), error.code) == ("told", Code.ABORTED)


def test_declared_exception_arrives_with_its_fields(client: ApiClient) -> None:
    error = error_of(lambda: client.call(REJECT, 3))
    assert isinstance(error, RejectedError)
    assert (error.name, error.count) == ("it", 3)


# --- deadlines ------------------------------------------------------------------------------------


def test_call_ends_at_its_deadline(client: ApiClient, gate: str) -> None:
    error = error_of(lambda: client.call(WAIT, gate, timeout=0.05))
    # The server may be the first to say so.
    assert isinstance(error, (DeadlineExceededError, ServerError))
    assert error.code == Code.DEADLINE_EXCEEDED


def test_handler_is_told_of_the_deadline(client: ApiClient, life: Life) -> None:
    client.go(HOLD, "late", timeout=0.05)
    client.call(SEEN, "")  # the call before is begun by now, or never will be
    assert not life.has_begun("late") or life.end_of("late") == "cancelled"


def test_connection_goes_on_after_a_deadline(client: ApiClient, gate: str) -> None:
    error_of(lambda: client.call(WAIT, gate, timeout=0.05))
    assert client.call(SEEN, "").remaining == -1.0


# --- cancellation ---------------------------------------------------------------------------------


def test_cancelled_call_ends(client: ApiClient, life: Life) -> None:
    call = client.go(HOLD, "given up")
    life.wait_until_held("given up")
    assert call.cancel()
    assert type(error_of(call.result)) is CallCancelledError


def test_handler_of_a_cancelled_call_is_told(client: ApiClient, life: Life) -> None:
    call = client.go(HOLD, "given up")
    life.wait_until_held("given up")
    call.cancel()
    assert life.end_of("given up") == "cancelled"


def test_cancellation_that_comes_with_its_calls_is_never_lost(
    client: ApiClient, life: Life
) -> None:
    names = [f"given up {n}" for n in range(30)]
    for call in [client.go(HOLD, name) for name in names]:
        call.cancel()
    # All requests are read by then; what has begun ends, and what has not, never will.
    assert client.call(SEEN, "").remaining == -1.0
    assert {life.end_of(name) for name in names if life.has_begun(name)} <= {"cancelled"}


def test_cancellation_leaves_other_calls_alone(client: ApiClient, life: Life) -> None:
    given_up, kept = client.go(HOLD, "given up"), client.go(HOLD, "kept")
    life.wait_until_held("given up")
    life.wait_until_held("kept")
    given_up.cancel()
    assert life.end_of("given up") == "cancelled"
    life.open("kept")
    assert kept.result() == "opened"


# --- limits ---------------------------------------------------------------------------------------


def limited(limit: str, overload: Literal["wait", "refuse"]) -> ServerOptions:
    if limit == "max_calls":
        return {"max_calls": 1, "overload": overload}
    return {"max_calls_per_connection": 1, "overload": overload}


@pytest.mark.parametrize("limit", ["max_calls", "max_calls_per_connection"])
def test_call_above_a_limit_is_refused_at_once(link: Link, life: Life, limit: str) -> None:
    with link.serving(life.register, server=limited(limit, "refuse")) as server:
        with link.dial(server.address) as client:
            held = client.go(HOLD, "held")
            life.wait_until_held("held")
            error = error_of(client.go(HOLD, "too many").result)
            life.open("held")
            assert held.result() == "opened"
    assert (error.code, error.started) == (Code.RESOURCE_EXHAUSTED, False)
    assert f"({limit})" in str(error)
    assert not life.has_begun("too many")


@pytest.mark.parametrize("limit", ["max_calls", "max_calls_per_connection"])
def test_call_above_a_limit_waits(link: Link, life: Life, limit: str) -> None:
    with link.serving(life.register, server=limited(limit, "wait")) as server:
        with link.dial(server.address) as client:
            held = client.go(HOLD, "held")
            life.wait_until_held("held")
            waiting = client.go(HOLD, "waiting")
            life.open("held")
            life.open("waiting")
            assert [held.result(), waiting.result()] == ["opened", "opened"]


def test_call_waits_for_those_of_other_connections(link: Link, life: Life) -> None:
    with link.serving(life.register, server={"max_calls": 1}) as server:
        with link.dial(server.address) as one, link.dial(server.address) as other:
            held = one.go(HOLD, "held")
            life.wait_until_held("held")
            waiting = other.go(SEEN, "")
            life.open("held")
            assert held.result() == "opened"
            assert waiting.result().method == "Life.Seen"


# --- shutdown -------------------------------------------------------------------------------------


def test_shutdown_answers_what_is_under_way(
    client: ApiClient, server: ApiServer, life: Life
) -> None:
    held = client.go(HOLD, "held", timeout=60.0)
    life.wait_until_held("held")
    life.open("held")
    server.shutdown()
    assert held.result() == "opened"


def test_call_after_shutdown_was_not_begun(client: ApiClient, server: ApiServer) -> None:
    client.call(SEEN, "", timeout=60.0)
    server.shutdown()
    error = error_of(lambda: client.call(SEEN, "", timeout=60.0))
    assert isinstance(error, (DisconnectedError, ShutdownError, ServerError))
    assert error.code == Code.UNAVAILABLE


# TLS as asyncio has it reads no more where a request could not be sent.
@pytest.mark.parametrize("link", [each for each in LINKS if not each.encrypted], ids=str)
def test_shutdown_loses_no_call_of_a_client_that_is_late(
    client: ApiClient, server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (rpcgen.sync.server, rpcgen.aio.server):
        monkeypatch.setattr(module, "DRAIN_LINGER_S", 0.0)  # nobody has time to hang up
    client.call(SEEN, "", timeout=60.0)
    errors: list[RpcError] = []

    def call_until_refused() -> None:
        try:
            while True:
                client.call(SEEN, "")
        except RpcError as error:
            errors.append(error)

    callers = [threading.Thread(target=call_until_refused) for _ in range(4)]
    for caller in callers:
        caller.start()
    server.shutdown()
    for caller in callers:
        caller.join(TIMEOUT_S)
    assert [error.started for error in errors] == [False] * 4
