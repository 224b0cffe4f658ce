"""Who may make durable calls, and what the others are told."""

from __future__ import annotations

import os
from typing import Any

import pytest

import rpcgen
from rpcgen import Method, RpcError
from rpcgen.durable.client import close_queue, queue_of
from rpcgen.errors import ShutdownError

CHARGE = Method[int, int]("Bank.Charge", durable=True)


class Owner:
    """A client that was dialed at a broker which does not listen."""

    _broker = "nats://127.0.0.1:9"
    _queue: Any = None
    closed = False


def test_queue_is_begun_once() -> None:
    owner = Owner()
    try:
        assert queue_of(owner, CHARGE) is queue_of(owner, CHARGE)
    finally:
        close_queue(owner)


def test_process_has_a_queue_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = Owner()
    first = queue_of(owner, CHARGE)
    with monkeypatch.context() as other_process:
        other_process.setattr(os, "getpid", lambda: -1)
        second = queue_of(owner, CHARGE)
        close_queue(owner)
    first.close()
    assert first is not second


def test_method_that_is_not_durable_is_refused() -> None:
    with pytest.raises(RpcError, match=r"Bank\.Note is not durable: mark it with @durable"):
        queue_of(Owner(), Method[int, int]("Bank.Note"))


def test_client_without_a_broker_is_told_what_to_dial() -> None:
    with rpcgen.dial(["127.0.0.1:9"]) as client:
        with pytest.raises(RpcError, match=r'BankClient.dial\("nats://host:4222/Bank"\)'):
            client.submit(CHARGE, 1)


def test_closed_client_begins_no_queue() -> None:
    client = rpcgen.dial("nats://127.0.0.1:9/Bank")
    client.close()
    with pytest.raises(ShutdownError):
        client.submit(CHARGE, 1)


def test_closing_twice_does_no_harm() -> None:
    owner = Owner()
    queue_of(owner, CHARGE)
    close_queue(owner)
    close_queue(owner)
    assert owner._queue is None
