"""Calls that travel by a broker, ``via="nats"``, in both APIs, through a real one."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import Any, cast

import nats
import pytest
import trustme

import rpcgen
from generated.arith import ARITH_DIVIDE, ARITH_MULTIPLY, Args, Quotient
from rpcgen import CallContext, Code, Method, Registry, Remember, RpcError
from rpcgen.errors import (
    DeadlineExceededError,
    DialError,
    DisconnectedError,
    EncodeError,
    ServerError,
)
from rpcgen.protocol.message import encode_call
from tests.support.apis import APIS, Api, ApiClient
from tests.support.broker import Broker, needs_broker
from tests.support.services import ARRIVED, ECHO, FAIL, RELEASE, WAIT, Arrival
from tests.support.timeouts import TIMEOUT_S

from .via_nats import RETRY, SEEN, dial, error_of, serving

pytestmark = needs_broker


@pytest.fixture
def client(api: Api, running: Broker) -> Iterator[ApiClient]:
    with serving(api, running.url), dial(api, running.url) as made:
        yield made


# --- calls ---------------------------------------------------------------------------------------


def test_call_is_answered(client: ApiClient) -> None:
    assert [client.call(ARITH_MULTIPLY, Args(7, b)) for b in range(5)] == [0, 7, 14, 21, 28]
    assert client.call(ARITH_DIVIDE, Args(17, 5)) == Quotient(3, 2)


def test_error_of_a_handler_has_its_text(client: ApiClient) -> None:
    error = error_of(client, FAIL, "broken")
    assert isinstance(error, ServerError)
    assert (str(error), error.code, error.started) == ("broken", Code.UNKNOWN, None)


def test_unknown_method_is_unimplemented(client: ApiClient) -> None:
    error = error_of(client, Method[int, int]("Arith.Root"), 1)
    assert "can't find method Arith.Root" in str(error)


def test_calls_run_side_by_side(client: ApiClient) -> None:
    # nats-py calls the callback of a subscription for one message after the other.
    calls = [client.go(WAIT, "side") for _ in range(10)]
    assert client.call(ARRIVED, Arrival("side", 10)) == 10
    client.call(RELEASE, "side")
    assert [call.result() for call in calls] == ["side"] * 10


def test_large_values_travel(client: ApiClient) -> None:
    data = bytes(range(256)) * 2000
    assert client.call(ECHO, data) == data


def test_late_call_ends_at_its_deadline(client: ApiClient) -> None:
    error = error_of(client, WAIT, "late", timeout=0.1)
    assert isinstance(error, DeadlineExceededError)
    client.call(RELEASE, "late")


def test_context_has_peer_deadline_and_metadata(api: Api, running: Broker) -> None:
    seen: list[CallContext] = []

    def see(number: int) -> str:
        context = rpcgen.context()
        seen.append(context)
        context.reply_metadata["seen"] = "yes"
        return context.metadata["name"]

    def register(server: Registry) -> None:
        server.register_name("Seen", [SEEN.handler(see)])

    with serving(api, running.url, register), dial(api, running.url, retry=RETRY) as client:
        call = client.go(SEEN, 1, metadata={"name": "value"}, timeout=30.0, key="order-1")
        assert call.result() == "value"
        assert call.metadata == {"seen": "yes"}
    (context,) = seen
    assert context.peer.address == running.url
    assert context.peer.uid is None
    assert context.key == "order-1"
    assert context.deadline is not None
    assert 0 < context.deadline - monotonic() < 31


def test_cancelled_call_is_cancelled_at_the_server(api: Api, running: Broker) -> None:
    begun, ended = threading.Event(), threading.Event()

    def wait(number: int) -> str:
        begun.set()
        if rpcgen.context().wait_cancelled(TIMEOUT_S):
            ended.set()
        return ""

    def register(server: Registry) -> None:
        server.register_name("Seen", [SEEN.handler(wait)])

    with serving(api, running.url, register), dial(api, running.url, retry=RETRY) as client:
        call = client.go(SEEN, 1)
        assert begun.wait(TIMEOUT_S)
        assert call.cancel()
        assert ended.wait(TIMEOUT_S)


def test_key_is_answered_with_the_first_reply(api: Api, running: Broker) -> None:
    calls: list[int] = []

    def count(number: int) -> str:
        calls.append(number)
        return str(len(calls))

    def register(server: Registry) -> None:
        server.register_name("Seen", [SEEN.handler(count)])

    with serving(api, running.url, register, remember=Remember()):
        with dial(api, running.url, retry=RETRY) as client:
            replies = {client.call(SEEN, 1, key="one") for _ in range(3)}
    assert (replies, calls) == ({"1"}, [1])


def test_interceptors_of_a_client_are_around_each_call(running: Broker) -> None:
    seen: list[str] = []

    def note(call: Any, proceed: Any) -> Any:
        seen.append(call.method.name)
        return proceed(call)

    with serving(APIS["sync"], running.url):
        with rpcgen.dial(running.url, via="nats", interceptors=[note]) as client:
            assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56
    assert seen == ["Arith.Multiply"]


def test_message_of_go_is_answered(running: Broker) -> None:
    # A Go program has it from one gob.Encoder: the header, then the arguments.
    async def ask() -> bytes:
        client = await nats.connect(running.url)
        try:
            call = encode_call(ARITH_MULTIPLY, Args(7, 8))
            return (await client.request("rpcgen.Arith", call, timeout=TIMEOUT_S)).data
        finally:
            await client.close()

    with serving(APIS["sync"], running.url):
        response = asyncio.run(ask())
    assert response.endswith(b"\x03\x04\x00\x70")  # the int 56


def test_message_that_is_none_is_answered_with_an_error(running: Broker) -> None:
    async def ask() -> bytes:
        client = await nats.connect(running.url)
        try:
            return (await client.request("rpcgen.Arith", b"none", timeout=TIMEOUT_S)).data
        finally:
            await client.close()

    with serving(APIS["sync"], running.url), dial(APIS["sync"], running.url) as client:
        assert b"rpc: service/method request ill-formed" in asyncio.run(ask())
        assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


# --- several servers -----------------------------------------------------------------------------


def test_each_call_goes_to_one_of_the_servers(api: Api, running: Broker) -> None:
    def named(name: str) -> Callable[[Registry], None]:
        def register(server: Registry) -> None:
            server.register_name("Seen", [SEEN.handler(lambda number: name)])

        return register

    with serving(api, running.url, named("a")), serving(api, running.url, named("b")):
        with dial(api, running.url, retry=RETRY) as client:
            deadline = monotonic() + TIMEOUT_S
            while {client.call(SEEN, 1) for _ in range(20)} != {"a", "b"}:
                assert monotonic() < deadline


def test_server_that_has_enough_calls_refuses_others(api: Api, running: Broker) -> None:
    with serving(api, running.url, max_calls_per_connection=2), dial(api, running.url) as client:
        calls = [client.go(WAIT, "full") for _ in range(2)]
        deadline = monotonic() + TIMEOUT_S
        while True:
            error = error_of(client, ARRIVED, Arrival("full", 2), timeout=5.0)
            if error.code == Code.RESOURCE_EXHAUSTED:
                break
            assert monotonic() < deadline
        assert error.started is False
        assert "the limit is 2" in str(error)
        assert all(call.cancel() for call in calls)


def test_call_that_one_server_refuses_is_carried_out_by_another(api: Api, running: Broker) -> None:
    begun, gate = threading.Event(), threading.Event()

    def wait(number: int) -> str:
        begun.set()
        gate.wait(TIMEOUT_S)
        return "waited"

    def register(server: Registry) -> None:
        server.register_name("Seen", [SEEN.handler(wait)])

    with ExitStack() as stack:
        for _ in range(3):  # so that it is not refused ten times in a row
            stack.enter_context(serving(api, running.url))
        stack.enter_context(serving(api, running.url, register, max_calls_per_connection=1))
        with dial(api, running.url, retry=RETRY) as client:
            waiting = client.go(SEEN, 1)
            assert begun.wait(TIMEOUT_S)
            assert {client.call(ARITH_MULTIPLY, Args(7, 8)) for _ in range(20)} == {56}
            gate.set()
            assert waiting.result() == "waited"


def test_call_without_a_server_is_unavailable(api: Api, running: Broker) -> None:
    with dial(api, running.url) as client:
        error = error_of(client, Method[int, int]("Nobody.Get"), 1)
    assert (error.code, error.started) == (Code.UNAVAILABLE, False)
    assert str(error) == f"no server takes calls of Nobody at {running.url}"


def test_call_without_a_server_waits_for_one_where_it_is_made_again(
    api: Api, running: Broker
) -> None:
    with dial(api, running.url, retry=RETRY) as client:
        call = client.go(WAIT, "soon")
        with serving(api, running.url) as _, dial(api, running.url, retry=RETRY) as other:
            other.call(ARRIVED, Arrival("soon", 1))
            other.call(RELEASE, "soon")
            assert call.result() == "soon"


# --- the end of a server -------------------------------------------------------------------------


def test_shutdown_answers_what_was_taken(api: Api, running: Broker) -> None:
    begun, gate = threading.Semaphore(0), threading.Event()

    def wait(number: int) -> str:
        begun.release()
        gate.wait(TIMEOUT_S)
        return str(number)

    def register(server: Registry) -> None:
        server.register_name("Seen", [SEEN.handler(wait)])

    with serving(api, running.url, register) as server:
        with dial(api, running.url, retry=RETRY) as client:
            calls = [client.go(SEEN, number) for number in range(20)]
            assert all(begun.acquire(timeout=TIMEOUT_S) for _ in calls)
            going_down = threading.Thread(target=server.shutdown)
            going_down.start()
            wait_until_unavailable(api, running)
            gate.set()
            going_down.join(TIMEOUT_S)
            assert [call.result() for call in calls] == [str(number) for number in range(20)]


def wait_until_unavailable(api: Api, running: Broker) -> None:
    """Wait until no server takes calls any more."""
    deadline = monotonic() + TIMEOUT_S
    errors: list[RpcError] = []
    with dial(api, running.url) as client:
        while not errors:
            try:
                client.call(ARITH_MULTIPLY, Args(1, 1))
            except RpcError as error:
                errors.append(error)
            assert monotonic() < deadline
    assert (errors[0].code, errors[0].started) == (Code.UNAVAILABLE, False)


def test_calls_go_on_while_servers_come_and_go(api: Api, running: Broker) -> None:
    # With `micro.Service.stop`, calls that are queued in the library would be lost.
    over = threading.Event()
    errors: list[BaseException] = []

    def load() -> None:
        with dial(api, running.url, retry=RETRY) as client:
            while not over.is_set():
                calls = [client.go(ARITH_MULTIPLY, Args(7, 8)) for _ in range(20)]
                for call in calls:
                    try:
                        assert call.result() == 56
                    except BaseException as error:
                        errors.append(error)

    with serving(api, running.url):
        threads = [threading.Thread(target=load) for _ in range(2)]
        for thread in threads:
            thread.start()
        for _ in range(4):
            with serving(api, running.url) as server:
                server.shutdown()
        over.set()
        for thread in threads:
            thread.join(TIMEOUT_S)
    assert errors == []


def test_call_of_a_server_that_was_closed_is_unavailable(api: Api, running: Broker) -> None:
    with serving(api, running.url) as server, dial(api, running.url) as client:
        call = client.go(WAIT, "closed")
        client.call(ARRIVED, Arrival("closed", 1))
        server.shutdown(0.0)
        with pytest.raises(RpcError) as caught:
            call.result()
    assert caught.value.started is None


def test_call_of_a_server_that_was_killed_ends_at_its_deadline(api: Api, running: Broker) -> None:
    script = """
import os, sys, rpcgen
from rpcgen import Method
server = rpcgen.Server()
die = Method[int, str]("Killed.Get").handler(lambda number: os._exit(0))
server.register_name("Killed", [die])
server.announce(sys.argv[1], version="1.4.0", via="nats")
server.serve()
"""
    process = subprocess.Popen([sys.executable, "-c", script, running.url])
    try:
        deadline = monotonic() + TIMEOUT_S
        error: RpcError | None = None
        with dial(api, running.url) as client:
            while error is None or error.code == Code.UNAVAILABLE:  # until it takes calls
                error = error_of(client, Method[int, str]("Killed.Get"), 1, timeout=1.0)
                assert monotonic() < deadline
    finally:
        process.kill()
        process.wait()
    assert isinstance(error, DeadlineExceededError)


# --- the broker ----------------------------------------------------------------------------------


def test_call_without_a_broker_is_unavailable(api: Api, own: Broker) -> None:
    own.stop()
    with dial(api, own.url) as client:
        error = error_of(client, ARITH_MULTIPLY, Args(7, 8))
    assert isinstance(error, DialError)
    assert (error.code, error.started) == (Code.UNAVAILABLE, False)
    assert own.url in str(error)


def test_call_under_way_fails_when_the_broker_ends(api: Api, own: Broker) -> None:
    with serving(api, own.url), dial(api, own.url) as client:
        call = client.go(WAIT, "gone")
        client.call(ARRIVED, Arrival("gone", 1))
        own.stop()
        with pytest.raises(DisconnectedError) as caught:
            call.result()
    assert caught.value.started is None


def test_calls_go_on_after_a_restart_of_the_broker(api: Api, own: Broker) -> None:
    # For a second nobody takes calls from the new process: that is unavailable, and may pass.
    with serving(api, own.url), dial(api, own.url, retry=RETRY) as client:
        client.call(ARITH_MULTIPLY, Args(7, 8))
        own.stop()
        own.start()
        assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_call_after_a_restart_is_unavailable_without_retry(api: Api, own: Broker) -> None:
    with dial(api, own.url, retry=None) as client:
        error_of(client, ARITH_MULTIPLY, Args(7, 8))
        own.stop()
        own.start()
        error = error_of(client, ARITH_MULTIPLY, Args(7, 8), wait_for_ready=True)
    assert (error.code, error.started) == (Code.UNAVAILABLE, False)


def test_request_above_max_payload_is_an_encode_error(client: ApiClient) -> None:
    error = error_of(client, ECHO, bytes(1 << 20))
    assert isinstance(error, EncodeError)
    assert "max_payload" in str(error)
    assert "call of Probe.Echo" in str(error)
    assert client.call(ECHO, b"small") == b"small"


def test_reply_above_max_payload_is_an_error(api: Api, running: Broker) -> None:
    def register(server: Registry) -> None:
        server.register_name("Seen", [SEEN.handler(lambda number: "x" * number)])

    with serving(api, running.url, register), dial(api, running.url, retry=RETRY) as client:
        error = error_of(client, SEEN, 1 << 20)
        assert isinstance(error, ServerError)
        assert "max_payload" in str(error)
        assert client.call(SEEN, 3) == "xxx"


def test_broker_with_a_user_lets_those_in_who_say_it(api: Api, own: Broker) -> None:
    own.stop()
    own.start("--user", "me", "--pass", "secret")
    url = own.url.replace("nats://", "nats://me:secret@")
    with serving(api, url), dial(api, url) as client:
        assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56
    with dial(api, own.url.replace("nats://", "nats://me:wrong@")) as client:
        error = error_of(client, ARITH_MULTIPLY, Args(7, 8))
    assert isinstance(error, DialError)
    assert "Authorization Violation" in str(error)
    assert "wrong" not in str(error)


def test_broker_is_encrypted_to(api: Api, own: Broker, tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(tmp_path / "key")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "certificate")
    trusting = ssl.create_default_context(cadata=authority.cert_pem.bytes().decode())
    own.stop()
    files = "--tlscert", str(tmp_path / "certificate"), "--tlskey", str(tmp_path / "key")
    own.start("--tls", *files)
    url = own.url.replace("nats://", "tls://")

    def announce(server: Registry) -> None:
        made = cast("rpcgen.Server", server)
        made.announce(url, version="1.0.0", via="nats", tls=trusting)

    with api.serving("127.0.0.1:0", announce):
        with dial(api, url, retry=RETRY, tls=trusting) as client:
            assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56
        with dial(api, url) as client:
            error = error_of(client, ARITH_MULTIPLY, Args(7, 8))
    assert isinstance(error, DialError)
    assert "certificate verify failed" in str(error)


def test_wrong_way_is_an_error(api: Api) -> None:
    with pytest.raises(ValueError, match="write 'nats'"):
        with api.dial("nats://127.0.0.1:1", via="pigeon"):  # type: ignore[call-arg]
            pass
    with pytest.raises(ValueError, match="in gob alone"):
        with dial(api, "nats://127.0.0.1:1", codec="json"):
            pass
    with pytest.raises(DialError, match="no broker"):
        with dial(api, "tcp://127.0.0.1:1"):
            pass


def test_wrong_way_of_a_server_is_an_error() -> None:
    with pytest.raises(ValueError, match="write 'nats'"):
        rpcgen.Server().announce("nats://a:1", version="1.0.0", via="pigeon")  # type: ignore[arg-type]
