from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from rpcgen.aio.interrupts import Interrupts


@pytest.fixture
def told() -> Iterator[list[int]]:
    """What the handler that is there before is told."""
    told: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: told.append(number))
    yield told
    signal.signal(signal.SIGINT, before)


def test_interrupt_is_noted(told: list[int]) -> None:
    with Interrupts() as interrupts:
        signal.raise_signal(signal.SIGINT)
    assert interrupts.happened


def test_interrupt_is_handed_on(told: list[int]) -> None:
    with Interrupts():
        signal.raise_signal(signal.SIGINT)
    assert told == [signal.SIGINT]


def test_handler_is_put_back(told: list[int]) -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupts():
        pass
    assert signal.getsignal(signal.SIGINT) is before


def test_handler_that_was_set_meanwhile_is_left_alone(told: list[int]) -> None:
    with Interrupts():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_handler_of_python_is_left_alone() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with Interrupts():
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_leaves_it_alone(told: list[int]) -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def enter() -> None:
        with Interrupts():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [before]
