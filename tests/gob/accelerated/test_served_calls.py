"""`ServedCalls`: what the accelerator takes off a stream is what the session in Python takes."""

from __future__ import annotations

import gc
import random
import socket
import threading
import weakref
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any
from unittest import mock

import pytest

from rpcgen.code import Code
from rpcgen.errors import EncodeError
from rpcgen.method import Method
from rpcgen.protocol import (
    GobClientCodec,
    Invocation,
    RejectedRequest,
    Request,
    ServerProtocol,
)
from rpcgen.protocol.codec import ServedSteps
from rpcgen.protocol.context import current
from rpcgen.protocol.execution import Execution
from rpcgen.protocol.headers import CANCEL_METHOD, CancelArgs, ExtendedRequest
from rpcgen.protocol.registry import Registry
from rpcgen.protocol.server_session import Cancellation
from rpcgen.protocol.statistics import COUNTED_AT_ONCE
from rpcgen.schema import schema_of

pytest.importorskip("rpcgen._accelerator", reason="the accelerator is not compiled")

from rpcgen.gob.accelerated import native
from rpcgen.gob.accelerated.decoder import Decoder
from rpcgen.gob.accelerated.encoder import Encoder
from rpcgen.gob.accelerated.header_cache import HeaderDecoder
from rpcgen.gob.header_cache import HeaderDecoder as PythonHeaderDecoder
from rpcgen.protocol import gob_codec
from rpcgen.sync.send_buffer import SendBuffer
from rpcgen.sync.stream import Stream
from tests.protocol.messages import DOUBLE, SUM, Pair

# Everything is about the accelerator, whatever the process has chosen.
Codec = gob_codec.GobServerCodec


@pytest.fixture(autouse=True)
def accelerated(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, cls in (("Decoder", Decoder), ("Encoder", Encoder), ("HeaderDecoder", HeaderDecoder)):
        monkeypatch.setattr(gob_codec, name, cls)


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Forget the calls that tests begin in the thread that runs them all."""
    token = current.set(None)
    yield
    current.reset(token)


def registry() -> Registry:
    made = Registry(threading.Lock)
    made.register_name(
        "Math",
        [DOUBLE.handler(lambda number: number), SUM.handler(lambda pair: pair.a + pair.b)],
    )
    return made


def session() -> ServerProtocol:
    made = ServerProtocol(registry(), Codec())
    assert made.served_calls is not None
    return made


def session_in_python() -> ServerProtocol:
    with mock.patch.object(HeaderDecoder, "served_calls", PythonHeaderDecoder.served_calls):
        made = ServerProtocol(registry(), Codec())
    assert made.served_calls is None
    return made


def requests(*numbers: int, method: Method[int, int] = DOUBLE) -> list[bytes]:
    codec = GobClientCodec()
    return [
        b"".join(codec.encode_request(Request(method.name, seq), method.request, seq))
        for seq in numbers
    ]


def begun(made: ServerProtocol, data: bytes) -> Invocation:
    (event,) = made.receive(data)
    assert isinstance(event, Invocation)
    return event


def warm(made: ServerProtocol) -> Iterator[bytes]:
    """Have a session meet a method's requests and replies; yield requests that are known."""
    # The definitions come with the first, and the second is remembered.
    first, second, *others = requests(*range(1, 1000))
    for data in (first, second):
        made.reply_parts(begun(made, data), 1)
    yield from others


def not_called(*_: object) -> Any:
    raise AssertionError("this was left to Python")


# --- requests -------------------------------------------------------------------------------------


def test_known_request_is_not_left_to_python() -> None:
    made = session()
    data = next(warm(made))
    made.feed(data)
    with mock.patch.object(ServerProtocol, "_receive_body", not_called):
        event = made.next_event()
    assert isinstance(event, Invocation)
    assert (event.request, event.args, event.context) == (Request("Math.Double", 3), 3, None)


def test_call_is_as_one_that_python_makes() -> None:
    made, other = session(), session_in_python()
    data = [next(warm(made)), next(warm(other))]
    call, expected = begun(made, data[0]), begun(other, data[1])
    names = Invocation.__slots__
    held = {name for name in names if hasattr(call, name)}
    assert held == {name for name in names if hasattr(expected, name)}


def test_end_of_what_has_come_is_not_left_to_python() -> None:
    made = session()
    begun(made, next(warm(made)))
    with mock.patch.object(made, "_next_header", not_called):
        assert made.next_event() is None


def test_request_that_is_cut_is_taken_when_it_is_whole() -> None:
    made = session()
    data = next(warm(made))
    for end in range(len(data) - 1):
        assert made.receive(data[end : end + 1]) == []
    assert begun(made, data[-1:]).args == 3


def test_arguments_after_their_header_are_no_header() -> None:
    made = session()
    known = warm(made)
    header, body = (lambda data: (data[:-4], data[-4:]))(next(known))
    assert made.receive(header) == []
    assert begun(made, body).args == 3


def test_request_while_draining_is_refused() -> None:
    made = session()
    known = warm(made)
    begun(made, next(known))
    made.drain()
    (event,) = made.receive(next(known))
    assert isinstance(event, RejectedRequest)
    assert event.code is Code.UNAVAILABLE


def test_request_after_the_end_is_not_taken() -> None:
    made = session()
    made.feed(next(warm(made)))
    made.receive_eof()
    assert made.next_event() is None


def test_object_that_only_says_its_class_is_refused() -> None:
    lying = mock.NonCallableMock(spec=native.ServerSteps)
    assert isinstance(lying, native.ServerSteps)
    with pytest.raises(TypeError, match="a ServerSteps is wanted"):
        native.ServerExecutor(lying, None, None, None, None, not_called)


def test_calls_are_freed() -> None:
    made = session()
    call = begun(made, next(warm(made)))
    gone = weakref.ref(made)
    del made, call
    gc.collect()
    assert gone() is None


# --- replies --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seq", [1, 127, 128, 255, 256, 65535, 65536, 1 << 24, (1 << 64) - 1])
def test_reply_has_the_bytes_of_python(seq: int) -> None:
    replies = []
    for made in (session(), session_in_python()):
        call = begun(made, next(warm(made)))
        call.request.seq = seq
        replies.append(b"".join(made.reply_parts(call, 7)))
    assert replies[0] == replies[1]


def test_known_reply_is_not_left_to_python() -> None:
    made = session()
    call = begun(made, next(warm(made)))
    with mock.patch.object(made, "_encode_plain", not_called):
        made.reply_parts(call, 4)


def test_reply_that_does_not_fit_says_so() -> None:
    made = session()
    call = begun(made, next(warm(made)))
    with pytest.raises(EncodeError, match="seven"):
        made.reply_parts(call, "seven")


# --- both beside each other -----------------------------------------------------------------------


def some_requests(chance: random.Random) -> bytes:
    """Return requests of all kinds, some of them broken."""
    codec, data = GobClientCodec(), bytearray()
    for seq in range(1, chance.randrange(2, 12)):
        kind = chance.randrange(12)
        header = Request(chance.choice(["Math.Double", "Math.Sum"]), seq)
        args: object = Pair(seq, chance.randrange(300)) if "Sum" in header.service_method else seq
        if kind == 0:
            header.service_method = "Math.Nothing"
        elif kind == 1:
            args = "text"
        elif kind == 2:
            header = ExtendedRequest(header.service_method, seq, chance.randrange(3) * 1000)
        elif kind == 3:
            header, args = Request(CANCEL_METHOD, seq), CancelArgs(seq - 1)
        elif kind == 4:
            header.seq = 1 << chance.randrange(64)
        message = b"".join(codec.encode_request(header, schema_of(type(args)), args))
        if chance.random() < 0.05:
            place = chance.randrange(len(message))
            message = message[:place] + chance.randbytes(1) + message[place + 1 :]
        data += message
    return bytes(data)


def seen(made: ServerProtocol, data: bytes, cuts: list[int]) -> list[object]:
    """Return all that can be seen of a session that is fed some bytes in pieces."""
    found: list[object] = []
    for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        made.feed(data[begin:end])
        while (event := made.next_event()) is not None:
            found.append((type(event), event.request))
            if isinstance(event, Invocation):
                found += [event.served.request, event.args, event.context is None]
                found.append(made.reply_parts(event, 7))
            elif isinstance(event, RejectedRequest):
                found += [event.error, event.code]
            elif isinstance(event, Cancellation):
                found.append(event.seq)
        found += [made.draining, made.is_cut, made.failure, made.stage[0], made._codec.pending]  # type: ignore[attr-defined]
    return [*found, made.receive_eof()]


def test_sessions_see_the_same() -> None:
    compare(range(200))


def compare(seeds: range) -> None:
    for seed in seeds:
        chance = random.Random(seed)
        data = some_requests(chance)
        cuts = sorted(chance.sample(range(len(data)), min(len(data), chance.randrange(4))))
        assert seen(session(), data, cuts) == seen(session_in_python(), data, cuts), seed


# --- steps ----------------------------------------------------------------------------------------


def steps_of(execution: Execution) -> ServedSteps:
    steps = execution.steps()
    assert steps is not None
    return steps


def executed(made: ServerProtocol, data: bytes) -> tuple[Execution, Invocation]:
    clock = count(0.0, 5.0)
    return Execution(made, lambda: next(clock), lambda call, error: None), begun(made, data)


def test_started_call_is_counted_and_current() -> None:
    made = session()
    execution, call = executed(made, next(warm(made)))
    steps_of(execution).started(call)
    assert call.execution is execution
    assert call.began == 0.0
    assert current.get() is call
    assert call.served.statistics.snapshot().in_flight == 1


def test_succeeded_call_is_counted() -> None:
    made = session()
    execution, call = executed(made, next(warm(made)))
    steps = steps_of(execution)
    steps.started(call)
    with mock.patch.object(Execution, "succeeded", not_called):
        steps.succeeded(call, 4)
    calls = call.served.statistics.snapshot()
    assert call.ended == 5.0
    assert calls.latencies is not None
    assert (calls.calls, calls.in_flight, calls.latencies.max) == (1, 0, 5.0)


def test_many_calls_are_counted() -> None:
    made = session()
    known = warm(made)
    execution, call = executed(made, next(known))
    steps = steps_of(execution)
    for data in [next(known) for _ in range(COUNTED_AT_ONCE + 1)]:
        call = begun(made, data)
        steps.started(call)
        steps.succeeded(call, 4)
    assert len(call.served.statistics.uncounted) == 1
    assert call.served.statistics.snapshot().calls == COUNTED_AT_ONCE + 1


class HeldLock:
    """A lock that another thread holds until it is asked for."""

    asked = 0

    def locked(self) -> bool:
        return True

    def __enter__(self) -> None:
        self.asked += 1

    def __exit__(self, *exc_info: object) -> None:
        pass


def test_steps_wait_for_the_lock_of_the_statistics() -> None:
    made = session()
    execution, call = executed(made, next(warm(made)))
    call.served.statistics.lock = lock = HeldLock()
    steps_of(execution).started(call)
    assert (lock.asked, call.served.statistics.calls) == (1, 1)
    steps_of(execution).succeeded(call, 4)
    assert (lock.asked, call.served.statistics.uncounted) == (2, [5.0])


def test_coroutine_as_a_reply_is_refused() -> None:
    async def reply() -> int:
        return 1

    made = session()
    execution, call = executed(made, next(warm(made)))
    steps = steps_of(execution)
    steps.started(call)
    assert b"returned a coroutine" in b"".join(steps.succeeded(call, reply()))
    assert call.served.statistics.snapshot().errors == 1


def test_call_with_a_context_is_left_to_python() -> None:
    made = session()
    execution, call = executed(made, next(warm(made)))
    call.execution = execution
    context = call.make_context()
    steps_of(execution).started(call)
    assert context.surroundings is execution


def test_what_a_clock_raises_comes_out() -> None:
    made = session()
    call = begun(made, next(warm(made)))

    def broken() -> float:
        raise RuntimeError("no time")

    execution = Execution(made, broken, lambda call, error: None)
    with pytest.raises(RuntimeError, match="no time"):
        steps_of(execution).started(call)


def test_session_in_python_has_no_steps() -> None:
    execution = Execution(session_in_python(), lambda: 0.0, lambda call, error: None)
    assert execution.steps() is None


# --- the executor ---------------------------------------------------------------------------------


class Sent:
    """A connection, as far as its executor knows it, whose handler does what it is told."""

    def __init__(self, handler: Callable[[int], object] = lambda number: number) -> None:
        made = session()
        self.execution, self.call = executed(made, next(warm(made)))
        self.call.served.function = handler
        self.encoding, self.lock = threading.Lock(), threading.Lock()
        self.ours, self.theirs = socket.socketpair()
        self.buffer = SendBuffer(Stream(self.ours))
        self.python: list[str] = []
        self.error: BaseException | None = None

    def run(self) -> float:
        steps = steps_of(self.execution)
        with self.ours, self.theirs:
            return steps.executor(self, self.encoding, self.lock, self.buffer)(self.call)

    def execute(self, invocation: Invocation) -> float:
        self.python.append("execute")
        return 1.0

    def _answer(self, invocation: Invocation, reply: object) -> None:
        self.python.append("_answer")
        self.execution.succeeded(invocation, reply)

    def _answer_failure(self, invocation: Invocation, error: BaseException) -> None:
        self.python.append("_answer_failure")
        self.error = error
        assert current.get() is invocation
        self.execution.failed(invocation, error)

    def _enqueue(self, parts: list[bytes]) -> None:
        self.python.append("_enqueue")
        assert self.encoding.locked()
        self.buffer.put(parts)


def test_executed_call_is_left_to_be_sent() -> None:
    sent = Sent()
    assert sent.run() == sent.call.ended == 5.0
    assert sent.buffer.size == len(sent.execution._reply_parts(sent.call, 3)[0])
    assert (sent.python, current.get(), sent.encoding.locked()) == ([], None, False)
    assert sent.call.served.statistics.snapshot().in_flight == 0


def test_executed_call_is_current_while_its_handler_runs() -> None:
    seen_by_handler = []

    def handler(number: int) -> int:
        seen_by_handler.append(current.get())
        return number

    sent = Sent(handler)
    sent.run()
    assert seen_by_handler == [sent.call]


def test_what_the_handler_raises_is_answered_in_python() -> None:
    def handler(number: int) -> int:
        raise ValueError(number)

    sent = Sent(handler)
    assert sent.run() == sent.call.ended
    assert sent.python == ["_answer_failure"]
    assert isinstance(sent.error, ValueError)
    assert sent.error.__traceback__ is not None
    assert current.get() is None


@pytest.mark.parametrize("reply", ["text", 1 << 70])
def test_reply_that_does_not_fit_is_answered_in_python(reply: object) -> None:
    sent = Sent(lambda number: reply)
    sent.run()
    assert (sent.python, sent.encoding.locked()) == (["_answer"], False)
    assert sent.call.served.statistics.snapshot().errors == 1


def test_reply_while_another_thread_encodes_is_answered_in_python() -> None:
    sent = Sent()
    with sent.encoding:
        sent.run()
    assert sent.python == ["_answer"]


def test_reply_while_another_thread_sends_is_queued_in_python() -> None:
    sent = Sent()
    with sent.lock:
        sent.run()
    assert sent.python == ["_enqueue"]
    assert sent.buffer.size > 0


def test_reply_to_a_client_that_has_gone_is_queued_in_python() -> None:
    sent = Sent()
    sent.buffer.discard()
    sent.run()
    assert (sent.python, sent.buffer.size) == (["_enqueue"], 0)


def test_call_with_a_context_is_executed_in_python() -> None:
    sent = Sent()
    sent.call.execution = sent.execution
    sent.call.make_context()
    assert sent.run() == 1.0
    assert sent.python == ["execute"]


class Interrupted:
    """A served method that a signal handler interrupts where its reply is about to be encoded."""

    def __init__(self, served: Any) -> None:
        self._served = served

    def __getattr__(self, name: str) -> Any:
        return getattr(self._served, name)

    @property
    def response(self) -> Any:
        raise KeyboardInterrupt("while encoding")


class Noting(Sent):
    """A connection that takes note of what it is told, and that may not send."""

    def _answer_failure(self, invocation: Invocation, error: BaseException) -> None:
        self.python.append("_answer_failure")
        self.error = error
        invocation.ended = 7.0

    def _abort_broken(self, error: BaseException) -> None:
        self.python.append("_abort_broken")
        self.error = error

    def _enqueue(self, parts: list[bytes]) -> None:
        raise MemoryError("no room")


def test_interrupt_while_a_reply_is_encoded_is_answered() -> None:
    sent = Noting()
    sent.call.served = Interrupted(sent.call.served)  # type: ignore[assignment]
    assert sent.run() == 7.0
    assert (sent.python, sent.encoding.locked()) == (["_answer_failure"], False)
    assert isinstance(sent.error, KeyboardInterrupt)


def test_reply_that_cannot_be_queued_is_counted_once_and_ends_the_connection() -> None:
    sent = Noting()
    with sent.lock:
        sent.run()
    assert (sent.python, sent.encoding.locked()) == (["_abort_broken"], False)
    assert isinstance(sent.error, MemoryError)
    assert len(sent.call.served.statistics.uncounted) == 1
