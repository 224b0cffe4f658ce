from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from time import monotonic

import pytest

from rpcgen.channel.resolver import Endpoint, Resolver
from rpcgen.code import Code
from rpcgen.errors import DialError, RpcError
from rpcgen.resolve.polling import PollingResolver
from tests.support.timeouts import TIMEOUT_S

A, B = Endpoint("tcp://a:1"), Endpoint("tcp://b:1")


class Script:
    """Answers one after the other, the last one for ever."""

    def __init__(self, *answers: Sequence[Endpoint] | Exception) -> None:
        self._answers = list(answers)
        self.asked: list[float] = []

    def __call__(self) -> Sequence[Endpoint]:
        self.asked.append(monotonic())
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Told:
    """What a resolver has told."""

    def __init__(self, resolver: PollingResolver) -> None:
        self._told: queue.Queue[Sequence[Endpoint] | RpcError] = queue.Queue()
        resolver.start(self._told.put, self._told.put)

    def get(self) -> Sequence[Endpoint] | RpcError:
        return self._told.get(timeout=TIMEOUT_S)

    @property
    def is_empty(self) -> bool:
        return self._told.empty()


@pytest.fixture
def close() -> Iterator[Callable[[PollingResolver], PollingResolver]]:
    made: list[PollingResolver] = []

    def note(resolver: PollingResolver) -> PollingResolver:
        made.append(resolver)
        return resolver

    yield note
    for resolver in made:
        resolver.close()
    for thread in threading.enumerate():
        if thread.name == "rpcgen-resolver":
            thread.join(TIMEOUT_S)


Closing = Callable[[PollingResolver], PollingResolver]


def test_polling_resolver_is_a_resolver() -> None:
    assert isinstance(PollingResolver(Script([])), Resolver)


def test_found_servers_are_told(close: Closing) -> None:
    assert Told(close(PollingResolver(Script([A, B])))).get() == [A, B]


def test_servers_are_looked_for_again_after_a_time(close: Closing) -> None:
    told = Told(close(PollingResolver(Script([A], [B]), seconds=0.001)))
    assert [told.get(), told.get()] == [[A], [B]]


def test_servers_are_looked_for_when_a_connection_ends(close: Closing) -> None:
    resolver = close(PollingResolver(Script([A], [B]), seconds=3600.0, pause=0.001))
    told = Told(resolver)
    first = told.get()
    resolver.resolve_soon()
    assert [first, told.get()] == [[A], [B]]


def test_many_ends_are_one_question(close: Closing) -> None:
    script = Script([A])
    resolver = close(PollingResolver(script, seconds=3600.0, pause=0.2))
    told = Told(resolver)
    told.get()
    for _ in range(100):
        resolver.resolve_soon()
    told.get()
    assert script.asked[1] - script.asked[0] >= 0.19
    assert len(script.asked) == 2


def test_failure_is_told(close: Closing) -> None:
    told = Told(close(PollingResolver(Script(KeyError("zone")), name="zones://a")))
    error = told.get()
    assert isinstance(error, RpcError)
    assert (str(error), error.code, error.started) == ("zones://a: 'zone'", Code.UNAVAILABLE, False)
    assert isinstance(error.__cause__, KeyError)


def test_failure_of_this_package_is_told_as_it_is(close: Closing) -> None:
    failure = DialError("nobody there")
    assert Told(close(PollingResolver(Script(failure)))).get() is failure


def test_failure_is_tried_again_before_it_is_time(close: Closing) -> None:
    resolver = close(PollingResolver(Script(KeyError(), [A]), seconds=0.01))
    told = Told(resolver)
    assert [type(told.get()), told.get()] == [RpcError, [A]]


def test_nothing_is_told_after_close() -> None:
    asked, go_on = threading.Event(), threading.Event()

    def find() -> Sequence[Endpoint]:
        asked.set()
        assert go_on.wait(TIMEOUT_S)
        return [A]

    resolver = PollingResolver(find)
    told = Told(resolver)
    assert asked.wait(TIMEOUT_S)
    resolver.close()
    go_on.set()
    for thread in threading.enumerate():
        if thread.name == "rpcgen-resolver":
            thread.join(TIMEOUT_S)
    assert told.is_empty


def test_close_before_start_is_nothing() -> None:
    resolver = PollingResolver(Script([A]))
    resolver.resolve_soon()
    resolver.close()


def test_start_anew_asks_anew(close: Closing) -> None:
    resolver = close(PollingResolver(Script([A])))
    first = Told(resolver).get()
    resolver.close()
    assert [first, Told(resolver).get()] == [[A], [A]]


@pytest.mark.parametrize("times", [(0.0, 1.0), (1.0, -1.0)])
def test_times_must_be_above_zero(times: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        PollingResolver(Script([A]), seconds=times[0], pause=times[1])


def test_repr_names_what_is_looked_for() -> None:
    assert repr(PollingResolver(Script([]), name="dns://a:1")) == "<PollingResolver dns://a:1>"
