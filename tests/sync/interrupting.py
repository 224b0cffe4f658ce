"""Raises an exception at every bytecode of the client in turn, and looks what becomes of it.

A trace function raises it, which Python lets come out of the bytecode that it
is called before, as it does with an exception of a signal handler. That can
come between fewer bytecodes, so this proves more than is needed. Other threads
share the client meanwhile. As a command it goes through all bytecodes::

    python -m tests.sync.interrupting
"""

from __future__ import annotations

import argparse
import itertools
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, Literal

from rpcgen import Client, Server, dial
from rpcgen.errors import (
    CallTimeoutError,
    DeadlineExceededError,
    DecodeError,
    EncodeError,
    RpcError,
    ShutdownError,
    TruncatedError,
)
from rpcgen.method import Method
from tests.protocol.messages import Pair
from tests.support.timeouts import TIMEOUT_S

__all__ = [
    "ECHO",
    "EXCEPTIONS",
    "SCENARIOS",
    "SUM",
    "Interrupter",
    "Outcome",
    "Peers",
    "SoftTimeLimitError",
    "interrupt_all",
]

ECHO: Final = Method[Any, Any]("Test.Echo")
SUM: Final = Method[Pair, int]("Test.Sum")

# The modules in which it raises, by the ends of their files' names.
_FILES: Final = tuple(
    f"/rpcgen/{name}.py"
    for name in (
        "sync/background",
        "sync/client",
        "sync/call",
        "sync/leader_follower",
        "sync/sections",
        "sync/request_writer",
        "sync/receiver",
        "sync/stream",
        "net/spin",
        "protocol/call_options",
        "protocol/client",
        "protocol/gob_codec",
        "protocol/json_codec",
        "gojson/parse",
        "gojson/stream",
        "gojson/text",
        "gojson/encode",
        "gojson/decode/compiler",
        "gojson/decode/keys",
        "gojson/decode/opaque",
        "gojson/decode/scalars",
        "gojson/decode/unmarshal",
        "gojson/decode/untyped",
        "gojson/errors",
        "gojson/floats",
        "gojson/structs",
        "gob/encoder",
        "gob/decoder",
        "gob/framing",
        "gob/interface_values",
        "gob/header_cache",
        "gob/value_schemas",
    )
)
_GENERATED: Final = "<gob "


class SoftTimeLimitError(Exception):
    """What a program of the user's may raise in a signal handler."""


EXCEPTIONS: Final[tuple[Callable[[], BaseException], ...]] = (
    SoftTimeLimitError,
    KeyboardInterrupt,
    lambda: TimeoutError("out of time"),
    lambda: ValueError("out of time"),
    lambda: KeyError("time"),
    lambda: RuntimeError("out of time"),
    lambda: IndexError("out of time"),
    lambda: TruncatedError("out of time"),
    lambda: DecodeError("out of time"),
    lambda: EncodeError("out of time"),
    lambda: ShutdownError("out of time"),
    lambda: CallTimeoutError("out of time"),
    SystemExit,
)

Outcome = Literal["not reached", "the client goes on", "the connection has ended"]


class Interrupter:
    """Raises an exception in the current thread, at the bytecode of a number.

    Args:
        number: How many bytecodes are let pass.
        exception: What is raised.
        files: Ends of the names of the files whose bytecodes count, besides generated ones.
    """

    def __init__(
        self, number: int, exception: BaseException, files: tuple[str, ...] = _FILES
    ) -> None:
        self.passed = 0
        self.place = ""
        self._files = files
        self._number = number
        self._exception = exception

    def run(self, function: Callable[[], object]) -> bool:
        """Call the function; return whether the exception was raised, and came out of it.

        Raises `AssertionError` if another one came out, or none.
        """
        before = sys.gettrace()
        try:
            sys.settrace(self._enter)
            next(_apart(function))
        except BaseException as error:
            sys.settrace(before)
            if error is not self._exception:
                raise AssertionError(f"turned into {error!r}: {self.place}") from error
            return True
        finally:
            sys.settrace(before)
        assert not self.place, f"swallowed: {self.place}"
        return False

    def _enter(self, frame: FrameType, event: str, arg: object) -> Any:
        name = frame.f_code.co_filename
        if not name.endswith(self._files) and not name.startswith(_GENERATED):
            return None
        frame.f_trace_opcodes = True
        return self._step

    def _step(self, frame: FrameType, event: str, arg: object) -> Any:
        if event not in ("opcode", "line"):
            return self._step
        self.passed += 1
        if self.passed <= self._number:
            return self._step
        self.place = f"{frame.f_code.co_filename}:{frame.f_lineno} {event} {self._number}"
        raise self._exception


def _apart(function: Callable[[], object]) -> Iterator[object]:
    """Call a function in a generator, which has handled exceptions of its own.

    Python leaves an exception as the one that the thread handles if a trace function raises
    another at the very end of its handler: it would be the context of all that is raised later.
    """
    yield function()


def call(client: Client) -> None:
    """Call a method with a message, and one with values that describe themselves."""
    client.call(SUM, Pair(1, 2))
    client.call(ECHO, [1, "two", {"three": 3.0}])


def go(client: Client) -> None:
    """Send calls, and wait for them afterwards."""
    calls = [client.go(SUM, Pair(n, 2)) for n in range(3)]
    for each in calls:
        each.result(TIMEOUT_S)


def done(client: Client) -> None:
    """Have a queue told of a call."""
    client.go(SUM, Pair(1, 2)).done.get(timeout=TIMEOUT_S)


def fail(client: Client) -> None:
    """Make a call whose arguments do not fit, and one that is given up."""
    for each in (client.go(SUM, Pair(2**63, 2)), client.go(ECHO, "x" * 100_000)):
        try:
            each.result(0)
        except (EncodeError, CallTimeoutError) as error:
            if "out of time" in str(error):
                raise


def give_up(client: Client) -> None:
    """Make calls that have deadlines: one is answered, one is late, and one is cancelled."""
    client.call(SUM, Pair(1, 2), timeout=TIMEOUT_S, metadata={"a": "1"})
    try:
        client.call(SUM, Pair(1, 2), timeout=0.00001)
    except DeadlineExceededError as error:
        if "out of time" in str(error):
            raise
    client.go(ECHO, "x" * 1000).cancel()


def close(client: Client) -> None:
    """Close the client, with a call pending."""
    client.go(SUM, Pair(1, 2))
    client.close()


SCENARIOS: Final = {each.__name__: each for each in (call, go, done, fail, give_up, close)}


class Peers:
    """A server, and threads that share whichever client is tried.

    Args:
        codec: That of the connections.
        threads: Number of threads beside the one that is interrupted.
        accelerated: False if clients do without what the accelerator does for plain calls.
    """

    def __init__(
        self,
        codec: Literal["gob", "json"] = "gob",
        threads: int = 2,
        *,
        accelerated: bool = True,
    ) -> None:
        self._codec = codec
        self._is_accelerated = accelerated
        self._server = Server()
        self._server.register_name(
            "Test", [ECHO.handler(lambda value: value), SUM.handler(lambda pair: pair.a + pair.b)]
        )
        self._address = self._server.listen("127.0.0.1:0", codec=codec).address
        self._client: Client | None = None
        self._is_over = False
        self.rounds = Counter[int]()
        self._threads = [
            threading.Thread(target=self._share, args=(number,), daemon=True)
            for number in range(threads)
        ]

    @contextmanager
    def running(self) -> Iterator[Peers]:
        with self._server:
            for thread in self._threads:
                thread.start()
            try:
                yield self
            finally:
                self._is_over = True
                self._close()
            for thread in self._threads:
                thread.join(TIMEOUT_S)
                assert not thread.is_alive(), "a thread that shares the client waits for ever"

    def interrupt(
        self, scenario: Callable[[Client], None], number: int, exception: BaseException
    ) -> Outcome:
        """Raise at a bytecode of a scenario, and check that nobody waits for ever afterwards."""
        client = self.client()
        interrupter = Interrupter(number, exception)
        raised = interrupter.run(lambda: scenario(client))
        before = Counter(self.rounds)
        try:
            assert client.go(SUM, Pair(1, 2)).result(TIMEOUT_S) == 3
            assert client.call(SUM, Pair(1, 2)) == 3
        except CallTimeoutError:
            raise AssertionError(f"locked: {interrupter.place}") from None
        except RpcError:
            assert client.closed or scenario is close, interrupter.place
        self._await_others(before, interrupter.place)
        if not raised:
            return "not reached"
        return "the connection has ended" if client.closed else "the client goes on"

    def client(self) -> Client:
        """Return a client that can be used, a new one if need be."""
        if self._client is None or self._client.closed:
            self._close()
            self._client = dial(self._address, codec=self._codec)
            if not self._is_accelerated:
                self._client._exchange = None
        return self._client

    def _close(self) -> None:
        """Give the socket back, also that of a client whose connection has ended."""
        if self._client is not None:
            try:
                self._client.close()
            except ShutdownError:
                pass

    def _share(self, number: int) -> None:
        for value in itertools.count():
            client = self._client
            if self._is_over:
                return
            if client is not None:
                try:
                    assert client.call(SUM, Pair(value, number)) == value + number
                except RpcError:
                    pass
            self.rounds[number] += 1

    def _await_others(self, before: Counter[int], place: str) -> None:
        deadline = threading.Event()
        for _ in range(int(TIMEOUT_S / 0.0005)):
            if all(self.rounds[n] > before[n] for n in range(len(self._threads))):
                return
            deadline.wait(0.0005)
        raise AssertionError(f"a thread that shares the client is locked: {place}")


def interrupt_all(
    codec: Literal["gob", "json"],
    name: str,
    step: int,
    first: int = 0,
    threads: int = 2,
    *,
    accelerated: bool = True,
) -> Counter[Outcome]:
    """Interrupt a scenario at every ``step``-th bytecode, with all kinds of exceptions in turn."""
    outcomes = Counter[Outcome]()
    exceptions = itertools.cycle(EXCEPTIONS)
    missed = 0
    with Peers(codec, threads, accelerated=accelerated).running() as peers:
        for number in itertools.count(first, step):
            outcome = peers.interrupt(SCENARIOS[name], number, next(exceptions)())
            outcomes[outcome] += 1
            # How long a scenario is depends on how long it looks for bytes.
            missed = missed + 1 if outcome == "not reached" else 0
            if missed == 20:
                return outcomes
    raise AssertionError


def main() -> None:
    """Go through all bytecodes of all scenarios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--codec", choices=("gob", "json"), default="gob")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--unaccelerated", action="store_true", help="plain calls in Python")
    parser.add_argument("scenarios", nargs="*", default=list(SCENARIOS))
    arguments = parser.parse_args()
    for name in arguments.scenarios:
        outcomes = interrupt_all(
            arguments.codec,
            name,
            arguments.step,
            threads=arguments.threads,
            accelerated=not arguments.unaccelerated,
        )
        sys.stdout.write(f"{name}: {dict(outcomes)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
