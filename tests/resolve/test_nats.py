"""Servers that announce themselves, and clients that find them, through a real broker."""

from __future__ import annotations

import asyncio
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from time import monotonic
from typing import Any

import pytest

import rpcgen
from generated.arith import Args, ArithClient, AsyncArithClient, register_arith
from rpcgen import Code, Method, Retry, RpcError, aio
from rpcgen.channel.resolver import Endpoint
from rpcgen.errors import DialError
from rpcgen.resolve.nats import NatsResolver, resolver
from rpcgen.testing.certificates import server_context
from tests.support.broker import Broker, broker, needs_broker
from tests.support.services import Calculator
from tests.support.timeouts import TIMEOUT_S

pytestmark = needs_broker

NAME = Method[int, str]("Name.Get")
OTHER = Method[int, str]("Other.Get")


def saying(name: str, number: int) -> str:
    return name


@pytest.fixture
def own() -> Iterator[Broker]:
    """A broker that the test starts and stops."""
    with broker() as made:
        yield made


@contextmanager
def sync_server(url: str, name: str, *methods: Method[int, str]) -> Iterator[rpcgen.Server]:
    server = rpcgen.Server(health=True)
    for method in methods or (NAME,):
        handler = method.handler(partial(saying, name))
        server.register_name(method.name.partition(".")[0], [handler])
    server.listen("127.0.0.1:0")
    server.announce(url, version="1.4.0", metadata={"zone": name})
    with server:
        yield server


@contextmanager
def async_server(url: str, name: str, *methods: Method[int, str]) -> Iterator[None]:
    over, begun = asyncio.Event(), threading.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def main() -> None:
        loops.append(asyncio.get_running_loop())
        server = aio.Server()
        for method in methods or (NAME,):
            handler = method.handler(partial(saying, name))
            server.register_name(method.name.partition(".")[0], [handler])
        await server.listen("127.0.0.1:0")
        server.announce(url, version="1.4.0", metadata={"zone": name})
        async with server:
            begun.set()
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    assert begun.wait(TIMEOUT_S)
    try:
        yield
    finally:
        loops[0].call_soon_threadsafe(over.set)
        thread.join(TIMEOUT_S)


SERVERS = {"sync": sync_server, "asyncio": async_server}
servers = pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS)


def call(client: Any, method: Method[int, str] = NAME) -> str:
    reply: str = client.call(method, 0, wait_for_ready=True, timeout=TIMEOUT_S)
    return reply


def call_until(client: Any, wanted: set[str]) -> None:
    """Call until all of these have answered lately, and nobody else."""
    deadline = monotonic() + TIMEOUT_S
    while {call(client) for _ in range(30)} != wanted:
        assert monotonic() < deadline


@contextmanager
def quick(url: str, service: str = "Name") -> Iterator[Any]:
    """Dial with a resolver that asks often."""
    with rpcgen.dial(NatsResolver(url, service, seconds=0.1)) as client:
        yield client


@servers
def test_client_finds_an_announced_server(running: Broker, server: Any) -> None:
    with server(running.url, "a"), rpcgen.dial(f"{running.url}/Name") as client:
        assert call(client) == "a"


def test_async_client_finds_an_announced_server(running: Broker) -> None:
    async def main() -> str:
        async with aio.dial(f"{running.url}/Name") as client:
            return await client.call(NAME, 0, wait_for_ready=True, timeout=TIMEOUT_S)

    with sync_server(running.url, "a"):
        assert asyncio.run(main()) == "a"


@servers
def test_client_follows_arrivals_and_departures(running: Broker, server: Any) -> None:
    with rpcgen.dial(f"{running.url}/Name") as client:
        with server(running.url, "a"):
            assert call(client) == "a"
            with server(running.url, "b"):
                call_until(client, {"a", "b"})
            call_until(client, {"a"})


def test_client_without_a_service_finds_what_all_serve(running: Broker) -> None:
    with sync_server(running.url, "a", NAME, OTHER), sync_server(running.url, "b"):
        with rpcgen.dial(running.url) as client:
            call_until(client, {"a", "b"})


def test_client_is_told_to_name_one_of_several_services(running: Broker) -> None:
    with sync_server(running.url, "a", NAME), sync_server(running.url, "b", OTHER):
        wait_for_answers(running, "$SRV.PING.Name", "$SRV.PING.Other")
        with rpcgen.dial(NatsResolver(running.url, seconds=0.1)) as client:
            error = error_that_says("Name, Other", client)
    assert f"say which, as in {running.url}/Name" in str(error)


def wait_for_answers(broker: Broker, *subjects: str) -> None:
    for subject in subjects:
        broker.ask(subject)


def error_that_says(text: str, client: Any) -> RpcError:
    deadline = monotonic() + TIMEOUT_S
    while monotonic() < deadline:
        try:
            client.call(NAME, 0, timeout=0.2)
        except RpcError as error:
            if text in str(error):
                return error
    raise AssertionError("it is never said")


def test_named_service_is_found_among_others(running: Broker) -> None:
    with sync_server(running.url, "a", NAME), sync_server(running.url, "b", OTHER):
        with rpcgen.dial(f"{running.url}/Other") as client:
            assert call(client, OTHER) == "b"


def test_call_fails_where_no_server_is_announced(running: Broker) -> None:
    with rpcgen.dial(f"{running.url}/Nobody") as client:
        error = error_that_says("no server of Nobody is announced there", client)
    assert (error.code, error.started) == (Code.UNAVAILABLE, False)


def test_call_fails_where_there_is_no_broker(own: Broker) -> None:
    with rpcgen.dial(f"{own.url}/Name") as client:
        error = error_that_says(own.url, client)
    assert (error.code, error.started) == (Code.UNAVAILABLE, False)


@contextmanager
def calculators(url: str, service: str = "Arith") -> Iterator[None]:
    """Announce ``Arith``, under some name, beside a server of something else."""
    server = rpcgen.Server()
    register_arith(server, Calculator(), service)
    server.listen("127.0.0.1:0")
    server.announce(url, version="1.4.0")
    with server, sync_server(url, "other", OTHER):
        yield


@pytest.mark.parametrize("service", [None, "v1.Arith"])
def test_stub_finds_its_service_at_a_broker(running: Broker, service: str | None) -> None:
    with (
        calculators(running.url, service or "Arith"),
        ArithClient.dial(running.url, service=service) as arith,
    ):
        own = arith.with_options(wait_for_ready=True, timeout=TIMEOUT_S)
        assert own.multiply(Args(7, 8)) == 56


@pytest.mark.parametrize("service", [None, "v1.Arith"])
def test_async_stub_finds_its_service_at_a_broker(running: Broker, service: str | None) -> None:
    async def main() -> int:
        async with AsyncArithClient.dial(running.url, service=service) as arith:
            own = arith.with_options(wait_for_ready=True, timeout=TIMEOUT_S)
            return await own.multiply(Args(7, 8))

    with calculators(running.url, service or "Arith"):
        assert asyncio.run(main()) == 56


def test_stub_whose_service_is_not_announced_says_which(running: Broker) -> None:
    with sync_server(running.url, "other", OTHER), ArithClient.dial(running.url) as arith:
        wait_for_answers(running, "$SRV.PING.Other")
        error = error_that_says("no server of Arith is announced there", arith._client)
    assert (error.code, error.started) == (Code.UNAVAILABLE, False)


def test_server_serves_without_a_broker(own: Broker) -> None:
    with sync_server(own.url, "a") as server:
        (listener,) = server._listeners
        with rpcgen.dial(listener.address) as client:
            assert call(client) == "a"


def test_server_is_announced_once_there_is_a_broker(own: Broker) -> None:
    with sync_server(own.url, "a"), quick(own.url) as client:
        error_that_says(own.url, client)
        own.start()
        assert call(client) == "a"


def test_calls_go_on_while_the_broker_is_away(own: Broker) -> None:
    own.start()
    with sync_server(own.url, "a"), sync_server(own.url, "b"), quick(own.url) as client:
        call_until(client, {"a", "b"})
        own.stop()
        assert {call(client) for _ in range(30)} == {"a", "b"}


def test_restart_of_the_broker_loses_no_call(own: Broker) -> None:
    own.start()
    with sync_server(own.url, "a"), sync_server(own.url, "b"), quick(own.url) as client:
        call_until(client, {"a", "b"})
        own.stop()
        own.start()
        with sync_server(own.url, "c"):
            replies = {call(client) for _ in range(100)}
            call_until(client, {"a", "b", "c"})
    assert replies <= {"a", "b", "c"}


def test_call_right_after_a_restart_of_the_broker_is_made_again(own: Broker) -> None:
    # For a second nobody answers to the broker's new process: that is unavailable, not unknown.
    own.start()
    with sync_server(own.url, "a"):
        own.ask("$SRV.PING.Name")
        own.stop()
        own.start()
        with rpcgen.dial(f"{own.url}/Name", retry=Retry(attempts=50, backoff=0.1)) as client:
            assert client.call(NAME, 0, timeout=TIMEOUT_S) == "a"


def test_server_that_was_killed_is_forgotten(running: Broker) -> None:
    script = """
import sys, rpcgen
from rpcgen import Method
server = rpcgen.Server()
server.register_name("Name", [Method[int, str]("Name.Get").handler(lambda n: "killed")])
server.listen("127.0.0.1:0")
server.announce(sys.argv[1], version="1.4.0")
server.serve()
"""
    process = subprocess.Popen([sys.executable, "-c", script, running.url])
    told: queue.Queue[Sequence[Endpoint]] = queue.Queue()
    looking = NatsResolver(running.url, "Name", seconds=0.05)
    try:
        running.ask("$SRV.PING.Name")
        looking.start(told.put, lambda error: None)
        assert len(told.get(timeout=TIMEOUT_S)) == 1
        process.kill()
        assert told.get(timeout=TIMEOUT_S) == []
    finally:
        looking.close()
        process.kill()
        process.wait()


def test_micro_service_answers_the_tools(running: Broker) -> None:
    with sync_server(running.url, "a"):
        (ping,) = running.ask("$SRV.PING.Name")
        (info,) = running.ask(f"$SRV.INFO.Name.{ping['id']}")
        (stats,) = running.ask("$SRV.STATS")
    assert (ping["name"], ping["version"], ping["metadata"]) == ("Name", "1.4.0", {"zone": "a"})
    assert info["endpoints"][0]["metadata"]["rpcgen.codec"] == "gob"
    assert stats["endpoints"][0]["num_requests"] == 0


def test_services_of_the_server_itself_are_not_announced(running: Broker) -> None:
    with sync_server(running.url, "a"):
        running.ask("$SRV.PING.Name")
        assert [each["name"] for each in running.ask("$SRV.PING")] == ["Name"]


@pytest.mark.parametrize(
    ("listens", "announced"),
    [
        (["127.0.0.1:0"], "tcp://127.0.0.1:"),
        ([":0"], "tcp://127.0.0.1:"),  # as the machine reaches this broker
        (["tls://127.0.0.1:0"], "tls://127.0.0.1:"),
    ],
    ids=lambda each: str(each),
)
def test_announced_address_is_one_to_dial(
    running: Broker, listens: list[str], announced: str
) -> None:
    server = rpcgen.Server()
    server.register_name("Name", [NAME.handler(partial(saying, "a"))])
    for each in listens:
        server.listen(each, tls=server_context() if each.startswith("tls") else None)
    server.announce(running.url, version="1.4.0")
    with server:
        (info,) = running.ask("$SRV.INFO.Name")
    assert info["endpoints"][0]["metadata"]["rpcgen.addresses"].startswith(announced)


def test_announced_address_may_be_said(running: Broker) -> None:
    server = rpcgen.Server()
    server.register_name("Name", [NAME.handler(partial(saying, "a"))])
    server.listen("127.0.0.1:0")
    server.announce(running.url, version="1.4.0", addresses=["tcp://outside:80"])
    with server:
        (info,) = running.ask("$SRV.INFO.Name")
    assert info["endpoints"][0]["metadata"]["rpcgen.addresses"] == "tcp://outside:80"


def test_gob_is_announced_rather_than_json(running: Broker) -> None:
    server = rpcgen.Server()
    server.register_name("Name", [NAME.handler(partial(saying, "a"))])
    server.listen("127.0.0.1:0", codec="json")
    gob = server.listen("127.0.0.1:0")
    server.announce(running.url, version="1.4.0")
    with server:
        (info,) = running.ask("$SRV.INFO.Name")
    assert info["endpoints"][0]["metadata"]["rpcgen.addresses"] == gob.address


def test_server_of_json_is_called_in_json(running: Broker) -> None:
    server = rpcgen.Server()
    server.register_name("Name", [NAME.handler(partial(saying, "a"))])
    server.listen("127.0.0.1:0", codec="json")
    server.announce(running.url, version="1.4.0")
    with server, rpcgen.dial(f"{running.url}/Name") as client:
        assert call(client) == "a"


def test_server_may_be_announced_while_it_serves(running: Broker) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(rpcgen.Server())
        server.register_name("Name", [NAME.handler(partial(saying, "a"))])
        server.listen("127.0.0.1:0")
        server.announce(running.url, version="1.4.0")
        client = stack.enter_context(rpcgen.dial(f"{running.url}/Name"))
        assert call(client) == "a"


def test_processes_of_a_server_are_announced(running: Broker) -> None:
    script = """
import os, sys, rpcgen
from rpcgen import Method
server = rpcgen.Server()
server.register_name("Name", [Method[int, str]("Name.Get").handler(lambda n: str(os.getpid()))])
server.listen("127.0.0.1:0")
server.announce(sys.argv[1], version="1.4.0")
server.serve(processes=2)
"""
    process = subprocess.Popen([sys.executable, "-c", script, running.url])
    try:
        pings = running.ask("$SRV.PING.Name", 2)
        with rpcgen.dial(f"{running.url}/Name") as client:
            assert call(client)
    finally:
        process.terminate()
        process.wait()
    assert len({each["id"] for each in pings}) == 2


@pytest.mark.parametrize("make", [rpcgen.Server, aio.Server])
def test_wrong_announcement_is_an_error(make: Callable[[], rpcgen.Server | aio.Server]) -> None:
    server = make()
    with pytest.raises(ValueError, match=r"such as 1\.4\.0"):
        server.announce("nats://127.0.0.1:4222", version="new")
    with pytest.raises(DialError, match="write nats://host:4222"):
        server.announce("http://127.0.0.1:4222", version="1.4.0")
    with pytest.raises(TypeError, match=r"write a list, \['tcp://a:1'\]"):
        server.announce("nats://127.0.0.1:4222", version="1.4.0", addresses="tcp://a:1")


def test_wrong_address_is_an_error() -> None:
    with pytest.raises(DialError, match="write nats://host:4222"):
        resolver("nats:///Name")


def test_repr_names_what_is_looked_for() -> None:
    assert repr(resolver("nats://a:1/Name")) == "<NatsResolver nats://a:1/Name>"


def wait_for_the_end_of_threads() -> None:
    deadline = monotonic() + TIMEOUT_S
    names = {"rpcgen-announcer", "rpcgen-resolver"}
    while names & {thread.name for thread in threading.enumerate()}:
        assert monotonic() < deadline


def test_no_thread_is_left(running: Broker) -> None:
    with sync_server(running.url, "a"), rpcgen.dial(f"{running.url}/Name") as client:
        call(client)
    wait_for_the_end_of_threads()


def test_no_thread_is_left_where_there_is_no_broker(own: Broker) -> None:
    with sync_server(own.url, "a"), rpcgen.dial(f"{own.url}/Name") as client:
        error_that_says(own.url, client)
    wait_for_the_end_of_threads()


def test_broker_that_lets_nobody_in_is_said(own: Broker) -> None:
    own.start("--user", "me", "--pass", "other")
    url = own.url.replace("nats://", "nats://me:secret@")
    with sync_server(url, "a"), rpcgen.dial(f"{url}/Name") as client:
        error_that_says("Authorization Violation", client)
    wait_for_the_end_of_threads()


def test_missing_library_is_named() -> None:
    script = """
import sys
sys.modules["nats"] = None
import rpcgen
for attempt in (lambda: rpcgen.dial("nats://a:1"),
                lambda: rpcgen.Server().announce("nats://a:1", version="1.4.0")):
    try:
        attempt()
    except ImportError as error:
        print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=TIMEOUT_S
    )
    assert done.stdout == 2 * "nats:// needs nats-py: pip install 'rpcgen[nats]'\n"


def test_password_of_a_broker_is_said_to_nobody(
    own: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    url = own.url.replace("nats://", "nats://me:secret@")
    with sync_server(url, "a"), rpcgen.dial(f"{url}/Name") as client:
        error = error_that_says(own.url, client)
        deadline = monotonic() + TIMEOUT_S
        while "cannot announce" not in caplog.text:
            assert monotonic() < deadline
    assert "secret" not in f"{error} {caplog.text} {resolver(url)!r}"


def test_rolling_restart_loses_no_call(running: Broker) -> None:
    def calling() -> None:
        while not over.is_set():
            try:
                client.call(NAME, 0, timeout=TIMEOUT_S)
            except RpcError as error:
                failures.append(error)

    over = threading.Event()
    failures: list[RpcError] = []
    with rpcgen.dial(f"{running.url}/Name", retry=Retry(attempts=10)) as client, ExitStack() as end:
        server = end.enter_context(sync_server(running.url, "0"))
        end.callback(over.set)
        threads = [threading.Thread(target=calling) for _ in range(3)]
        assert call(client) == "0"
        for thread in threads:
            thread.start()
        for name in "123":
            leaving, server = server, end.enter_context(sync_server(running.url, name))
            call_until_seen(client, name)
            leaving.shutdown(TIMEOUT_S)
        over.set()
        for thread in threads:
            thread.join(TIMEOUT_S)
    assert failures == []


def call_until_seen(client: Any, name: str) -> None:
    deadline = monotonic() + TIMEOUT_S
    while call(client) != name:
        assert monotonic() < deadline
