"""`Interrupts`: Ctrl-C closes the servers that an event loop serves, and is nobody's exception."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType, TracebackType
from typing import Final, Self, TypeAlias

__all__ = ["Interrupts", "Terminations"]

_Handler: TypeAlias = Callable[[int, FrameType | None], object]
_Task: TypeAlias = asyncio.Task[object]

# Turns of the event loop until a main task that waits for another task has gone on, when that is
# over: two for each `gather`, `wait_for` or task in between.
_TURNS: Final = 32


class Interrupts:
    """SIGINT, for a server that serves while this is entered.

    `asyncio.run` answers Ctrl-C by cancelling the main task, and raises
    KeyboardInterrupt wherever that does not end it in silence: also where the
    main task only waits for the one that serves. So the first Ctrl-C closes the
    servers and cancels nobody. Once the tasks that served are over, the main
    task goes on, if it has waited for them; if not, it is somebody else's
    interrupt as well, and takes its usual way. So does the second one at once.

    Other handlers do their work, and are only taken note of. Python's own
    raises, and is left alone, like any in another thread.

    Args:
        close: Begins to close the server; called in the event loop.
    """

    def __init__(self, close: Callable[[], object]) -> None:
        self.close = close
        # True once SIGINT was handed on to a handler of the program's own, which may have
        # cancelled the task.
        self.happened = False
        self._watch: _Watch | None = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            handler = signal.getsignal(signal.SIGINT)
            watch = getattr(handler, "__self__", None)
            if isinstance(watch, _Watch):
                self._watch = watch
            elif callable(handler) and handler is not signal.default_int_handler:
                self._watch = _Watch(handler)
                signal.signal(signal.SIGINT, self._watch.note)
            if self._watch is not None:
                self._watch.members[self] = _current_task()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        watch = self._watch
        if watch is None:
            return
        del watch.members[self]
        if not watch.members and signal.getsignal(signal.SIGINT) == watch.note:
            signal.signal(signal.SIGINT, watch.handler)


class Terminations:
    """SIGTERM, for a server that serves while this is entered.

    It is left alone outside of the main thread, and where the program has a handler for it, or
    another server has.

    Args:
        close: Begins to close the server; called in the event loop.
        is_wanted: False to leave SIGTERM alone anyway.
    """

    def __init__(self, close: Callable[[], object], is_wanted: bool) -> None:
        self._close = close
        self._is_wanted = is_wanted
        self._loop: asyncio.AbstractEventLoop | None = None

    def __enter__(self) -> Self:
        is_main = threading.current_thread() is threading.main_thread()
        if self._is_wanted and is_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            loop = asyncio.get_running_loop()
            try:
                loop.add_signal_handler(signal.SIGTERM, self._close)
                self._loop = loop
            except (NotImplementedError, RuntimeError):
                pass  # a loop that takes no signals
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._loop is not None:
            self._loop.remove_signal_handler(signal.SIGTERM)


class _Watch:
    """The handler of SIGINT, which all that are entered share."""

    def __init__(self, handler: _Handler) -> None:
        self.handler = handler
        self.members: dict[Interrupts, _Task | None] = {}
        self._main = _main_task(handler)
        self._is_used = False

    def note(self, number: int, frame: FrameType | None) -> None:
        members = tuple(self.members.items())
        if self._main is None:
            for interrupts, _ in members:
                interrupts.happened = True
        elif members and not self._is_used:
            self._is_used = True
            # Also wakes the loop, which goes on sleeping after a signal.
            self._main.get_loop().call_soon_threadsafe(self._close, members)
            return
        self.handler(number, frame)

    def _close(self, members: tuple[tuple[Interrupts, _Task | None], ...]) -> None:
        left = {task for _, task in members if task is not None and not task.done()}
        for interrupts, _ in members:
            interrupts.close()
        if not left:
            self._hand_on_unless_main_goes_on()

        def over(task: _Task) -> None:
            left.discard(task)
            if not left:
                self._hand_on_unless_main_goes_on()

        for task in tuple(left):
            task.add_done_callback(over)

    def _hand_on_unless_main_goes_on(self) -> None:
        main = self._main
        assert main is not None
        loop, before = main.get_loop(), _awaited_by(main)

        def look(turns: int) -> None:
            if main.done() or _awaited_by(main) is not before:
                return
            if turns:
                loop.call_soon(look, turns - 1)
            else:
                self.handler(signal.SIGINT, None)

        look(_TURNS)


def _current_task() -> _Task | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None  # outside of any event loop


def _main_task(handler: _Handler) -> _Task | None:
    """Return the task that `asyncio.run` cancels, if the handler of SIGINT is its own."""
    if not isinstance(handler, partial):
        return None
    if not isinstance(getattr(handler.func, "__self__", None), asyncio.Runner):
        return None
    task = handler.keywords.get("main_task")
    return task if isinstance(task, asyncio.Task) else None


def _awaited_by(task: _Task) -> object:
    """Return the future that a task waits for.

    There is no public way to ask. Where a task does not tell, it is always the
    same: the interrupt is handed on.
    """
    return getattr(task, "_fut_waiter", None)
