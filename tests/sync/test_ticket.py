"""Tickets with threads, over a queue that tests answer for."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, cast

import pytest

from rpcgen import Method, Ticket
from rpcgen.errors import DecodeError, ShutdownError
from rpcgen.protocol.message import encode_call

if TYPE_CHECKING:
    from rpcgen.durable.call_queue import CallQueue

CHARGE = Method[int, int]("Bank.Charge", durable=True)


class Queue:
    """Gives one future for everything that is asked."""

    def __init__(self) -> None:
        self.future: Future[Any] = Future()
        self.asked: list[tuple[object, ...]] = []

    def reply(self, *asked: object) -> Future[Any]:
        self.asked.append(asked)
        return self.future

    is_over = reply


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def ticket(queue: Queue) -> Ticket[int]:
    return Ticket(cast("CallQueue", queue), CHARGE, "order-17")


def test_ticket_shows_method_and_key(ticket: Ticket[int]) -> None:
    assert repr(ticket) == "<Ticket of Bank.Charge, key 'order-17'>"


def test_wait_is_bounded_as_it_is_told(queue: Queue, ticket: Ticket[int]) -> None:
    queue.future.set_exception(TimeoutError("late"))
    with pytest.raises(TimeoutError, match="late"):
        ticket.result(timeout=3)
    assert queue.asked == [(CHARGE, "order-17", 3.0)]


@pytest.mark.parametrize("timeout", [-1.0, float("nan")])
def test_wait_that_cannot_be_is_refused(ticket: Ticket[int], timeout: float) -> None:
    with pytest.raises(ValueError, match="timeout="):
        ticket.result(timeout)


def test_done_is_what_the_queue_says(queue: Queue, ticket: Ticket[int]) -> None:
    queue.future.set_result(True)
    assert ticket.done()


def test_closing_ends_the_wait(queue: Queue, ticket: Ticket[int]) -> None:
    queue.future.cancel()
    with pytest.raises(ShutdownError, match="goes on"):
        ticket.result()


def test_interrupt_ends_what_the_queue_does(queue: Queue, ticket: Ticket[int]) -> None:
    class Interrupted(Future[Any]):
        def result(self, timeout: float | None = None) -> Any:
            raise KeyboardInterrupt("by a test")

    queue.future = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        ticket.result()
    assert queue.future.cancelled()


@pytest.mark.parametrize("reply", [b"", b"hello", encode_call(CHARGE, 1)[:5]])
def test_bytes_that_are_no_reply_are_an_error(
    queue: Queue, ticket: Ticket[int], reply: bytes
) -> None:
    queue.future.set_result(reply)
    with pytest.raises(DecodeError):
        ticket.result()
