"""Tickets on asyncio, over a queue that tests answer for."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, cast

import pytest

from rpcgen import Method
from rpcgen.aio import Ticket
from rpcgen.errors import DecodeError, ShutdownError

if TYPE_CHECKING:
    from rpcgen.durable.call_queue import CallQueue

CHARGE = Method[int, int]("Bank.Charge", durable=True)


class Queue:
    """Gives one future for everything that is asked."""

    def __init__(self) -> None:
        self.future: Future[Any] = Future()

    def reply(self, *asked: object) -> Future[Any]:
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


def test_done_is_what_the_queue_says(queue: Queue, ticket: Ticket[int]) -> None:
    queue.future.set_result(False)
    assert not asyncio.run(ticket.done())


def test_closing_ends_the_wait(queue: Queue, ticket: Ticket[int]) -> None:
    queue.future.cancel()
    with pytest.raises(ShutdownError, match="goes on"):
        asyncio.run(ticket.result())


def test_cancelling_the_task_ends_what_the_queue_does(queue: Queue, ticket: Ticket[int]) -> None:
    async def main() -> None:
        task = asyncio.create_task(ticket.result())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert queue.future.cancelled()


def test_bytes_that_are_no_reply_are_an_error(queue: Queue, ticket: Ticket[int]) -> None:
    queue.future.set_result(b"hello")
    with pytest.raises(DecodeError):
        asyncio.run(ticket.result())
