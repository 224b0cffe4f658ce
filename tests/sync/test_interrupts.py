"""Exceptions that come at any bytecode: no client is locked by them, and none is lost."""

from __future__ import annotations

import gc
import itertools
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Annotated, Any, Literal
from unittest.mock import patch
from uuid import UUID

import pytest
from attrs import define

from rpcgen import Client, gob
from rpcgen.errors import CallTimeoutError, DisconnectedError, RpcError, ShutdownError
from rpcgen.sync.sections import Sections
from rpcgen.types import wire
from tests.protocol.messages import Pair
from tests.support.scripted import connected
from tests.support.timeouts import TIMEOUT_S

from .interrupting import (
    ECHO,
    EXCEPTIONS,
    SCENARIOS,
    SUM,
    Interrupter,
    Outcome,
    Peers,
    SoftTimeLimitError,
    interrupt_all,
)

Codec = Literal["gob", "json"]


def aside(work: Callable[[], Counter[Outcome]]) -> Counter[Outcome]:
    """Do what raises in a trace function in a thread of its own.

    Python may go on there as if it handled an exception that was handled long ago.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


@pytest.mark.parametrize("codec", ["gob", "json"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_exception_at_any_bytecode_comes_out_and_locks_nobody(scenario: str, codec: Codec) -> None:
    # A prime, so that other bytecodes and exceptions come together in each scenario.
    outcomes = aside(lambda: interrupt_all(codec, scenario, step=97))
    assert outcomes["the client goes on"]


# What looks at the class of a message when it is first used.
FIRST_USE = (
    *(f"/rpcgen/schema/{name}.py" for name in ("classes", "fields", "kinds", "plan", "resolve")),
    *("/typing.py", "/rpcgen/gob/decode/compatibility.py", "/rpcgen/gob/decode/match.py"),
)


def use_first(number: int, exception: BaseException) -> bool:
    """Interrupt the first use of a class; return whether the exception was raised."""

    @define
    class Leaf:
        names: list[str]
        uuid: UUID | None = None

    @define
    class Root:
        leaf: Leaf | None
        leaves: dict[str, Leaf]
        numbers: Annotated[list[float], wire("Floats")]

    # Postponed annotations are looked up in a module.
    for cls in (Leaf, Root):
        cls.__annotations__ = {
            name: eval(annotation, globals(), {"Leaf": Leaf})
            for name, annotation in cls.__annotations__.items()
        }
    root = Root(Leaf(["a"]), {"b": Leaf([], UUID(int=1))}, [1.5])
    raised = Interrupter(number, exception, FIRST_USE).run(lambda: gob.loads(gob.dumps(root), Root))
    assert gob.loads(gob.dumps(root), Root) == root
    return raised


def test_exception_at_the_first_use_of_a_class_comes_out() -> None:
    def interrupt() -> Counter[Outcome]:
        exceptions = itertools.cycle(EXCEPTIONS)
        numbers = itertools.count(0, 499)
        while use_first(next(numbers), next(exceptions)()):
            pass
        return Counter()

    aside(interrupt)


@pytest.mark.parametrize("accelerated", [True, False])
def test_exception_at_any_bytecode_of_a_thread_that_is_alone(accelerated: bool) -> None:
    outcomes = aside(
        lambda: interrupt_all("gob", "call", step=41, threads=0, accelerated=accelerated)
    )
    assert outcomes["the client goes on"]


@pytest.fixture
def alarm() -> Iterator[Callable[[BaseException], list[bool]]]:
    """Raise an exception within a millisecond, and have a list that tells once it is raised."""
    before = signal.getsignal(signal.SIGALRM)
    times = random.Random(7)
    # Python drops what is raised in one of these, as Hypothesis has them.
    callbacks, gc.callbacks[:] = gc.callbacks[:], []

    def set_alarm(exception: BaseException) -> list[bool]:
        fired: list[bool] = []

        def handler(number: int, frame: FrameType | None) -> None:
            fired.append(True)
            raise exception

        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.0002 + 0.0008 * times.random())
        return fired

    yield set_alarm
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    gc.callbacks[:] = callbacks


def work(client: Client, fired: list[bool]) -> None:
    """Make quick calls until the signal comes."""
    values: list[Any] = [Pair(1, 2), [1, "two", {"three": 3.0}]]
    while not fired:
        client.call(SUM, values[0])
        client.call(ECHO, values[1])


@pytest.mark.parametrize("codec", ["gob", "json"])
@pytest.mark.parametrize(
    "make", [SoftTimeLimitError, KeyboardInterrupt, lambda: TimeoutError("time"), ValueError]
)
def test_exception_of_a_signal_handler_comes_out_and_locks_nobody(
    alarm: Callable[[BaseException], list[bool]],
    make: Callable[[], BaseException],
    codec: Codec,
) -> None:
    seen = Counter[str]()
    with Peers(codec, threads=1).running() as peers:
        for _ in range(100):
            exception, client = make(), peers.client()
            try:
                work(client, alarm(exception))
                seen["swallowed"] += 1
            except BaseException as error:
                seen["raised" if error is exception else f"turned into {error!r}"] += 1
            try:
                client.go(SUM, Pair(1, 2)).result(TIMEOUT_S)
            except CallTimeoutError:
                seen["locked"] += 1
            except RpcError:
                assert client.closed
    assert seen == {"raised": 100}


class Stopped:
    """Arguments that raise while they are encoded."""

    @property
    def a(self) -> int:
        raise KeyboardInterrupt


def interrupt_twice(client: Client) -> None:
    """Leave a claim behind, as a second exception does in the middle of the clean-up."""
    args: Any = Stopped()
    # As if types had been described, so that the connection cannot go on.
    with patch.object(client._writer, "_recover"):
        with patch.object(Sections, "leave", side_effect=KeyboardInterrupt):
            with pytest.raises(KeyboardInterrupt):
                client.go(SUM, args)
    assert client._sections.claims


def test_second_exception_during_the_clean_up_does_not_lock_the_thread() -> None:
    with connected() as (client, _):
        interrupt_twice(client)
        assert isinstance(client.go(SUM, Pair(1, 2)).error, RpcError)
        assert client.closed


def test_second_exception_during_the_clean_up_does_not_lock_other_threads() -> None:
    with connected() as (client, _), ThreadPoolExecutor(2) as threads:
        pending = client.go(SUM, Pair(1, 2))
        waiting = threads.submit(pending.result, TIMEOUT_S)
        interrupt_twice(client)
        later = threads.submit(client.call, SUM, Pair(1, 2))
        assert isinstance(waiting.exception(TIMEOUT_S), DisconnectedError)
        assert isinstance(later.exception(TIMEOUT_S), RpcError)


def test_finalizer_that_closes_the_client_from_inside_a_reply() -> None:
    class Closing:
        """Closes the client when it is collected."""

        def __del__(self) -> None:
            client.close()

    with connected() as (client, server):
        done = DroppingQueue([Closing()])
        call = client.go(SUM, Pair(1, 2), done)
        other = client.go(SUM, Pair(1, 2))
        server.reply(0, 3)
        assert call.result(TIMEOUT_S) == 3
        assert isinstance(other.error, ShutdownError)


class DroppingQueue:
    """Drops what it holds as soon as it is told of a call."""

    def __init__(self, held: list[Any]) -> None:
        self._held = held

    def put_nowait(self, item: object) -> None:
        self._held.clear()
