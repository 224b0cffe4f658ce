"""`FakeClock`: stands in for the clock by which deadlines are reckoned."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Final, Self

from rpcgen.net import clock

__all__ = ["FakeClock"]

# Time in seconds, by the system's clock, after which whoever waits looks at this one again.
_LOOK_S: Final = 0.005


class FakeClock:
    """A clock that stands still until a test moves it on.

    For clients and servers that are made while it is there, deadlines (the options
    ``timeout`` and ``call_timeout``), the time that `rpcgen.context` has left, waits for a
    cancellation and keep-alive go by it; connecting, limits of a server on its clients and
    the grace of `close` by the system's clock as ever::

        with FakeClock() as clock, connected(ArithClient, register_arith, slow) as arith:
            call = arith.go.multiply(Args(7, 8), timeout=60.0)
            clock.advance(61.0)
            with pytest.raises(DeadlineExceededError):
                call.result()

    There is one clock in a process: a test that has it runs alone there.
    """

    def __init__(self) -> None:
        self._now = time.monotonic()
        self._lock = threading.Lock()  # guards the time, which several threads may move
        self._before = (clock.monotonic, clock.make_event, clock.max_sleep, clock.max_timer)

    def __enter__(self) -> Self:
        self._before = (clock.monotonic, clock.make_event, clock.max_sleep, clock.max_timer)
        clock.monotonic, clock.make_event = self.monotonic, self._make_event
        clock.max_sleep = clock.max_timer = _LOOK_S
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        clock.monotonic, clock.make_event, clock.max_sleep, clock.max_timer = self._before

    def monotonic(self) -> float:
        """Return the time in seconds."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock on; what is due ends within some milliseconds.

        Args:
            seconds: For how long, 0 or more.

        Raises:
            ValueError: The clock does not go backwards.
        """
        if not seconds >= 0:
            raise ValueError(f"advance({seconds}): a clock goes forwards: give 0 or more seconds")
        with self._lock:
            self._now += seconds

    def _make_event(self) -> _Event:
        return _Event(self)


class _Event(threading.Event):
    """An event whose timeouts go by a fake clock."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        if timeout is None:
            return super().wait()
        end = self._clock.monotonic() + timeout
        while self._clock.monotonic() < end:
            if super().wait(_LOOK_S):
                return True
        return self.is_set()
