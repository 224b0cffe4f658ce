"""`on_sigterm`: has a server closed by SIGTERM; on asyncio, `rpcgen.aio.interrupts` does."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["on_sigterm"]


@contextmanager
def on_sigterm(close: Callable[[], object], is_wanted: bool) -> Iterator[None]:
    """Close a server on SIGTERM, where nothing else is to happen then.

    It is left alone outside of the main thread, and where the program has a handler for it.

    Args:
        close: Begins to close the server; called each time, wherever the main thread is.
        is_wanted: False to leave SIGTERM alone anyway.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not (is_wanted and is_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL):
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        close()

    signal.signal(signal.SIGTERM, handle)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is handle:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
