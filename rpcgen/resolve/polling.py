"""`PollingResolver`: finds servers by asking somebody now and then."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final

from rpcgen.channel.resolver import Endpoint, Failed, Update
from rpcgen.code import Code
from rpcgen.errors import RpcError

__all__ = ["PollingResolver"]

# Seconds between two questions while there are no answers: the first time; then twice as long
# each time.
_FIRST_PAUSE_S: Final = 1.0


class PollingResolver:
    """Resolver that calls a function in a thread of its own, which returns all servers.

    It is called at once, then on a timer, and when a connection has ended.

    Args:
        find: Returns the servers that there are, none where there are none; raises any
            exception where it does not know. May take its time, within limits of its own.
        seconds: Time from one question to the next, in seconds; sooner where there was no answer.
        pause: Minimum time between two questions, in seconds, however many connections end.
        name: What is looked for, for people: ``dns://host:port``.

    Raises:
        ValueError: A time is not greater than 0.
    """

    def __init__(
        self,
        find: Callable[[], Sequence[Endpoint]],
        *,
        seconds: float = 30.0,
        pause: float = 1.0,
        name: str = "",
    ) -> None:
        if not (seconds > 0 and pause > 0):
            raise ValueError(f"seconds={seconds!r}, pause={pause!r}: must be above 0")
        self._find = find
        self._seconds = seconds
        self._pause = pause
        self._name = name or getattr(find, "__name__", "resolver")
        self._looking: _Looking | None = None

    def __repr__(self) -> str:
        return f"<PollingResolver {self._name}>"

    def start(self, update: Update, failed: Failed) -> None:
        """Begin to ask; see `rpcgen.Resolver`."""
        self._looking = looking = _Looking()
        threading.Thread(
            target=self._run, args=(looking, update, failed), name="rpcgen-resolver", daemon=True
        ).start()

    def resolve_soon(self) -> None:
        """Ask again before it is time."""
        if self._looking is not None:
            self._looking.is_wanted.set()

    def close(self) -> None:
        """Ask no more; a question that is being asked is not heard."""
        if self._looking is not None:
            self._looking.is_over = True
            self._looking.is_wanted.set()

    def _run(self, looking: _Looking, update: Update, failed: Failed) -> None:
        retry = _FIRST_PAUSE_S
        while not looking.is_over:
            looking.is_wanted.clear()
            asked = monotonic()
            try:
                found = self._find()
            except Exception as error:
                wait, retry = min(retry, self._seconds), 2 * retry
                if not looking.is_over:
                    failed(self._failure(error))
            else:
                wait, retry = self._seconds, _FIRST_PAUSE_S
                if not looking.is_over:
                    update(found)
            if looking.is_wanted.wait(wait):
                looking.rest(self._pause - (monotonic() - asked))

    def _failure(self, error: Exception) -> RpcError:
        if isinstance(error, RpcError):
            return error
        failure = RpcError(f"{self._name}: {str(error) or type(error).__name__}")
        failure.code, failure.started = Code.UNAVAILABLE, False
        failure.__cause__ = error
        return failure


class _Looking:
    """One thread's time of asking, in one process."""

    def __init__(self) -> None:
        self.is_over = False
        self.is_wanted = threading.Event()

    def rest(self, seconds: float) -> None:
        """Ask nothing for some seconds, unless it is over."""
        until = monotonic() + seconds
        while not self.is_over and (left := until - monotonic()) > 0:
            self.is_wanted.clear()
            if not self.is_over:
                self.is_wanted.wait(left)
