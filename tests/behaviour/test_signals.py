"""Signal handlers that use the client that they have interrupted, or raise, over every link."""

from __future__ import annotations

import asyncio
import gc
import random
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

import rpcgen
from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import DialOptions, RpcError, ShutdownError, aio
from tests.support.apis import ApiClient
from tests.support.services import ARRIVED, RELEASE, WAIT, Arrival
from tests.support.timeouts import TIMEOUT_S

from .links import LINKS, Link, _client_context

# The server at the other end makes no difference to the client.
SYNC = [link for link in LINKS if link.client == link.server == "sync"]
ASYNCIO = [link for link in LINKS if link.client == link.server == "asyncio"]


INTERRUPTED = (
    "called by a signal handler or a finalizer that has interrupted this client in the same "
    "thread: use `go` there, or call from another thread"
)


class SoftTimeLimitError(Exception):
    """What a handler raises, as Celery's does."""


def options(link: Link) -> DialOptions:
    """Return how to dial a server of a link."""
    if link.encrypted:
        return {"codec": link.codec, "tls": _client_context()}
    return {"codec": link.codec}


@contextmanager
def handling(number: signal.Signals, handle: Callable[[], object]) -> Iterator[None]:
    """Have a signal handled."""

    def handler(number: int, frame: FrameType | None) -> None:
        handle()

    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)


@contextmanager
def signalled_in(gate: str, other: ApiClient) -> Iterator[None]:
    """Send the main thread a signal once a call of its own waits at a gate."""
    main = threading.get_ident()

    def send() -> None:
        other.call(ARRIVED, Arrival(gate, 1))
        signal.pthread_kill(main, signal.SIGUSR1)

    thread = threading.Thread(target=send)
    thread.start()
    yield
    thread.join(TIMEOUT_S)


@pytest.fixture
def other(address: str, link: Link) -> Iterator[ApiClient]:
    """Another client of the server."""
    with link.dial(address) as client:
        yield client


@pytest.fixture
def shared(address: str, link: Link) -> Iterator[rpcgen.Client]:
    """The client that signal handlers use."""
    with rpcgen.dial(address, **options(link)) as client:
        yield client


@pytest.mark.parametrize("link", SYNC, ids=str)
def test_handler_that_closes_ends_the_call(
    shared: rpcgen.Client, other: ApiClient, gate: str
) -> None:
    with handling(signal.SIGUSR1, shared.close), signalled_in(gate, other):
        with pytest.raises(ShutdownError):
            shared.call(WAIT, gate)
    other.call(RELEASE, gate)


@pytest.mark.parametrize("link", SYNC, ids=str)
def test_handler_that_calls_gets_its_reply(
    shared: rpcgen.Client, other: ApiClient, gate: str
) -> None:
    outcomes: list[int | str] = []

    def call() -> None:
        try:
            outcomes.append(shared.call(ARITH_MULTIPLY, Args(7, 8)))
        except RpcError as error:  # it came while a message was sent or received
            outcomes.append(str(error))
        other.call(RELEASE, gate)

    waiting = shared.go(WAIT, gate)
    with handling(signal.SIGUSR1, call), signalled_in(gate, other):
        assert waiting.result(TIMEOUT_S) == gate
    assert outcomes in ([56], [INTERRUPTED])


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Have no finalizers in this thread: Python drops what is raised there."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("kind", [SoftTimeLimitError, KeyboardInterrupt])
@pytest.mark.parametrize("link", SYNC, ids=str)
def test_handler_that_raises_locks_nobody(
    address: str, link: Link, kind: type[BaseException]
) -> None:
    """In the middle of quick calls: it comes out, and the next call works, or fails at once."""
    dice = random.Random(str(link))
    fired: list[bool] = []

    def interrupt() -> None:
        fired.append(True)
        raise kind("now")

    def call_until_interrupted() -> None:
        fired.clear()
        signal.setitimer(signal.ITIMER_REAL, 0.0002 + 0.0008 * dice.random())
        while not fired:
            client.call(ARITH_MULTIPLY, Args(7, 8))

    client = rpcgen.dial(address, **options(link))
    with handling(signal.SIGALRM, interrupt):
        for _ in range(20):
            with pytest.raises(kind, match="now"):
                call_until_interrupted()
            try:
                call = client.go(ARITH_MULTIPLY, Args(7, 8))
                assert call.result(TIMEOUT_S) == 56
            except (ShutdownError, rpcgen.DisconnectedError):
                client.__exit__(None, None, None)
                client = rpcgen.dial(address, **options(link))
    client.close()


@pytest.mark.parametrize("link", ASYNCIO, ids=str)
def test_ctrl_c_on_asyncio_ends_the_program_that_waits(
    address: str, link: Link, other: ApiClient, gate: str
) -> None:
    """`asyncio.run` cancels the main task, whose call is given up, and the client closes."""
    main = threading.get_ident()
    clients: list[aio.Client] = []

    async def wait() -> None:
        async with aio.dial(address, **options(link)) as client:
            clients.append(client)
            await client.call(WAIT, gate)

    def send() -> None:
        other.call(ARRIVED, Arrival(gate, 1))
        signal.pthread_kill(main, signal.SIGINT)

    thread = threading.Thread(target=send)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(wait())
    thread.join(TIMEOUT_S)
    assert clients[0].closed
    other.call(RELEASE, gate)


@pytest.mark.parametrize("link", ASYNCIO, ids=str)
def test_handler_of_a_loop_that_closes_ends_the_call(
    address: str, link: Link, other: ApiClient, gate: str
) -> None:
    main = threading.get_ident()

    async def wait() -> RpcError:
        loop = asyncio.get_running_loop()
        async with aio.dial(address, **options(link)) as client:
            closing: list[asyncio.Task[None]] = []
            loop.add_signal_handler(
                signal.SIGUSR1, lambda: closing.append(loop.create_task(client.close()))
            )
            with pytest.raises(ShutdownError) as caught:
                await client.call(WAIT, gate)
            await closing[0]
        return caught.value

    def send() -> None:
        other.call(ARRIVED, Arrival(gate, 1))
        signal.pthread_kill(main, signal.SIGUSR1)

    thread = threading.Thread(target=send)
    thread.start()
    error = asyncio.run(wait())
    thread.join(TIMEOUT_S)
    assert str(error) == "connection is shut down"
    other.call(RELEASE, gate)
