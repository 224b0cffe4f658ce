"""What the calls of `chaos` ask for, what serves them, and the ledger of how they end."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Final

from attrs import define, field

import rpcgen
from rpcgen import (
    CallCancelledError,
    CallOptions,
    Code,
    DeadlineExceededError,
    DialError,
    DisconnectedError,
    Handler,
    Method,
    RemoteError,
    RpcError,
    ServerError,
    ShutdownError,
)
from rpcgen.protocol.extended import HeaderTooLongError

__all__ = ["HELLO", "HOWS", "WORK", "Attempt", "Done", "Job", "Ledger", "Service"]

# Time in seconds by which timers are early.
_EARLY_S: Final = 0.01


@define
class Job:
    """What a call asks for; no other has its number.

    Attributes:
        how: Name of a behaviour, see `HOWS`.
        pause: Time in milliseconds that it takes.
    """

    number: int
    how: str
    pause: int
    data: bytes


@define
class Done:
    """What came of a job."""

    number: int
    data: bytes


@define
class RefusedJobError(RemoteError):
    """An exception that is declared."""

    number: int


WORK = Method[Job, Done]("Chaos.Work", raises=[RefusedJobError])

HELLO = Method[str, str]("Chaos.Hello")
HOWS: Final = ("echo",) * 10 + ("pause",) * 4 + ("fail", "refuse", "accident", "hold", "trail")


# --- what is known of the calls -------------------------------------------------------------------


@define(eq=False)
class Attempt:
    """One call of a client.

    Attributes:
        deadline: Time of `time.monotonic` at which it may end late at the earliest.
        is_cancelled: True once it is cancelled, or about to be.
        is_large: True if it has more metadata than an unknown server takes.
    """

    job: Job
    options: CallOptions
    deadline: float | None
    begin: float = field(factory=time.monotonic)
    is_cancelled: bool = False
    is_large: bool = False


class Ledger:
    """Which calls were carried out, how calls have ended, and what was wrong with that."""

    def __init__(self, *, is_orderly: bool) -> None:
        self.counts = Counter[str]()
        self.faults: list[str] = []
        self.under_way: dict[Attempt, None] = {}
        # Numbers of the calls that were carried out: adding to a list is one step.
        self.carried_out: list[int] = []
        self._is_orderly = is_orderly
        self._succeeded: list[int] = []
        # Numbers of calls, and True, False or None as their errors have `started`.
        self._failed: list[tuple[int, bool | None, str]] = []
        self._ended: set[Attempt] = set()

    def fault(self, text: str) -> None:
        """Take note of something that is wrong."""
        self.faults.append(text)

    def end(self, attempt: Attempt, reply: object, error: BaseException | None) -> None:
        """Take the end of a call."""
        if attempt in self._ended:
            self.fault(f"ended twice: {attempt.job.number}, now with {reply!r:.80} {error!r:.80}")
        self._ended.add(attempt)
        self.under_way.pop(attempt, None)
        job = attempt.job
        if error is None:
            self.counts["replies"] += 1
            self._succeeded.append(job.number)
            if reply != Done(job.number, job.data) or job.how in ("fail", "refuse", "accident"):
                self.fault(f"not its own reply: {job!r:.80} got {reply!r:.80}")
            return
        self.counts[_name_of(error)] += 1
        started = error.started if isinstance(error, RpcError) else None
        self._failed.append((job.number, started, repr(error)))
        why = self._lie(attempt, error)
        if why:
            self.fault(f"{why}: {error!r:.200} of {job!r:.60} {attempt.options!r:.80}")

    def _lie(self, attempt: Attempt, error: BaseException) -> str:
        """Return what is not true of an error, empty if it is."""
        job = attempt.job
        if isinstance(error, (CallCancelledError, asyncio.CancelledError)):
            return "" if attempt.is_cancelled else "nobody has cancelled"
        if isinstance(error, DeadlineExceededError):
            return self._earliness(attempt)
        if isinstance(error, RefusedJobError):
            return "" if job.how == "refuse" and error.number == job.number else "not its own"
        if isinstance(error, ServerError):
            return self._lie_of_server(attempt, error)
        if isinstance(error, (DisconnectedError, ShutdownError, DialError)):
            is_lost = self._is_orderly and error.started is not False
            return "a call was lost" if is_lost else ""
        if isinstance(error, HeaderTooLongError):
            return "" if attempt.is_large else "there was little metadata"
        if type(error) is RpcError and "Limits.queued" in str(error):
            return ""
        return "no error that belongs here"

    def _lie_of_server(self, attempt: Attempt, error: ServerError) -> str:
        job = attempt.job
        if error.code == Code.ABORTED:
            metadata = dict(error.metadata)
            is_own = str(error) == f"failed {job.number}" and metadata == {"job": str(job.number)}
            return "" if is_own and job.how == "fail" else "not its own"
        if error.code == Code.DEADLINE_EXCEEDED:
            return self._earliness(attempt)
        if error.code == Code.CANCELLED:
            return "" if attempt.is_cancelled else "nobody has cancelled"
        if error.code in (Code.UNAVAILABLE, Code.RESOURCE_EXHAUSTED):
            return "" if error.started is False else "it may have been started"
        if str(error) == f"accident {job.number}":
            return "" if job.how == "accident" else "no such accident"
        # Of a server that was closed when it had half of a request.
        is_cut = str(error) in ("EOF", "unexpected EOF") and not self._is_orderly
        return "" if is_cut else "not its own"

    def _earliness(self, attempt: Attempt) -> str:
        if attempt.deadline is None:
            return "there was no deadline"
        early = attempt.deadline - time.monotonic()
        return f"early by {early} s" if early > _EARLY_S else ""

    def close(self) -> None:
        """Compare what servers have done with how calls have ended, once all is over."""
        carried_out = Counter(self.carried_out)
        for number, times in carried_out.items():
            if times > 1:
                self.fault(f"carried out {times} times: {number}")
        for number in self._succeeded:
            if carried_out[number] != 1:
                self.fault(f"succeeded, but carried out {carried_out[number]} times: {number}")
        succeeded = set(self._succeeded)
        for number, started, error in self._failed:
            if (
                started is False
                and carried_out[number]
                and not (self._is_orderly and number in succeeded)
            ):
                self.fault(f"not started, but carried out: {number}, {error:.200}")
            if started is True and not carried_out[number]:
                self.fault(f"started, but not carried out: {number}, {error:.200}")
        for attempt in self.under_way:
            self.fault(f"never ended: {attempt.job!r:.80} {attempt.options!r:.80}")
        if self._is_orderly and len(succeeded) != len(self._succeeded):
            self.fault("a call has succeeded twice")


def _name_of(error: BaseException) -> str:
    if isinstance(error, ServerError) and not isinstance(error, RemoteError):
        return f"ServerError {error.code.name}"
    return type(error).__name__


# --- what they are answered -----------------------------------------------------------------------


class Service:
    """What the servers serve, one after the other."""

    def __init__(self, ledger: Ledger) -> None:
        self._begun = ledger.carried_out

    def handlers(self, api: str) -> list[Handler]:
        """Return the handlers for a server of one API."""
        work = WORK.handler(self._work) if api == "sync" else WORK.async_handler(self._work_task)
        return [work, HELLO.handler(str)]

    def _work(self, job: Job) -> Done:
        self._begun.append(job.number)
        if job.how == "pause":
            time.sleep(job.pause / 1000)
        elif job.how == "hold":
            rpcgen.context().wait_cancelled(job.pause / 1000)
        return _outcome(job)

    async def _work_task(self, job: Job) -> Done:
        self._begun.append(job.number)
        if job.how in ("pause", "hold"):
            await asyncio.sleep(job.pause / 1000)
        return _outcome(job)


def _outcome(job: Job) -> Done:
    if job.how == "fail":
        metadata = {"job": str(job.number)}
        raise ServerError(f"failed {job.number}", code=Code.ABORTED, metadata=metadata)
    if job.how == "refuse":
        raise RefusedJobError(job.number)
    if job.how == "accident":
        raise ValueError(f"accident {job.number}")
    if job.how == "trail":
        rpcgen.context().reply_metadata["job"] = str(job.number)
    return Done(job.number, job.data)
