"""Features beyond net/rpc against stock Go, both ways: what works, what passes unnoticed."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from attrs import define

from generated.arith import ARITH_DIVIDE, ARITH_MULTIPLY, Args
from rpcgen import (
    CallCancelledError,
    Code,
    DeadlineExceededError,
    DisconnectedError,
    EncodeError,
    Method,
    Registry,
    RemoteError,
    ServerError,
)
from rpcgen.interceptors import AccessLog, AsyncAccessLog, AsyncTokenAuth, TokenAuth
from rpcgen.protocol import CodecName
from rpcgen.services.health import HEALTH_CHECK
from rpcgen.testing.fault_proxy import FaultProxy
from rpcgen.testing.faults import Fault
from tests.support.apis import Api, ApiClient, ApiServer, ServerOptions
from tests.support.errors import error_of
from tests.support.life import Life
from tests.support.services import ARRIVED, FAIL, RELEASE, WAIT, Arrival
from tests.support.timeouts import TIMEOUT_S

from .gopeer import Answer, GoClient, GoServer

# Gates stay open once they are, so every test has its own.
_numbers = itertools.count()

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@define
class NoSuchKeyError(RemoteError):
    """An exception that stock Go knows by its text."""

    key: str


LOOK_UP = Method[str, int]("Probe.Fail", raises=[(NoSuchKeyError, "kv: no such key: {key}")])


@pytest.fixture(params=["gob", "json"])
def codec(request: pytest.FixtureRequest) -> CodecName:
    """Each of the codecs that both sides speak."""
    found: CodecName = request.param
    return found


@pytest.fixture
def gate() -> str:
    return f"gate of life {next(_numbers)}"


@pytest.fixture
def go_address(codec: CodecName, go_server: GoServer) -> str:
    """Where a stock Go server is."""
    return go_server.tcp if codec == "gob" else go_server.json


@pytest.fixture
def client(api: Api, codec: CodecName, go_address: str) -> Iterator[ApiClient]:
    """A Python client of the stock Go server."""
    with api.dial(go_address, codec=codec) as client:
        yield client


# --- the Python client ----------------------------------------------------------------------------


def test_deadline_ends_a_call(client: ApiClient, gate: str) -> None:
    error = error_of(lambda: client.call(WAIT, gate, timeout=0.05))
    client.call(RELEASE, gate)
    assert isinstance(error, DeadlineExceededError)


def test_calls_go_on_after_deadlines(client: ApiClient, gate: str) -> None:
    for _ in range(3):
        error_of(lambda: client.call(WAIT, gate, timeout=0.02))
    client.call(RELEASE, gate)  # late replies come
    assert (client.call(ARITH_MULTIPLY, Args(7, 8)), client.pending()) == (56, 0)


def test_default_deadline_does_no_harm(api: Api, codec: CodecName, go_address: str) -> None:
    with api.dial(go_address, codec=codec, call_timeout=TIMEOUT_S) as client:
        replies = [client.call(ARITH_MULTIPLY, Args(7, n)) for n in range(5)]
    assert replies == [0, 7, 14, 21, 28]


def test_cancel_ends_a_call(client: ApiClient, gate: str) -> None:
    call = client.go(WAIT, gate)
    client.call(ARRIVED, Arrival(gate, 1))
    call.cancel()
    client.call(RELEASE, gate)
    assert isinstance(error_of(call.result), CallCancelledError)


def test_calls_go_on_after_cancels(client: ApiClient, gate: str) -> None:
    for call in [client.go(WAIT, gate) for _ in range(3)]:
        call.cancel()
    client.call(RELEASE, gate)  # late replies come
    assert (client.call(ARITH_MULTIPLY, Args(7, 8)), client.pending()) == (56, 0)


def test_metadata_and_key_are_ignored(client: ApiClient) -> None:
    metadata = {"traceparent": TRACE, "tenant": "é"}
    calls = [
        client.go(ARITH_MULTIPLY, Args(7, n), metadata=metadata, key=f"key {n}") for n in range(3)
    ]
    assert [(call.result(), dict(call.metadata)) for call in calls] == [(0, {}), (7, {}), (14, {})]


def test_metadata_that_may_be_too_long_for_others_is_refused_here(client: ApiClient) -> None:
    client.call(ARITH_MULTIPLY, Args(7, 8), metadata={"tenant": "a"})
    error = error_of(lambda: client.call(ARITH_MULTIPLY, Args(7, 8), metadata={"a": "x" * 600}))
    assert (type(error).__name__, isinstance(error, EncodeError)) == ("HeaderTooLongError", True)
    assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_error_has_no_code_of_its_own(client: ApiClient) -> None:
    error = error_of(lambda: client.call(ARITH_DIVIDE, Args(1, 0), timeout=TIMEOUT_S))
    assert isinstance(error, ServerError)
    assert (str(error), error.code, dict(error.metadata)) == ("divide by zero", Code.UNKNOWN, {})


def test_text_of_go_is_the_exception_that_is_declared_for_it(client: ApiClient) -> None:
    error = error_of(lambda: client.call(LOOK_UP, "kv: no such key: größe"))
    assert isinstance(error, NoSuchKeyError)
    assert error.key == "größe"


def test_other_text_of_go_is_an_error_as_ever(client: ApiClient) -> None:
    error = error_of(lambda: client.call(LOOK_UP, "kv: out of room"))
    assert (type(error), str(error)) == (ServerError, "kv: out of room")


def test_keepalive_finds_go_alive(api: Api, codec: CodecName, go_address: str) -> None:
    # On a machine under load, Go may be late with the answer to an early ping.
    assert any(survives(api, codec, go_address, seconds) for seconds in (0.05, 0.5, 5.0))


def survives(api: Api, codec: CodecName, address: str, keepalive: float) -> bool:
    """Say whether a connection is there after some times ``keepalive``, with pings alone."""
    gate = f"gate of life {next(_numbers)}"
    with api.dial(address, codec=codec) as other:
        with api.dial(address, codec=codec, keepalive=keepalive) as kept:
            held = kept.go(WAIT, gate)
            error_of(lambda: other.call(WAIT, gate, timeout=4 * keepalive))  # meanwhile
            other.call(RELEASE, gate)
            try:
                return held.result() == gate
            except DisconnectedError:
                return False


def test_keepalive_finds_go_dead(api: Api, codec: CodecName, go_address: str, gate: str) -> None:
    def stalled(number: int) -> list[Fault]:
        return [Fault("stall", 0, "reply")]  # whatever Go answers, nothing of it comes

    with FaultProxy(go_address, schedule=stalled, linger=2 * TIMEOUT_S) as proxy:
        with api.dial(proxy.address, codec=codec, keepalive=0.05) as client:
            error = error_of(lambda: client.call(ARITH_MULTIPLY, Args(7, 8)))
    assert isinstance(error, DisconnectedError)
    assert "has not answered a ping" in str(error)


def test_health_of_go_is_unknown(client: ApiClient) -> None:
    error = error_of(lambda: client.call(HEALTH_CHECK, ""))
    assert str(error).startswith("rpc: can't find service rpcgen.Health")


def test_interceptor_sees_a_call_and_its_error(
    api: Api, codec: CodecName, go_address: str, is_async: bool
) -> None:
    seen: list[str] = []

    def look(call: Any, proceed: Any) -> Any:
        call.metadata["tenant"] = "a"
        try:
            return proceed(call)
        except ServerError as error:
            seen.append(f"{call.method.name}: {error}")
            raise

    async def look_async(call: Any, proceed: Any) -> Any:
        call.metadata["tenant"] = "a"
        try:
            return await proceed(call)
        except ServerError as error:
            seen.append(f"{call.method.name}: {error}")
            raise

    interceptors = [look_async] if is_async else [look]
    with api.dial(go_address, codec=codec, interceptors=interceptors) as client:
        error_of(lambda: client.call(FAIL, "no"))
        assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56
    assert seen == ["Probe.Fail: no"]


# --- the Python server ----------------------------------------------------------------------------


class Tally:
    """A service of one method, which counts how often it is carried out."""

    def __init__(self) -> None:
        self.count = 0
        self.is_half_way = threading.Event()
        self._lock = threading.Lock()

    def register(self, server: Registry) -> None:
        """Serve ``Tally``."""
        server.register_name("Tally", [Method[int, int]("Tally.Add").handler(self._add)])

    def _add(self, number: int) -> int:
        with self._lock:
            self.count += 1
            if self.count == 100:
                self.is_half_way.set()
        return number


@pytest.fixture
def is_async(request: pytest.FixtureRequest) -> bool:
    return bool(request.node.callspec.params["api"] == "asyncio")


@pytest.fixture
def life(is_async: bool) -> Life:
    return Life("asyncio" if is_async else "sync")


@pytest.fixture
def tally() -> Tally:
    return Tally()


@pytest.fixture
def options() -> ServerOptions:
    """Arguments of the server; tests have others by a mark."""
    return {}


@pytest.fixture
def server(
    api: Api,
    codec: CodecName,
    life: Life,
    tally: Tally,
    options: ServerOptions,
    request: pytest.FixtureRequest,
) -> Iterator[ApiServer]:
    options = getattr(request, "param", options)
    with api.serving(
        "tcp://127.0.0.1:0", life.register, tally.register, codec=codec, server=options
    ) as server:
        yield server


def served_with(**options: object) -> pytest.MarkDecorator:
    """Serve with these arguments."""
    return pytest.mark.parametrize("server", [options], indirect=True, ids=[*options][:1])


@pytest.fixture
def go_client(go_clients: Callable[..., GoClient], codec: CodecName, server: ApiServer) -> GoClient:
    """A stock Go client of the Python server."""
    return go_clients(server.address, "tcp", codec)


def refused(text: str) -> Answer:
    """Return how a call ends that the server answers with this error."""
    return Answer(error=text, kind="rpc.ServerError")


def test_call_of_go_has_neither_deadline_nor_metadata(go_client: GoClient) -> None:
    seen = go_client.call("Life.Seen", "").reply
    assert seen.pop("Metadata") in ({}, None)
    assert seen == {"Method": "Life.Seen", "Remaining": -1, "Cancelled": False}


def test_metadata_of_a_reply_is_ignored_by_go(go_client: GoClient) -> None:
    trailed = [go_client.call("Life.Trail", {"served-by": "世界"}) for _ in range(2)]
    assert trailed == [Answer("trailed")] * 2


def test_error_with_a_code_is_its_text_to_go(go_client: GoClient) -> None:
    how = {"Text": "no such key", "Code": 5, "Metadata": {"key": "a"}}
    assert go_client.call("Life.FailWith", how) == refused("no such key")
    assert go_client.call("Arith.Multiply", {"A": 7, "B": 8}) == Answer(56)


def test_declared_exception_is_its_text_to_go(go_client: GoClient) -> None:
    assert go_client.call("Life.Reject", 3) == refused("it was rejected 3 times")
    assert go_client.call("Arith.Multiply", {"A": 7, "B": 8}) == Answer(56)


@served_with(mask_errors=True)
def test_masked_accident_is_not_told_to_go(go_client: GoClient) -> None:
    assert go_client.call("Life.FailWith", {"Text": "a secret"}) == refused("internal error")


@pytest.mark.parametrize(
    ("server", "limit"),
    [
        ({"max_calls": 1, "overload": "refuse"}, "max_calls"),
        ({"max_calls_per_connection": 1, "overload": "refuse"}, "max_calls_per_connection"),
    ],
    indirect=["server"],
)
def test_call_of_go_above_a_limit_is_refused(go_client: GoClient, life: Life, limit: str) -> None:
    go_client.go("held", "Life.Hold", "held")
    life.wait_until_held("held")
    above = go_client.call("Life.Hold", "too many")
    life.open("held")
    assert go_client.done() == Answer("opened", name="held")
    assert (f"({limit})" in above.error, above.kind) == (True, "rpc.ServerError")
    assert not life.has_begun("too many")


@served_with(health=True)
def test_go_can_ask_for_health(go_client: GoClient) -> None:
    assert go_client.call("rpcgen.Health.Check", "") == Answer(1)
    assert go_client.call("rpcgen.Health.Check", "Nope") == Answer(3)


def test_go_without_health_is_refused(go_client: GoClient) -> None:
    error = go_client.call("rpcgen.Health.Check", "").error
    assert error.startswith("rpc: can't find service rpcgen.Health")


def test_interceptor_is_around_calls_of_go(
    api: Api, codec: CodecName, go_clients: Callable[..., GoClient], is_async: bool
) -> None:
    seen: list[str] = []

    def look(call: Any, proceed: Any) -> Any:
        seen.append(call.method.name)
        return proceed(call)

    async def look_async(call: Any, proceed: Any) -> Any:
        seen.append(call.method.name)
        return await proceed(call)

    options: ServerOptions = {"interceptors": [look_async] if is_async else [look]}
    with api.serving("tcp://127.0.0.1:0", codec=codec, server=options) as server:
        client = go_clients(server.address, "tcp", codec)
        assert client.call("Arith.Multiply", {"A": 7, "B": 8}) == Answer(56)
    assert seen == ["Arith.Multiply"]


def test_token_is_asked_of_go(
    api: Api, codec: CodecName, go_clients: Callable[..., GoClient], is_async: bool
) -> None:
    auth = AsyncTokenAuth(["secret"]) if is_async else TokenAuth(["secret"])
    with api.serving("tcp://127.0.0.1:0", codec=codec, server={"interceptors": [auth]}) as server:
        client = go_clients(server.address, "tcp", codec)
        answers = [client.call("Arith.Multiply", {"A": 7, "B": 8}) for _ in range(2)]
    assert [(each.kind, each.reply) for each in answers] == [("rpc.ServerError", None)] * 2
    assert answers[0].error.startswith("unauthenticated: ")


def test_access_log_has_calls_of_go(
    api: Api,
    codec: CodecName,
    go_clients: Callable[..., GoClient],
    is_async: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = AsyncAccessLog() if is_async else AccessLog()
    with caplog.at_level("INFO", "rpcgen.access"):
        with api.serving(
            "tcp://127.0.0.1:0", codec=codec, server={"interceptors": [log]}
        ) as server:
            client = go_clients(server.address, "tcp", codec)
            assert client.call("Arith.Multiply", {"A": 7, "B": 8}) == Answer(56)
    (record,) = caplog.records
    assert record.getMessage().startswith("Arith.Multiply")


@served_with(idle_timeout=0.05)
def test_idle_go_is_hung_up_on(go_client: GoClient) -> None:
    answer, pause = Answer(), 0.1
    while not answer.error and pause < TIMEOUT_S:
        time.sleep(pause)  # nothing tells when Go has taken note of it
        answer, pause = go_client.call("Arith.Multiply", {"A": 7, "B": 8}), 2 * pause
    assert answer.error in ("connection is shut down", "unexpected EOF")


def test_shutdown_answers_what_go_waits_for(
    go_client: GoClient, server: ApiServer, life: Life
) -> None:
    go_client.go("held", "Life.Hold", "held")
    life.wait_until_held("held")
    with ThreadPoolExecutor(1) as threads:
        closing = threads.submit(server.shutdown)
        while not go_client.call("Arith.Multiply", {"A": 7, "B": 8}).error:
            pass  # it has not begun to close
        life.open("held")
        answer = go_client.done()
        closing.result(TIMEOUT_S)
    assert answer == Answer("opened", name="held")


def test_shutdown_loses_no_call_of_go_that_was_carried_out(
    go_client: GoClient, server: ApiServer, tally: Tally
) -> None:
    with ThreadPoolExecutor(1) as threads:
        right = threads.submit(go_client.tally, "Tally.Add", 5000)
        assert tally.is_half_way.wait(TIMEOUT_S)
        server.shutdown()
        assert right.result(TIMEOUT_S) == Answer(tally.count)
