"""`Load`: calls of one method over several connections, counted and timed."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any

from attrs import frozen

from ..errors import RpcError, ShutdownError
from ..method import Method
from ..sync import Client
from .distribution import Distribution

__all__ = ["Interrupted", "Load", "Outcome"]


@frozen
class Outcome:
    """Outcome of all calls.

    Attributes:
        seconds: Time from the first call to the last answer.
        latency: Times of the calls that went well.
        errors: Number of calls that did not, by what their errors say.
    """

    seconds: float
    latency: Distribution
    errors: Counter[str]

    @property
    def calls(self) -> int:
        """Number of calls that are over."""
        return self.latency.count + self.errors.total()

    @property
    def rate(self) -> float:
        """Calls per second."""
        return self.calls / self.seconds if self.seconds else 0.0


class Load:
    """Calls, one after the other on each connection, each of which has a thread.

    Args:
        dial: Connects to the server.
        method: The method.
        value: Its arguments.
        connections: Number of connections.
        calls: Number of calls; None for as many as there is time for.
        seconds: Time after which no call begins; None for as long as it takes.
    """

    def __init__(
        self,
        dial: Callable[[], Client],
        method: Method[Any, Any],
        value: object,
        *,
        connections: int,
        calls: int | None = None,
        seconds: float | None = None,
    ) -> None:
        self._dial = dial
        self._method = method
        self._value = value
        self._most = calls
        self._seconds = seconds
        # Taking a number is a single step, so each call has its own.
        self._numbers = count()
        self._stopped = threading.Event()
        self._workers = [_Worker(self) for _ in range(connections)]
        self._begun = 0.0

    @property
    def done(self) -> int:
        """Number of calls that are over, about."""
        return sum(each.done for each in self._workers)

    @property
    def elapsed(self) -> float:
        """Time in seconds since the first call."""
        return time.perf_counter() - self._begun

    def stop(self) -> None:
        """Begin no more calls."""
        self._stopped.set()

    def run(self, watch: Callable[[], None], interval: float = 0.1) -> Outcome:
        """Make the calls, and return what became of them.

        Args:
            watch: Called now and then meanwhile.
            interval: Time in seconds between its calls.

        Raises:
            RpcError: A connection cannot be made in the first place.
        """
        clients = []
        try:
            for _ in self._workers:
                clients.append(self._dial())
        except BaseException:
            for client in clients:
                client.close()
            raise
        self._begun = time.perf_counter()
        threads = [
            threading.Thread(target=worker.run, args=(client,), name="rpcgen-bench", daemon=True)
            for worker, client in zip(self._workers, clients, strict=True)
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(interval)
                    watch()
        except KeyboardInterrupt:
            self.stop()  # what has been measured is told all the same
            for worker in self._workers:
                worker.hang_up()
            for thread in threads:
                thread.join()
            raise Interrupted(self._outcome()) from None
        return self._outcome()

    def _outcome(self) -> Outcome:
        return Outcome(
            max((each.ended for each in self._workers), default=0.0) - self._begun,
            Distribution.merged(each.latency for each in self._workers),
            sum((each.errors for each in self._workers), Counter()),
        )

    def has_more(self) -> bool:
        """Return True if another call is to be made, which counts as begun then."""
        if self._stopped.is_set():
            return False
        if self._seconds is not None and self.elapsed >= self._seconds:
            return False
        return self._most is None or next(self._numbers) < self._most


class Interrupted(Exception):  # noqa: N818 - no error: the user wants no more
    """Ctrl-C, with what was measured until then."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("interrupted")
        self.outcome = outcome


class _Worker:
    """The calls of one connection."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self.latency = Distribution()
        self.errors: Counter[str] = Counter()
        self.done = 0
        self.ended = 0.0
        self._client: Client | None = None

    def hang_up(self) -> None:
        """Let the call under way fail."""
        if self._client is not None:
            with suppress(ShutdownError):  # it is over already
                self._client.close()

    def run(self, client: Client) -> None:
        """Call until there is no more to do, or no server any more."""
        self._client = client
        try:
            while self._load.has_more() and self._call(self._client):
                pass
        finally:
            self.ended = time.perf_counter()
            self.hang_up()

    def _call(self, client: Client) -> bool:
        """Make one call; return False if there can be no other."""
        begun = time.perf_counter()
        try:
            client.call(self._load._method, self._load._value)
        except RpcError as error:
            self._count(error)
            return not client.closed or self._redial()
        self.latency.add(time.perf_counter() - begun)
        self.done += 1
        return True

    def _redial(self) -> bool:
        if self._load._stopped.is_set():
            return False
        try:
            self._client = self._load._dial()
        except RpcError as error:
            self._count(error)
            return False
        return True

    def _count(self, error: RpcError) -> None:
        self.errors[f"{error.code.name}: {error}"] += 1
        self.done += 1
