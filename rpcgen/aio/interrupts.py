"""`Interrupts`: tells a task that Ctrl-C has cancelled from one that somebody else has."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self, TypeAlias

__all__ = ["Interrupts"]

_Handler: TypeAlias = Callable[[int, FrameType | None], object]


class Interrupts:
    """Takes note of SIGINT while it is entered, and lets the handler that was there do its work.

    `asyncio.run` answers Ctrl-C by cancelling the main task. Python's own
    handler raises instead, and is left alone, like any in another thread.
    """

    def __init__(self) -> None:
        self.happened = False
        self._handler: _Handler | None = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            handler = signal.getsignal(signal.SIGINT)
            if callable(handler) and handler is not signal.default_int_handler:
                self._handler = handler
                signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._handler is not None and signal.getsignal(signal.SIGINT) == self._note:
            signal.signal(signal.SIGINT, self._handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.happened = True
        assert self._handler is not None
        self._handler(number, frame)
