from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import rpcgen
from generated.arith import Args, ArithClient, AsyncArithClient, register_arith
from rpcgen import DeadlineExceededError
from rpcgen.net import clock as clock_module
from rpcgen.testing import FakeClock, aconnected, connected
from tests.support.services import Calculator
from tests.support.timeouts import TIMEOUT_S


@pytest.fixture
def clock() -> Iterator[FakeClock]:
    with FakeClock() as clock:
        yield clock


class Waiting(Calculator):
    """Waits until nobody waits for it."""

    def __init__(self) -> None:
        self.has_begun = threading.Event()
        self.left: float | None = None
        self.was_cancelled: bool | None = None
        self.is_over = threading.Event()
        # Set by the test to have the handler return, whose reply may come before the client looks.
        self.may_return = threading.Event()

    def multiply(self, args: Args) -> int:
        self.left = rpcgen.context().remaining
        self.has_begun.set()
        self.was_cancelled = rpcgen.context().wait_cancelled()
        self.is_over.set()
        self.may_return.wait(TIMEOUT_S)
        return 0


def test_deadline_comes_when_the_clock_is_moved(clock: FakeClock) -> None:
    waiting = Waiting()
    with connected(ArithClient, register_arith, waiting) as arith:
        call = arith.go.multiply(Args(7, 8), timeout=3600.0)
        assert waiting.has_begun.wait(TIMEOUT_S)
        clock.advance(3601.0)
        with pytest.raises(DeadlineExceededError):
            call.result()
        assert waiting.is_over.wait(TIMEOUT_S)
        waiting.may_return.set()
    assert waiting.left == pytest.approx(3600.0)
    assert waiting.was_cancelled


def test_deadline_does_not_come_before(clock: FakeClock) -> None:
    waiting = Waiting()
    with connected(ArithClient, register_arith, waiting) as arith:
        call = arith.go.multiply(Args(7, 8), timeout=0.01)
        assert waiting.has_begun.wait(TIMEOUT_S)
        clock.advance(0.009)
        assert not waiting.is_over.wait(0.05)
        clock.advance(0.002)
        with pytest.raises(DeadlineExceededError):
            call.result()
        waiting.may_return.set()


def test_call_that_waits_already_is_woken(clock: FakeClock) -> None:
    waiting = Waiting()

    def advance() -> None:
        waiting.has_begun.wait(TIMEOUT_S)
        clock.advance(3601.0)

    with connected(ArithClient, register_arith, waiting) as arith:
        mover = threading.Thread(target=advance)
        mover.start()
        with pytest.raises(DeadlineExceededError):
            arith.multiply(Args(7, 8), timeout=3600.0)
        waiting.may_return.set()
        mover.join()


def test_deadline_comes_on_asyncio(clock: FakeClock) -> None:
    waiting = Waiting()

    async def main() -> None:
        async with aconnected(AsyncArithClient, register_arith, waiting) as arith:
            call = arith.go.multiply(Args(7, 8), timeout=3600.0)
            assert await asyncio.to_thread(waiting.has_begun.wait, TIMEOUT_S)
            clock.advance(3601.0)
            with pytest.raises(DeadlineExceededError):
                await call
            assert await asyncio.to_thread(waiting.is_over.wait, TIMEOUT_S)
            waiting.may_return.set()

    asyncio.run(main())
    assert waiting.was_cancelled


def test_deadline_of_a_channel_comes_when_the_clock_is_moved(clock: FakeClock) -> None:
    clock.advance(100.0)  # it is not the system's clock that is asked
    waiting = Waiting()
    server = rpcgen.Server()
    register_arith(server, waiting)
    address = server.listen("tcp://127.0.0.1:0").address
    with server, rpcgen.dial(address, reconnect=True) as channel:
        call = ArithClient(channel).go.multiply(Args(7, 8), timeout=50.0)
        assert waiting.has_begun.wait(TIMEOUT_S)
        clock.advance(51.0)
        with pytest.raises(DeadlineExceededError):
            call.result()
        waiting.may_return.set()


def test_call_that_waits_for_a_server_is_woken(clock: FakeClock, tmp_path: Path) -> None:
    with rpcgen.dial(f"unix://{tmp_path}/nobody.sock", reconnect=True) as channel:
        mover = threading.Timer(0.05, clock.advance, [3601.0])
        mover.start()
        with pytest.raises(DeadlineExceededError):
            ArithClient(channel).multiply(Args(7, 8), timeout=3600.0, wait_for_ready=True)
        mover.join()


def test_deadline_of_a_channel_comes_on_asyncio(clock: FakeClock, tmp_path: Path) -> None:
    async def main() -> None:
        address = f"unix://{tmp_path}/nobody.sock"
        async with rpcgen.aio.dial(address, reconnect=True) as channel:
            asyncio.get_running_loop().call_later(0.05, clock.advance, 3601.0)
            with pytest.raises(DeadlineExceededError):
                await AsyncArithClient(channel).multiply(
                    Args(7, 8), timeout=3600.0, wait_for_ready=True
                )

    asyncio.run(main())


def test_wait_for_a_cancellation_goes_by_it(clock: FakeClock) -> None:
    event = clock_module.make_event()
    thread = threading.Thread(target=event.wait, args=(3600.0,))
    thread.start()
    clock.advance(3600.0)
    thread.join(TIMEOUT_S)
    assert not thread.is_alive()


def test_event_that_is_set_ends_the_wait(clock: FakeClock) -> None:
    event = clock_module.make_event()
    event.set()
    event.wait(None)
    event.wait(3600.0)


def test_clock_stands_still(clock: FakeClock) -> None:
    before = clock_module.monotonic()
    clock.advance(1.5)
    assert clock_module.monotonic() - before == pytest.approx(1.5)


def test_clock_does_not_go_backwards(clock: FakeClock) -> None:
    with pytest.raises(ValueError, match="forwards"):
        clock.advance(-1.0)


def test_clock_of_the_system_is_back_afterwards() -> None:
    with FakeClock():
        assert clock_module.monotonic is not time.monotonic
    assert clock_module.monotonic is time.monotonic
    assert clock_module.make_event is threading.Event
