from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from typing import Any

import pytest
from attrs import define, field

from rpcgen.code import Code
from rpcgen.errors import RemoteError, ServerError
from rpcgen.method import Handler, Method
from rpcgen.protocol import Peer, Registry, ServedMethod
from rpcgen.protocol.context import CallContext, Event, current
from rpcgen.protocol.headers import ExtendedRequest, Request
from rpcgen.protocol.remember import Remember, ReplyMemory, caller_of, remembered, twin
from rpcgen.protocol.server_session import Invocation
from tests.support.timeouts import TIMEOUT_S

from .messages import DOUBLE

LISTS = Method[int, list[int]]("Math.Lists")
MAPS = Method[list[float], None]("Math.Maps")


@define
class Around:
    """Surroundings of calls, with a clock that is set by hand."""

    now: float = 0.0
    peer: Peer = field(factory=lambda: Peer("somewhere"))

    def clock(self) -> float:
        return self.now

    def make_event(self) -> Event:
        return threading.Event()


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    token = current.set(None)
    yield
    current.reset(token)


@pytest.fixture
def around() -> Around:
    return Around()


@pytest.fixture
def memory(around: Around) -> ReplyMemory:
    return Remember(seconds=10.0).memory(around.clock, threading.Lock)


def call(
    handler: Handler, args: object, key: str, around: Around, name: str = ""
) -> tuple[Any, CallContext]:
    """Call a handler as `Execution` does; return its reply and its context."""
    method = handler.method
    request = ExtendedRequest(name or method.name, 1, key=key)
    served = ServedMethod(method.request, method.response, handler.function)
    invocation = Invocation(request, served, args)
    invocation.execution = around
    context = invocation.context = CallContext(request)
    context.surroundings = around
    token = current.set(invocation)
    try:
        return handler.function(args), context
    finally:
        current.reset(token)


class Counting:
    """A handler that counts its calls."""

    def __init__(
        self,
        memory: ReplyMemory,
        method: Method[Any, Any] = DOUBLE,
        function: Callable[[Any], Any] = lambda number: 2 * number,
    ) -> None:
        self.calls = 0
        self._function = function
        self.handler = remembered(memory, method.handler(self._count))

    def _count(self, args: Any) -> Any:
        self.calls += 1
        return self._function(args)


def test_repeated_key_gets_the_first_reply(memory: ReplyMemory, around: Around) -> None:
    counting = Counting(memory)
    replies = [call(counting.handler, 4, "a", around)[0] for _ in range(3)]
    assert (replies, counting.calls) == ([8, 8, 8], 1)


def test_other_key_is_another_call(memory: ReplyMemory, around: Around) -> None:
    counting = Counting(memory)
    call(counting.handler, 4, "a", around)
    call(counting.handler, 4, "b", around)
    assert counting.calls == 2


def test_call_without_a_key_is_carried_out(memory: ReplyMemory, around: Around) -> None:
    counting = Counting(memory)
    call(counting.handler, 4, "", around)
    call(counting.handler, 4, "", around)
    assert (counting.calls, len(memory)) == (2, 0)


def test_plain_call_is_carried_out(memory: ReplyMemory) -> None:
    counting = Counting(memory)
    request = Request("Math.Double", 1)
    served = ServedMethod(DOUBLE.request, DOUBLE.response, counting.handler.function)
    current.set(Invocation(request, served, 4))
    assert (counting.handler.function(4), len(memory)) == (8, 0)


def test_key_of_another_method_is_another_call(memory: ReplyMemory, around: Around) -> None:
    first, second = Counting(memory), Counting(memory, Method[int, int]("Math.Triple"))
    call(first.handler, 4, "a", around)
    call(second.handler, 4, "a", around)
    assert second.calls == 1


def test_key_of_another_service_is_another_call(memory: ReplyMemory, around: Around) -> None:
    counting = Counting(memory)
    call(counting.handler, 4, "a", around, "Math.Double")
    call(counting.handler, 4, "a", around, "Sums.Double")
    assert counting.calls == 2


def test_other_arguments_are_refused(memory: ReplyMemory, around: Around) -> None:
    counting = Counting(memory)
    call(counting.handler, 4, "a", around)
    with pytest.raises(ServerError, match=r"key 'a' was used for other arguments") as raised:
        call(counting.handler, 5, "a", around)
    assert (raised.value.code, counting.calls) == (Code.INVALID_ARGUMENT, 1)


def test_arguments_that_equal_nothing_are_repeated(memory: ReplyMemory, around: Around) -> None:
    counting = Counting(memory, MAPS, lambda numbers: None)
    call(counting.handler, [float("nan")], "a", around)
    call(counting.handler, [float("nan")], "a", around)
    assert counting.calls == 1


@pytest.mark.parametrize(
    "other",
    [Peer("x", uid=7), Peer("x", certificate={"subject": "b"}), Peer("x")],
    ids=["user", "certificate", "nobody"],
)
def test_key_of_another_caller_is_another_call(
    memory: ReplyMemory, around: Around, other: Peer
) -> None:
    counting = Counting(memory)
    around.peer = Peer("x", certificate={"subject": "a"})
    call(counting.handler, 4, "a", around)
    around.peer = other
    call(counting.handler, 4, "a", around)
    assert counting.calls == 2


def test_callers_that_prove_nothing_are_one(memory: ReplyMemory, around: Around) -> None:
    counting = Counting(memory)
    call(counting.handler, 4, "a", around)
    around.peer = Peer("elsewhere")
    call(counting.handler, 4, "a", around)
    assert counting.calls == 1


def test_caller_may_be_told_by_other_means(around: Around) -> None:
    names = iter(["alice", "bob", "alice"])
    memory = Remember(caller=lambda context: next(names)).memory(around.clock, nullcontext)
    counting = Counting(memory)
    for _ in range(3):
        call(counting.handler, 4, "a", around)
    assert counting.calls == 2


def test_caller_of_nobody_is_empty(around: Around) -> None:
    context = CallContext(Request())
    context.surroundings = around
    assert caller_of(context) == ""


def test_key_is_new_after_the_time(memory: ReplyMemory, around: Around) -> None:
    counting = Counting(memory)
    call(counting.handler, 4, "a", around)
    around.now = 9.9
    call(counting.handler, 4, "a", around)
    before = counting.calls
    around.now = 10.0
    call(counting.handler, 4, "a", around)
    assert (before, counting.calls, len(memory)) == (1, 2, 1)


def test_oldest_is_forgotten_above_the_number(around: Around) -> None:
    counting = Counting(Remember(most=2).memory(around.clock, nullcontext))
    for key in "abc":
        call(counting.handler, 4, key, around)
    call(counting.handler, 4, "b", around)
    before = counting.calls
    call(counting.handler, 4, "a", around)
    assert (before, counting.calls) == (3, 4)


def test_oldest_is_forgotten_above_the_bytes(around: Around) -> None:
    memory = Remember(most_bytes=20_000).memory(around.clock, nullcontext)
    counting = Counting(memory, LISTS, lambda number: [number] * 7000)
    for key in "abc":
        call(counting.handler, 4, key, around)
    assert (len(memory), memory.bytes < 20_000) == (2, True)


def test_large_keys_count(around: Around) -> None:
    memory = Remember(most_bytes=20_000).memory(around.clock, nullcontext)
    counting = Counting(memory)
    for n in range(5):
        call(counting.handler, 4, f"{n}" * 9000, around)
    assert len(memory) == 2


def test_bytes_of_what_is_forgotten_are_free(memory: ReplyMemory, around: Around) -> None:
    counting = Counting(memory)
    call(counting.handler, 4, "a", around)
    size = memory.bytes
    around.now = 10.0
    call(counting.handler, 4, "b", around)
    assert (memory.bytes, size > 0) == (size, True)


def _fail(number: int) -> int:
    raise ServerError("none", code=Code.NOT_FOUND, metadata={"number": str(number)})


def test_reply_is_a_copy(memory: ReplyMemory, around: Around) -> None:
    numbers = [1]
    counting = Counting(memory, LISTS, lambda number: numbers)
    call(counting.handler, 4, "a", around)
    numbers.append(2)
    call(counting.handler, 4, "a", around)[0].append(3)
    assert call(counting.handler, 4, "a", around)[0] == [1]


def test_metadata_of_the_reply_is_repeated(memory: ReplyMemory, around: Around) -> None:
    def reply(number: int) -> int:
        call_ = current.get()
        assert call_ is not None
        assert call_.context is not None
        call_.context.reply_metadata["seen"] = "once"
        return number

    counting = Counting(memory, DOUBLE, reply)
    call(counting.handler, 4, "a", around)
    assert call(counting.handler, 4, "a", around)[1].reply_metadata == {"seen": "once"}


def test_failure_is_repeated(memory: ReplyMemory, around: Around) -> None:
    counting = Counting(memory, DOUBLE, _fail)
    errors: list[ServerError] = []
    for _ in range(3):
        with pytest.raises(ServerError) as raised:
            call(counting.handler, 4, "a", around)
        errors.append(raised.value)
    told = {(str(e), e.code, tuple(e.metadata.items())) for e in errors}
    assert (told, counting.calls) == ({("none", Code.NOT_FOUND, (("number", "4"),))}, 1)


def test_failure_keeps_nothing_of_the_call_alive(memory: ReplyMemory, around: Around) -> None:
    class Held:
        pass

    seen: list[weakref.ref[Held]] = []

    def fail(number: int) -> int:
        held = Held()
        seen.append(weakref.ref(held))
        raise KeyError(number)

    counting = Counting(memory, DOUBLE, fail)
    for _ in range(2):
        with pytest.raises(KeyError) as raised:
            call(counting.handler, 4, "a", around)
        del raised
    gc.collect()
    assert [each() for each in seen] == [None]


def test_reply_that_cannot_be_encoded_fails_again(memory: ReplyMemory, around: Around) -> None:
    counting = Counting(memory, DOUBLE, lambda number: "text")
    assert call(counting.handler, 4, "a", around)[0] == "text"  # which fails where it is sent
    with pytest.raises(ValueError, match="does not fit int"):
        call(counting.handler, 4, "a", around)
    assert counting.calls == 1


class Repeats:
    """Calls in threads that repeat one which runs until it is released."""

    def __init__(self, memory: ReplyMemory, around: Around) -> None:
        self.begun, self.release = threading.Event(), threading.Event()
        self.counting = Counting(memory, DOUBLE, self._double)
        self._around = around
        self.outcomes: list[object] = []

    def _double(self, number: int) -> int:
        self.begun.set()
        assert self.release.wait(TIMEOUT_S)
        return 2 * number

    def start(self) -> threading.Thread:
        thread = threading.Thread(target=self._call)
        thread.start()
        return thread

    def _call(self) -> None:
        self.outcomes.append(call(self.counting.handler, 4, "a", self._around)[0])


def test_repeated_key_waits_for_the_first_call(memory: ReplyMemory, around: Around) -> None:
    repeats = Repeats(memory, around)
    threads = [repeats.start()]
    assert repeats.begun.wait(TIMEOUT_S)
    threads += [repeats.start() for _ in range(3)]
    repeats.release.set()
    for thread in threads:
        thread.join(TIMEOUT_S)
    assert (repeats.outcomes, repeats.counting.calls) == ([8, 8, 8, 8], 1)


@pytest.mark.parametrize("reason", [Code.CANCELLED, Code.DEADLINE_EXCEEDED])
def test_waiting_ends_where_nobody_waits_for_it(
    memory: ReplyMemory, around: Around, reason: Code
) -> None:
    repeats = Repeats(memory, around)
    first = repeats.start()
    assert repeats.begun.wait(TIMEOUT_S)
    request = ExtendedRequest("Math.Double", 2, key="a")
    served = ServedMethod(DOUBLE.request, DOUBLE.response, repeats.counting.handler.function)
    invocation = Invocation(request, served, 4)
    context = invocation.context = CallContext(request)
    context.surroundings = around
    if reason == Code.DEADLINE_EXCEEDED:
        context.deadline = around.now
    else:
        context.cancel(reason)
    current.set(invocation)
    with pytest.raises(ServerError) as raised:
        repeats.counting.handler.function(4)
    repeats.release.set()
    first.join(TIMEOUT_S)
    assert (raised.value.code, repeats.counting.calls) == (reason, 1)


def test_cancellation_wakes_a_call_that_waits_for_another(memory: ReplyMemory) -> None:
    class CancelledMeanwhile(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            context.cancel(Code.CANCELLED)
            return super().wait(0)

    class Cancelled(Around):
        def make_event(self) -> Event:
            return event

    event = CancelledMeanwhile()
    request = ExtendedRequest("Math.Double", 2, key="a")
    invocation = Invocation(request, ServedMethod(DOUBLE.request, DOUBLE.response, abs), 4)
    context = invocation.context = CallContext(request)
    context.surroundings = Cancelled()
    current.set(invocation)
    memory.claim(DOUBLE, 4)  # of the call that is waited for
    again = memory.claim(DOUBLE, 4)
    assert again is not None
    again.wait()
    assert event.is_set()


def test_cancelled_task_is_remembered_as_given_up(memory: ReplyMemory, around: Around) -> None:
    class CancelledError(BaseException):  # such as asyncio's
        pass

    def end(number: int) -> int:
        call_ = current.get()
        assert call_ is not None
        assert call_.context is not None
        call_.context.cancel(Code.CANCELLED)
        raise CancelledError("cancelled")

    counting = Counting(memory, DOUBLE, end)
    with pytest.raises(CancelledError):
        call(counting.handler, 4, "a", around)
    with pytest.raises(ServerError) as raised:
        call(counting.handler, 4, "a", around)
    assert (raised.value.code, counting.calls) == (Code.CANCELLED, 1)


def test_calls_that_ran_are_not_waited_for_in_a_child(memory: ReplyMemory, around: Around) -> None:
    token = current.set(None)
    request = ExtendedRequest("Math.Double", 1, key="a")
    invocation = Invocation(request, ServedMethod(DOUBLE.request, DOUBLE.response, abs), 4)
    context = invocation.context = CallContext(request)
    context.surroundings = around
    current.set(invocation)
    memory.claim(DOUBLE, 4)  # by a thread that the child does not have
    current.reset(token)
    memory.renew_lock()
    assert call(Counting(memory).handler, 4, "a", around)[0] == 8


@define
class LostError(RemoteError):
    """A declared exception that cannot be made of its parts in a row."""

    name: str = field(kw_only=True)


class OddError(Exception):
    """One whose text is none of its arguments."""

    def __init__(self, number: int, *, name: str) -> None:
        super().__init__()
        self.number, self.name = number, name

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class SealedError(Exception):
    """One that cannot be made at all."""

    def __new__(cls, *args: object) -> SealedError:
        if not args:
            raise TypeError("no")
        made = super().__new__(cls)
        made.args = ()
        return made

    def __str__(self) -> str:
        return "sealed"


@pytest.mark.parametrize(
    "error",
    [
        KeyError("a"),
        FileNotFoundError(2, "none", "file"),
        LostError(name="a"),
        OddError(1, name="a"),
        ServerError("none", code=Code.NOT_FOUND, metadata={"a": "b"}),
    ],
    ids=lambda error: type(error).__name__,
)
def test_twin_is_of_the_same_class(error: BaseException) -> None:
    other = twin(error)
    assert other is not error
    assert (type(other), str(other)) == (type(error), str(error))


def test_twin_of_a_declared_exception_has_its_fields() -> None:
    other = twin(LostError(name="a"))
    assert isinstance(other, LostError)
    assert other.name == "a"


@pytest.mark.parametrize("error", [SealedError(1), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x")])
def test_twin_of_what_cannot_be_copied_has_the_text(error: BaseException) -> None:
    assert str(twin(error)) == str(error)


@pytest.mark.parametrize("bounds", [{"seconds": 0.0}, {"most": 0}, {"most_bytes": -1}], ids=str)
def test_bound_of_nothing_is_an_error(bounds: Mapping[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(bounds))):
        Remember(**bounds)


def test_registry_remembers_nothing_by_itself() -> None:
    registry = Registry()
    handler = DOUBLE.handler(abs)
    registry.register_name("Math", [handler])
    assert registry.find("Math.Double").function is abs
