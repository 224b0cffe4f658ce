"""Those who call in `chaos`: threads, and tasks, each with a client that many share."""

from __future__ import annotations

import asyncio
import queue
import random
import threading
import time
import traceback
from typing import Any, Final, Protocol

import rpcgen
from rpcgen import DialError, DialOptions, RpcError, ShutdownError, aio
from rpcgen.errors import CallTimeoutError
from tests.support.timeouts import TIMEOUT_S

from .chaos_jobs import HELLO, WORK, Attempt, Done, Job, Ledger

__all__ = ["AsyncCaller", "SyncCaller"]


class Chaotic(Protocol):
    """What draws the calls, as callers see it."""

    is_orderly: bool
    ledger: Ledger

    @property
    def address(self) -> str:
        """Address to dial."""
        ...

    def next_job(self, chance: random.Random) -> Job | None:
        """Return what the next call is to ask for, None if all are done."""
        ...

    def attempt(self, job: Job, chance: random.Random, call_timeout: float | None) -> Attempt:
        """Draw how a call is to be made."""
        ...

    def dial_options(self, chance: random.Random) -> DialOptions:
        """Draw what a client is told."""
        ...


# Kinds of calls.
_KINDS: Final = ("call",) * 6 + ("go", "go", "queue", "cancel", "cancel", "wait again", "many")


class SyncCaller:
    """A client that threads share, and that is dialled again once it has ended."""

    def __init__(self, chaos: Chaotic, chance: random.Random) -> None:
        self._chaos = chaos
        self._ledger = chaos.ledger
        self._seeds = chance
        self._lock = threading.Lock()
        self._client: rpcgen.Client | None = None
        # The client whose server knows what it can do.
        self._known: rpcgen.Client | None = None
        self._call_timeout: float | None = None

    def work(self) -> None:
        """Make calls until there are enough."""
        with self._lock:
            chance = random.Random(self._seeds.random())
        try:
            while (job := self._chaos.next_job(chance)) is not None:
                if self._chaos.is_orderly:
                    self._repeat(job, chance)
                else:
                    self._once(job, chance)
        except BaseException:
            self._ledger.fault(f"a caller: {traceback.format_exc()}")

    def close(self) -> None:
        """Close the client."""
        if self._client is not None:
            self._retire(self._client)

    def _connected(self, chance: random.Random) -> rpcgen.Client:
        """Return a client that takes calls. Raises `DialError`."""
        with self._lock:
            client = self._client
            if client is not None and not client.closed:
                return client
            self._client = None
            if client is not None:
                self._retire(client)
            options = self._chaos.dial_options(chance)
            self._call_timeout = options.get("call_timeout")
            self._client = rpcgen.dial(self._chaos.address, **options)
            return self._client

    def _retire(self, client: rpcgen.Client) -> None:
        """Close a client, and look whether anything is left of it."""
        if not self._chaos.is_orderly:
            _close(client)
        else:  # it waits for replies, and leaves by itself
            until = time.monotonic() + TIMEOUT_S
            while client._protocol.pending and time.monotonic() < until:
                time.sleep(0.001)
            _close(client)
        until = time.monotonic() + TIMEOUT_S
        while (left := _left_of(client)) and time.monotonic() < until:
            time.sleep(0.001)
        if left:
            self._ledger.fault(f"left of a client: {left}")

    def _repeat(self, job: Job, chance: random.Random) -> None:
        """Call until the call has begun somewhere."""
        until = time.monotonic() + TIMEOUT_S
        while time.monotonic() < until:
            try:
                client = self._connected(chance)
                if client is not self._known:
                    client.call(HELLO, "", timeout=TIMEOUT_S)
                    self._known = client
            except RpcError:
                time.sleep(0.005)
                continue
            attempt = self._chaos.attempt(job, chance, None)
            error = self._call(attempt, client, chance.choice(("call", "go", "queue")), chance)
            if error is None or error.started is not False:
                return
            self._ledger.counts["repeated"] += 1
        self._ledger.fault(f"never begun: {job!r:.80}")

    def _once(self, job: Job, chance: random.Random) -> None:
        client = None
        while client is None:
            try:
                client = self._connected(chance)
            except DialError:
                self._ledger.counts["dials failed"] += 1
                time.sleep(0.001)
        if chance.random() < 0.003:
            _close(client)
        kind = chance.choice(_KINDS)
        if kind != "many":
            self._call(self._chaos.attempt(job, chance, self._call_timeout), client, kind, chance)
            return
        attempts = [self._chaos.attempt(job, chance, self._call_timeout)]
        for _ in range(chance.randrange(2, 10)):
            more = self._chaos.next_job(chance)
            if more is not None:
                attempts.append(self._chaos.attempt(more, chance, self._call_timeout))
        calls = [client.go(WORK, each.job, **each.options) for each in attempts]
        for attempt, call in zip(attempts, calls, strict=True):
            if chance.random() < 0.2:
                attempt.is_cancelled = True
                call.cancel()
        for attempt, call in zip(attempts, calls, strict=True):
            self._end(attempt, call)

    def _call(
        self, attempt: Attempt, client: rpcgen.Client, kind: str, chance: random.Random
    ) -> RpcError | None:
        """Make one call, and note how it has ended; return its error."""
        job, options = attempt.job, attempt.options
        if kind == "call":
            try:
                reply = client.call(WORK, job, **options)
            except RpcError as error:
                self._ledger.end(attempt, None, error)
                return error
            self._ledger.end(attempt, reply, None)
            return None
        done = queue.SimpleQueue[Any]()
        call = client.go(WORK, job, done if kind == "queue" else None, **options)
        if kind == "queue":
            return self._take(attempt, call, done)
        if kind == "cancel":
            time.sleep(chance.choice((0.0, 0.0, 0.001, 0.01)))
            attempt.is_cancelled = True
            is_cancelled = call.cancel()
            if is_cancelled != isinstance(call.error, rpcgen.CallCancelledError):
                self._ledger.fault(f"cancel() gave {is_cancelled}, and the error is {call.error!r}")
        if kind == "wait again":
            try:
                call.result(chance.choice((0.0, 0.001, 0.01)))
            except CallTimeoutError:
                self._ledger.counts["waited again"] += 1
            except RpcError:
                pass
        return self._end(attempt, call)

    def _take(
        self, attempt: Attempt, call: rpcgen.Call[Done], done: queue.SimpleQueue[Any]
    ) -> RpcError | None:
        """Wait for the queue to be told, once."""
        try:
            if done.get(timeout=TIMEOUT_S + (attempt.options.get("timeout") or 0)) is not call:
                self._ledger.fault("a queue got another call")
        except queue.Empty:
            self._ledger.fault(f"a queue was not told: {call}")
        error = self._end(attempt, call)
        if not done.empty():
            self._ledger.fault("a queue was told twice")
        return error

    def _end(self, attempt: Attempt, call: rpcgen.Call[Done]) -> RpcError | None:
        try:
            reply = call.result()
        except RpcError as error:
            self._ledger.end(attempt, None, error)
            if call.error is not error:
                self._ledger.fault(f"another error afterwards: {error!r}, {call.error!r}")
            return error
        self._ledger.end(attempt, reply, None)
        if attempt.job.how == "trail" and dict(call.metadata) != {"job": str(attempt.job.number)}:
            self._ledger.fault(f"not its own metadata: {call.metadata}")
        return None


def _close(client: rpcgen.Client) -> None:
    try:
        client.close()
    except ShutdownError:
        pass


def _left_of(client: rpcgen.Client) -> str:
    left = client._protocol.pending, client._stream.fileno(), list(client._threads)
    return "" if left[0] == 0 and left[1] < 0 and not left[2] else str(left)


class AsyncCaller:
    """A client that tasks share, and that is dialled again once it has ended."""

    def __init__(self, chaos: Chaotic, chance: random.Random) -> None:
        self._chaos = chaos
        self._ledger = chaos.ledger
        self._seeds = chance
        self._lock = asyncio.Lock()
        self._client: aio.Client | None = None
        # The client whose server knows what it can do.
        self._known: aio.Client | None = None
        self._call_timeout: float | None = None

    async def work(self) -> None:
        """Make calls until there are enough."""
        chance = random.Random(self._seeds.random())
        try:
            while (job := self._chaos.next_job(chance)) is not None:
                if self._chaos.is_orderly:
                    await self._repeat(job, chance)
                else:
                    await self._once(job, chance)
        except BaseException:
            self._ledger.fault(f"a caller: {traceback.format_exc()}")

    async def close(self) -> None:
        """Close the client."""
        if self._client is not None:
            await self._retire(self._client)

    async def _connected(self, chance: random.Random) -> aio.Client:
        """Return a client that takes calls. Raises `DialError`."""
        async with self._lock:
            client = self._client
            if client is not None and not client.closed:
                return client
            self._client = None
            if client is not None:
                await self._retire(client)
            options = self._chaos.dial_options(chance)
            self._call_timeout = options.get("call_timeout")
            self._client = await aio.dial(self._chaos.address, **options)
            return self._client

    async def _retire(self, client: aio.Client) -> None:
        """Close a client, and look whether anything is left of it."""
        until = time.monotonic() + TIMEOUT_S
        while self._chaos.is_orderly and client._protocol.pending and time.monotonic() < until:
            await asyncio.sleep(0.001)
        await _close_async(client)
        while (left := _left_of_async(client)) and time.monotonic() < until:
            await asyncio.sleep(0.001)
        if left:
            self._ledger.fault(f"left of a client: {left}")

    async def _repeat(self, job: Job, chance: random.Random) -> None:
        """Call until the call has begun somewhere."""
        until = time.monotonic() + TIMEOUT_S
        while time.monotonic() < until:
            try:
                client = await self._connected(chance)
                if client is not self._known:
                    await client.call(HELLO, "", timeout=TIMEOUT_S)
                    self._known = client
            except RpcError:
                await asyncio.sleep(0.005)
                continue
            attempt = self._chaos.attempt(job, chance, None)
            error = await self._call(attempt, client, chance.choice(("call", "go")), chance)
            if not isinstance(error, RpcError) or error.started is not False:
                return
            self._ledger.counts["repeated"] += 1
        self._ledger.fault(f"never begun: {job!r:.80}")

    async def _once(self, job: Job, chance: random.Random) -> None:
        client = None
        while client is None:
            try:
                client = await self._connected(chance)
            except DialError:
                self._ledger.counts["dials failed"] += 1
                await asyncio.sleep(0.001)
        if chance.random() < 0.003:
            await _close_async(client)
        kind = chance.choice((*_KINDS, "cancel task", "cancel task"))
        if kind != "many":
            attempt = self._chaos.attempt(job, chance, self._call_timeout)
            await self._call(attempt, client, kind, chance)
            return
        attempts = [self._chaos.attempt(job, chance, self._call_timeout)]
        for _ in range(chance.randrange(2, 10)):
            more = self._chaos.next_job(chance)
            if more is not None:
                attempts.append(self._chaos.attempt(more, chance, self._call_timeout))
        calls = [client.go(WORK, each.job, **each.options) for each in attempts]
        for attempt, call in zip(attempts, calls, strict=True):
            if chance.random() < 0.2:
                attempt.is_cancelled = True
                call.cancel()
        for attempt, call in zip(attempts, calls, strict=True):
            await self._end(attempt, call)

    async def _call(
        self, attempt: Attempt, client: aio.Client, kind: str, chance: random.Random
    ) -> BaseException | None:
        """Make one call, and note how it has ended; return its error."""
        job, options = attempt.job, attempt.options
        if kind in ("call", "cancel task"):
            task = asyncio.ensure_future(client.call(WORK, job, **options))
            if kind == "cancel task":
                await asyncio.sleep(chance.choice((0.0, 0.0, 0.001, 0.01)))
                attempt.is_cancelled = True
                task.cancel()
            try:
                reply = await task
            except (RpcError, asyncio.CancelledError) as error:
                self._ledger.end(attempt, None, error)
                return error
            self._ledger.end(attempt, reply, None)
            return None
        done = asyncio.Queue[Any]()
        call = client.go(WORK, job, done if kind == "queue" else None, **options)
        if kind == "queue" and await done.get() is not call:
            self._ledger.fault("a queue got another call")
        if kind == "cancel":
            await asyncio.sleep(chance.choice((0.0, 0.0, 0.001, 0.01)))
            attempt.is_cancelled = True
            is_cancelled = call.cancel()
            if is_cancelled != isinstance(call.error, rpcgen.CallCancelledError):
                self._ledger.fault(f"cancel() gave {is_cancelled}, and the error is {call.error!r}")
        if kind == "wait again":
            try:
                await call.result(chance.choice((0.0, 0.001, 0.01)))
            except CallTimeoutError:
                self._ledger.counts["waited again"] += 1
            except RpcError:
                pass
        error = await self._end(attempt, call)
        if not done.empty():
            self._ledger.fault("a queue was told twice")
        return error

    async def _end(self, attempt: Attempt, call: aio.Call[Done]) -> RpcError | None:
        try:
            reply = await call.result()
        except RpcError as error:
            self._ledger.end(attempt, None, error)
            if call.error is not error:
                self._ledger.fault(f"another error afterwards: {error!r}, {call.error!r}")
            return error
        self._ledger.end(attempt, reply, None)
        if attempt.job.how == "trail" and dict(call.metadata) != {"job": str(attempt.job.number)}:
            self._ledger.fault(f"not its own metadata: {call.metadata}")
        return None


async def _close_async(client: aio.Client) -> None:
    try:
        await client.close()
    except ShutdownError:
        pass


def _left_of_async(client: aio.Client) -> str:
    pending, transport = client._protocol.pending, client._connection._transport
    return f"{pending} {transport}" if pending or transport is not None else ""
