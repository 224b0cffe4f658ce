"""Chaos: calls through a proxy that delays, cuts and resets, while servers end and begin again.

Each call ends exactly once, with its own reply or a true error; one whose error says that it was
not started was not carried out, one that has succeeded was carried out once; nothing is left.

    python -m tests.behaviour.chaos --calls 200000 --seed 1

goes through all combinations of APIs, codecs and transports, with faults and (a quarter of the
calls) with servers that only shut down, where no call may be lost. ``--only`` takes a part of a
combination's name, such as ``sync-asyncio-gob-tls``.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import random
import shutil
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count, product
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from attrs import define

import rpcgen
from rpcgen import (
    CallOptions,
    DialError,
    DialOptions,
    aio,
)
from rpcgen.protocol import CodecName
from rpcgen.testing.certificates import client_context, server_context
from rpcgen.testing.fault_proxy import FaultProxy
from rpcgen.testing.faults import ENDINGS, FaultKind, random_faults
from tests.support.sockets import free_port
from tests.support.timeouts import TIMEOUT_S

from .chaos_clients import AsyncCaller, SyncCaller
from .chaos_jobs import HOWS, Attempt, Job, Ledger, Service

if TYPE_CHECKING:
    import ssl

__all__ = ["COMBINATIONS", "Chaos", "Combination"]

T = TypeVar("T")

# Time in seconds by which a call without a deadline, or what is left of a client, may be late.
_SLACK_S: Final = TIMEOUT_S


@define(frozen=True)
class Combination:
    """Who is at which end, in which codec, over what."""

    client: str
    server: str
    codec: CodecName
    transport: str

    def __str__(self) -> str:
        return f"{self.client}-{self.server}-{self.codec}-{self.transport}"


_CODECS: Final[tuple[CodecName, ...]] = ("gob", "json")
COMBINATIONS: Final = [
    Combination(*each)
    for each in product(("sync", "asyncio"), ("sync", "asyncio"), _CODECS, ("tcp", "unix", "tls"))
]


@cache
def _tls() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return server_context(), client_context()


# --- servers --------------------------------------------------------------------------------------


class Backend(Protocol):
    """A server of either API."""

    def end(self, how: str, grace: float) -> None:
        """End it: by ``shutdown`` or ``close``."""
        ...


class SyncBackend:
    def __init__(self, service: Service, address: str, codec: CodecName, tls: Any) -> None:
        self._server = rpcgen.Server(workers=32)
        self._server.register_name("Chaos", service.handlers("sync"))
        self._server.listen(address, codec, tls=tls)
        self._server.__enter__()

    def end(self, how: str, grace: float) -> None:
        (self._server.shutdown if how == "shutdown" else self._server.close)(grace)


class AsyncBackend:
    def __init__(self, service: Service, address: str, codec: CodecName, tls: Any) -> None:
        self._loop = LoopThread("server")
        try:
            self._server = self._loop.run(self._start(service, address, codec, tls))
        except BaseException:
            self._loop.end()
            raise

    async def _start(
        self, service: Service, address: str, codec: CodecName, tls: Any
    ) -> aio.Server:
        server = aio.Server()
        server.register_name("Chaos", service.handlers("asyncio"))
        await server.listen(address, codec, tls=tls)
        return await server.__aenter__()

    def end(self, how: str, grace: float) -> None:
        end = self._server.shutdown if how == "shutdown" else self._server.close
        self._loop.run(end(grace))
        left = self._loop.end()
        assert not left, f"tasks left of a server: {left}"


class LoopThread:
    """An event loop in a thread of its own."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T], timeout: float | None = TIMEOUT_S) -> T:
        """Run a coroutine and wait for its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout)

    def dump(self) -> str:
        """Return where its tasks are."""
        return "\n".join(
            f"  {task.get_name()}: {task.get_coro()} {task.get_stack()}"
            for task in asyncio.all_tasks(self._loop)
        )

    def end(self) -> str:
        """End the loop; return what tasks are left."""
        left = self.run(_tasks_left())
        self.run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT_S)
        self._loop.close()
        return left


async def _tasks_left() -> str:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        _, others = await asyncio.wait(others, timeout=TIMEOUT_S)
    return ", ".join(map(repr, others))


# --- the whole ------------------------------------------------------------------------------------


class Chaos:
    """A number of calls over one combination.

    Args:
        combination: Who is at which end, in which codec, over what.
        calls: Number of calls.
        seed: What the random numbers begin with.
        largest: Maximum size of arguments in bytes. asyncio decodes large ones in threads, which
            stay for some seconds, and this waits for their end.
        is_orderly: True for servers that only shut down and a proxy that breaks nothing: each
            call that is repeated while it was not started must succeed, once.
    """

    def __init__(
        self,
        combination: Combination,
        calls: int,
        seed: int,
        *,
        largest: int = 400_000,
        is_orderly: bool = False,
    ) -> None:
        self.ledger = Ledger(is_orderly=is_orderly)
        self.is_orderly = is_orderly
        self.combination = combination
        self.chance = random.Random(f"{seed} {combination} {is_orderly}")
        self._calls = calls
        self._largest = largest
        self._numbers = count()
        self._over = threading.Event()
        self._folder = tempfile.mkdtemp(prefix="chaos")
        self._service = Service(self.ledger)
        self._backend: Backend | None = None
        self._address = ""
        self._start_server()
        kinds: tuple[FaultKind, ...] = ("delay", "split", *(() if is_orderly else ENDINGS))
        self._proxy = FaultProxy(
            self._address,
            schedule=random_faults(f"{seed} {combination}", kinds),
            listen=f"unix://{self._folder}/proxy" if combination.transport == "unix" else "",
        )

    @property
    def counts(self) -> Counter[str]:
        """How calls have ended, and what became of connections and servers."""
        return self.ledger.counts

    @property
    def faults(self) -> list[str]:
        """What was wrong."""
        return self.ledger.faults

    @property
    def address(self) -> str:
        """Address for clients: the proxy's."""
        return self._proxy.address

    def run(self) -> None:
        """Do it, and take note of what was wrong."""
        before = _resources()
        with _watching(self.ledger):
            run = self._run_tasks if self.combination.client == "asyncio" else self._run_threads
            restarts = threading.Thread(target=self._restart_servers, name="restarts", daemon=True)
            restarts.start()
            try:
                run()
            finally:
                self._over.set()
                restarts.join(2 * _SLACK_S)
            if self._backend is not None:
                self._end_server("shutdown", TIMEOUT_S)
            self._proxy.close()
            self.ledger.counts += Counter(
                {f"connections: {name}": number for name, number in self._proxy.counts.items()}
            )
            self.ledger.close()
            self._find_leaks(before)
        shutil.rmtree(self._folder)

    def next_job(self, chance: random.Random) -> Job | None:
        """Return what the next call is to ask for, None if all are done."""
        number = next(self._numbers)
        if number >= self._calls or self._over.is_set():
            return None
        size = chance.choice((0, 10, 10, 100, 100, 1000, 5000, 40_000))
        if chance.random() < 0.01:
            size = 400_000
        data = number.to_bytes(8, "big") * (min(size, self._largest) // 8)
        return Job(number, chance.choice(HOWS), chance.choice((0, 1, 5, 15, 40)), data)

    def attempt(self, job: Job, chance: random.Random, call_timeout: float | None) -> Attempt:
        """Draw how a call is to be made."""
        options: CallOptions = {}
        timeout = call_timeout
        if self.is_orderly:
            timeout = options["timeout"] = 2 * TIMEOUT_S
        elif chance.random() < 0.6:
            timeout = options["timeout"] = chance.choice(
                (None, 0.0, 0.001, 0.003, 0.01, 0.03, 0.1, TIMEOUT_S)
            )
        size = chance.choice((0, 0, 0, 0, 10, 100, 700))
        if size and not self.is_orderly:
            options["metadata"] = {"text": "é" * size}
        if chance.random() < 0.1:
            options["key"] = f"key {job.number}"
        deadline = None if timeout is None else time.monotonic() + timeout
        attempt = Attempt(job, options, deadline, is_large=size > 100)
        self.ledger.under_way[attempt] = None
        return attempt

    def dial_options(self, chance: random.Random) -> DialOptions:
        """Draw what a client is told."""
        options: DialOptions = {"codec": self.combination.codec, "timeout": 10.0}
        if self.combination.transport == "tls":
            options["tls"] = _tls()[1]
        if not self.is_orderly:
            options["call_timeout"] = chance.choice((None, None, TIMEOUT_S))
            options["keepalive"] = chance.choice((None, None, 0.2))
        return options

    # --- servers ---------------------------------------------------------------------------------

    def _start_server(self) -> None:
        transport = self.combination.transport
        if not self._address:
            port = free_port()
            is_unix = transport == "unix"
            where = f"{self._folder}/server" if is_unix else f"127.0.0.1:{port}"
            self._address = f"{transport}://{where}"
        tls = _tls()[0] if transport == "tls" else None
        make = SyncBackend if self.combination.server == "sync" else AsyncBackend
        until = time.monotonic() + _SLACK_S
        while True:
            try:
                self._backend = make(self._service, self._address, self.combination.codec, tls)
                return
            except DialError:  # another connection has the port for a moment
                if time.monotonic() > until:
                    raise
                self.counts["port taken"] += 1
                time.sleep(0.01)

    def _restart_servers(self) -> None:
        chance = random.Random(self.chance.random())
        try:
            while not self._over.wait(chance.uniform(0.02, 0.4)):
                if self.is_orderly:
                    self._end_server("shutdown", TIMEOUT_S)
                else:
                    how = chance.choice(("shutdown", "close"))
                    self._end_server(how, chance.choice((0.0, 0.0, 0.02, 0.2, 1.0)))
                if chance.random() < 0.2:
                    time.sleep(0.02)
                self._start_server()
                self.counts["restarts"] += 1
        except BaseException:
            self.ledger.fault(f"restarting: {traceback.format_exc()}")
            self._over.set()

    def _end_server(self, how: str, grace: float) -> None:
        assert self._backend is not None
        backend, self._backend = self._backend, None
        begin = time.monotonic()
        backend.end(how, grace)
        took = time.monotonic() - begin
        if took > grace + _SLACK_S:
            self.ledger.fault(f"{how}({grace}) took {took} s")

    # --- clients ---------------------------------------------------------------------------------

    def _run_threads(self) -> None:
        callers = [SyncCaller(self, random.Random(self.chance.random())) for _ in range(2)]
        workers = [
            threading.Thread(target=caller.work, name=f"caller {n}", daemon=True)
            for n, caller in enumerate(callers * 4)
        ]
        for worker in workers:
            worker.start()
        self._watch(lambda: not any(worker.is_alive() for worker in workers), _dump_threads)
        for caller in callers:
            caller.close()

    def _run_tasks(self) -> None:
        loop = LoopThread("callers")

        async def work() -> None:
            callers = [AsyncCaller(self, random.Random(self.chance.random())) for _ in range(2)]
            await asyncio.gather(*(caller.work() for caller in callers * 8))
            for caller in callers:
                await caller.close()

        running = asyncio.run_coroutine_threadsafe(work(), loop._loop)
        self._watch(running.done, lambda: _dump_threads() + loop.dump())
        if running.done():
            running.result()
            left = loop.end()
            if left:
                self.ledger.fault(f"tasks left of a client: {left}")

    def _watch(self, is_over: Callable[[], bool], dump: Callable[[], str]) -> None:
        """Wait until all calls are over, or one hangs."""
        while not is_over():
            time.sleep(0.01)
            now = time.monotonic()
            for attempt in tuple(self.ledger.under_way):
                since = attempt.begin if attempt.deadline is None else attempt.deadline
                if now - max(since, attempt.begin) > _SLACK_S:
                    self.ledger.fault(f"hangs: {attempt.job!r:.80} {attempt.options}\n{dump()}")
                    self._over.set()
                    return

    # --- what is left ----------------------------------------------------------------------------

    def _find_leaks(self, before: tuple[set[threading.Thread], int]) -> None:
        until = time.monotonic() + _SLACK_S
        while (left := _left(before)) and time.monotonic() < until:
            time.sleep(0.01)
        if left:
            self.ledger.fault(f"left: {left}")


def _resources() -> tuple[set[threading.Thread], int]:
    return set(threading.enumerate()), len(os.listdir("/proc/self/fd"))


# Objects of which none is left once clients and servers are closed.
_PARTS: Final = ("Call", "ClientProtocol", "ServerConnection", "ClientConnection", "Invocation")


def _left(before: tuple[set[threading.Thread], int]) -> str:
    threads, descriptors = _resources()
    more = [thread.name for thread in threads - before[0]]
    if more or descriptors > before[1]:
        return f"{more} threads, {descriptors - before[1]} descriptors"
    gc.collect()
    parts = Counter(
        type(each).__name__
        for each in gc.get_objects()
        if type(each).__name__ in _PARTS and type(each).__module__.startswith("rpcgen.")
    )
    return f"{dict(parts)}" if parts else ""


def _dump_threads() -> str:
    frames = sys._current_frames()
    return "\n".join(
        f"{thread.name}:\n" + "".join(traceback.format_stack(frames[thread.ident or 0])[-8:])
        for thread in threading.enumerate()
        if thread.ident in frames
    )


class _Log(logging.Handler):
    """Takes what nobody should have to say."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(logging.WARNING)
        self._ledger = ledger

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, ValueError) and str(error).startswith("accident "):
            return
        if record.name == "asyncio" or record.exc_info:
            lines = traceback.format_exception(error) if error else traceback.format_stack()
            trace = "".join(lines)
            self._ledger.fault(f"logged: {text}\n{trace}")


@contextmanager
def _watching(ledger: Ledger) -> Iterator[None]:
    """Have what Python and the package report of failures noted as faults."""
    handler = _Log(ledger)
    loggers = [logging.getLogger(name) for name in ("asyncio", "rpcgen")]
    hooks = threading.excepthook, sys.unraisablehook

    def of_thread(args: threading.ExceptHookArgs) -> None:
        ledger.fault(f"in {args.thread}: {''.join(traceback.format_exception(args.exc_value))}")

    def unraisable(args: sys.UnraisableHookArgs) -> None:
        ledger.fault(f"unraisable: {''.join(traceback.format_exception(args.exc_value))}")

    threading.excepthook, sys.unraisablehook = of_thread, unraisable
    propagates = [each.propagate for each in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
    try:
        yield
    finally:
        threading.excepthook, sys.unraisablehook = hooks
        for logger, propagate in zip(loggers, propagates, strict=True):
            logger.removeHandler(handler)
            logger.propagate = propagate


def main() -> int:
    """Go through all combinations, or some."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", default="", help="a part of a combination's name")
    parser.add_argument("--kind", choices=("faults", "orderly", "both"), default="both")
    parser.add_argument("--go-on", action="store_true", help="do not stop at the first fault")
    given = parser.parse_args()
    combinations = [each for each in COMBINATIONS if given.only in str(each)]
    total = Counter[str]()
    faults = 0
    for combination, is_orderly in product(combinations, (False, True)):
        if given.kind == ("faults" if is_orderly else "orderly"):
            continue
        part = 1.0 if given.kind != "both" else 0.25 if is_orderly else 0.75
        calls = -(-int(given.calls * part) // len(combinations))
        begin = time.monotonic()
        chaos = Chaos(combination, calls, given.seed, is_orderly=is_orderly)
        chaos.run()
        total += chaos.counts
        name = f"{combination}{' orderly' * is_orderly}"
        sys.stdout.write(
            f"{name}: {time.monotonic() - begin:.0f} s, {dict(chaos.counts.most_common())}\n"
        )
        for fault, times in Counter(chaos.faults).most_common(10):
            sys.stdout.write(f"  FAULT ({times} times) {fault}\n")
        sys.stdout.flush()
        faults += len(chaos.faults)
        if faults and not given.go_on:
            return 1
    sys.stdout.write(f"in all: {faults} faults, {dict(total.most_common())}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
