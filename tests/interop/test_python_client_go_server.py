"""The Python client, with either API, against a stock Go server."""

from __future__ import annotations

import asyncio
import itertools
import queue
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from generated.arith import (
    ARITH_DIVIDE,
    ARITH_MULTIPLY,
    Args,
    ArithClient,
    AsyncArithClient,
    Quotient,
)
from rpcgen import (
    Call,
    DecodeError,
    DisconnectedError,
    EncodeError,
    Method,
    ServerError,
    ShutdownError,
    aio,
    dial,
)
from tests.support.apis import Api, ApiClient
from tests.support.errors import error_of
from tests.support.services import (
    ARRIVED,
    ECHO,
    FAIL,
    RELEASE,
    REORDER,
    UNENCODABLE,
    WAIT,
    Arrival,
    OrderIn,
    OrderOut,
    Place,
)

from .gopeer import GoServer

MEBIBYTE = 1 << 20

# Gates stay open once they are, so every test has its own.
_numbers = itertools.count()


@pytest.fixture
def gate() -> str:
    return f"gate {next(_numbers)}"


def test_call_returns_the_reply(client: ApiClient) -> None:
    assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_call_returns_a_message(client: ApiClient) -> None:
    assert client.call(ARITH_DIVIDE, Args(17, 8)) == Quotient(quo=2, rem=1)


def test_call_returns_zero_where_go_leaves_it_out(client: ApiClient) -> None:
    assert client.call(ARITH_DIVIDE, Args(0, 8)) == Quotient(quo=0, rem=0)


def test_call_again_and_again_on_one_connection(client: ApiClient) -> None:
    products = [client.call(ARITH_MULTIPLY, Args(n, -n)) for n in range(100)]
    assert products == [-n * n for n in range(100)]


def test_call_over_a_unix_socket(api: Api, go_server: GoServer) -> None:
    with api.dial(f"unix://{go_server.unix}") as client:
        assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_error_of_the_method_has_its_text(client: ApiClient) -> None:
    error = error_of(lambda: client.call(ARITH_DIVIDE, Args(1, 0)))
    assert (type(error), str(error)) == (ServerError, "divide by zero")


def test_error_of_the_method_leaves_the_connection_usable(client: ApiClient) -> None:
    error_of(lambda: client.call(ARITH_DIVIDE, Args(1, 0)))
    assert client.call(ARITH_DIVIDE, Args(17, 8)) == Quotient(quo=2, rem=1)


@pytest.mark.parametrize("text", [" ", "\n", "nil", "größer als 世界", "x" * 100_000])
def test_error_text_arrives_as_it_is(client: ApiClient, text: str) -> None:
    assert str(error_of(lambda: client.call(FAIL, text))) == text


def test_error_without_text_is_no_error_in_go(client: ApiClient) -> None:
    assert client.call(FAIL, "") == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Nope.Nope", "rpc: can't find service Nope.Nope"),
        ("Arith.Nope", "rpc: can't find method Arith.Nope"),
        ("Nope", "rpc: service/method request ill-formed: Nope"),
        ("A.B.C", "rpc: can't find service A.B.C"),
        ("", "rpc: service/method request ill-formed: "),
    ],
)
def test_unknown_name_is_refused_with_the_text_of_go(
    client: ApiClient, name: str, text: str
) -> None:
    error = error_of(lambda: client.call(Method[Args, int](name), Args(1, 2)))
    assert (type(error), str(error)) == (ServerError, text)


def test_unknown_name_leaves_the_connection_usable(client: ApiClient) -> None:
    error_of(lambda: client.call(Method[Args, int]("Nope.Nope"), Args(1, 2)))
    assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_args_of_a_wrong_type_are_refused_by_go(client: ApiClient) -> None:
    error = error_of(lambda: client.call(Method[str, int]("Arith.Multiply"), "text"))
    assert str(error) == (
        "gob: type mismatch in decoder: want struct type main.Args; got non-struct"
    )


def test_args_of_a_wrong_type_leave_the_connection_usable(client: ApiClient) -> None:
    error_of(lambda: client.call(Method[str, int]("Arith.Multiply"), "text"))
    assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_args_that_cannot_be_encoded_fail_their_call(client: ApiClient) -> None:
    error = error_of(lambda: client.call(ARITH_MULTIPLY, Args(2**63, 0)))
    assert isinstance(error, EncodeError)


def test_args_that_cannot_be_encoded_leave_the_connection_usable(client: ApiClient) -> None:
    error_of(lambda: client.call(ARITH_MULTIPLY, Args(2**63, 0)))
    assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_replies_out_of_order_find_their_calls(client: ApiClient, gate: str) -> None:
    first = client.go(WAIT, f"{gate} a")
    second = client.go(WAIT, f"{gate} b")
    client.call(RELEASE, f"{gate} b")
    late = [second.result()]
    client.call(RELEASE, f"{gate} a")
    assert [first.result(), *late] == [f"{gate} a", f"{gate} b"]


def test_thousand_calls_in_flight_on_one_connection(client: ApiClient, gate: str) -> None:
    calls = [client.go(WAIT, gate) for _ in range(1000)]
    assert client.call(ARRIVED, Arrival(gate, 1000)) == 1000
    client.call(RELEASE, gate)
    assert [call.result() for call in calls] == [gate] * 1000


def test_thousand_calls_in_flight_get_their_own_replies(client: ApiClient) -> None:
    calls = [client.go(ARITH_MULTIPLY, Args(n, n + 1)) for n in range(1000)]
    assert [call.result() for call in calls] == [n * (n + 1) for n in range(1000)]


def test_many_threads_share_a_client(client: ApiClient) -> None:
    start = threading.Barrier(16)

    def multiply(thread: int) -> list[int]:
        start.wait(60)
        return [client.call(ARITH_MULTIPLY, Args(thread, n)) for n in range(50)]

    with ThreadPoolExecutor(16) as threads:
        products = list(threads.map(multiply, range(16)))
    assert products == [[thread * n for n in range(50)] for thread in range(16)]


@pytest.mark.parametrize("size", [0, 1, 65_536, 10 * MEBIBYTE])
def test_bytes_go_there_and_back(client: ApiClient, size: int) -> None:
    data = bytes(range(251)) * (size // 251 + 1)
    assert client.call(ECHO, data[:size]) == data[:size]


def test_large_payloads_from_many_calls_at_once(client: ApiClient) -> None:
    payloads = [bytes([n]) * MEBIBYTE for n in range(8)]
    calls = [client.go(ECHO, payload) for payload in payloads]
    assert [call.result() for call in calls] == payloads


def test_fields_are_matched_by_name(client: ApiClient) -> None:
    reply = client.call(REORDER, OrderIn(number=4, only_here="x", comment="y"))
    assert reply == OrderOut("default", 5, Place(1, 2), ["first", "second"])


def test_reply_of_another_type_fails_its_call(client: ApiClient) -> None:
    error = error_of(lambda: client.call(Method[Args, str]("Arith.Multiply"), Args(7, 8)))
    assert isinstance(error, DecodeError)


def test_reply_of_another_type_leaves_the_connection_usable(client: ApiClient) -> None:
    error_of(lambda: client.call(Method[Args, str]("Arith.Multiply"), Args(7, 8)))
    assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_close_ends_pending_calls(client: ApiClient, gate: str) -> None:
    pending = client.go(WAIT, gate)
    client.close()
    assert isinstance(error_of(pending.result), ShutdownError)


def test_call_after_close_raises(client: ApiClient) -> None:
    client.close()
    error = error_of(lambda: client.call(ARITH_MULTIPLY, Args(7, 8)))
    assert (type(error), str(error)) == (ShutdownError, "connection is shut down")


def test_close_twice_raises(client: ApiClient) -> None:
    client.close()
    with pytest.raises(ShutdownError):
        client.close()


def test_reply_that_go_cannot_encode_ends_the_connection(api: Api, go_server: GoServer) -> None:
    with api.dial(go_server.tcp) as client:
        error = error_of(lambda: client.call(UNENCODABLE, 1))
    assert isinstance(error, DisconnectedError)


def test_killed_server_fails_every_pending_call(api: Api, gate: str) -> None:
    with GoServer() as server, api.dial(server.tcp) as client:
        pending = [client.go(WAIT, gate) for _ in range(100)]
        client.call(ARRIVED, Arrival(gate, 100))
        server.kill()
        errors = {(type(error), str(error)) for error in map(error_of, (c.result for c in pending))}
    assert errors == {(DisconnectedError, "unexpected EOF")}


def test_killed_server_fails_later_calls(api: Api, gate: str) -> None:
    with GoServer() as server, api.dial(server.tcp) as client:
        pending = client.go(WAIT, gate)
        client.call(ARRIVED, Arrival(gate, 1))
        server.kill()
        error_of(pending.result)
        error = error_of(lambda: client.call(ARITH_MULTIPLY, Args(7, 8)))
    assert isinstance(error, ShutdownError)


def test_generated_client_calls(go_server: GoServer) -> None:
    with ArithClient.dial(go_server.tcp) as arith:
        assert arith.divide(Args(17, 8)) == Quotient(quo=2, rem=1)


def test_generated_client_starts_calls(go_server: GoServer) -> None:
    with ArithClient.dial(go_server.tcp) as arith:
        calls = [arith.go.multiply(Args(n, n)) for n in range(10)]
        assert [call.result(60) for call in calls] == [n * n for n in range(10)]


def test_done_queue_receives_calls_as_they_end(go_server: GoServer, gate: str) -> None:
    done: queue.Queue[Call[str]] = queue.Queue()
    with dial(go_server.tcp) as client:
        for name in ("a", "b", "c"):
            client.go(WAIT, f"{gate} {name}", done)
        ended = []
        for name in ("c", "a", "b"):
            client.call(RELEASE, f"{gate} {name}")
            ended.append(done.get(timeout=60).reply)
    assert ended == [f"{gate} c", f"{gate} a", f"{gate} b"]


def test_generated_async_client_calls(go_server: GoServer) -> None:
    async def divide() -> Quotient:
        async with AsyncArithClient.dial(go_server.tcp) as arith:
            return await arith.divide(Args(17, 8))

    assert asyncio.run(divide()) == Quotient(quo=2, rem=1)


def test_generated_async_client_gathers_calls(go_server: GoServer) -> None:
    async def multiply() -> list[int]:
        async with AsyncArithClient.dial(go_server.tcp) as arith:
            return await asyncio.gather(*(arith.multiply(Args(n, n)) for n in range(1000)))

    assert asyncio.run(multiply()) == [n * n for n in range(1000)]


def test_async_done_queue_receives_calls_as_they_end(go_server: GoServer, gate: str) -> None:
    async def wait() -> list[str | None]:
        done: asyncio.Queue[aio.Call[str]] = asyncio.Queue()
        async with aio.dial(go_server.tcp) as client:
            for name in ("a", "b", "c"):
                client.go(WAIT, f"{gate} {name}", done)
            ended = []
            for name in ("c", "a", "b"):
                await client.call(RELEASE, f"{gate} {name}")
                ended.append((await done.get()).reply)
            return ended

    assert asyncio.run(wait()) == [f"{gate} c", f"{gate} a", f"{gate} b"]
