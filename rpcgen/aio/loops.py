"""Event loops: each connection belongs to one, and nobody else may touch it."""

from __future__ import annotations

import asyncio

__all__ = ["check_loop", "keep_awake"]


def check_loop(owner: asyncio.AbstractEventLoop, what: str) -> None:
    """Raise `RuntimeError` unless this runs in the event loop ``owner``.

    Anywhere else, a future of that loop would be waited for in vain.

    Args:
        owner: The event loop that ``what`` belongs to.
        what: The object that is used, for the error's text.
    """
    try:
        running = asyncio.get_running_loop()
    except RuntimeError:
        running = None
    if running is owner:
        return
    if owner.is_closed():
        raise RuntimeError(f"{what} belongs to an event loop that is closed: make one in each loop")
    where = "outside of any event loop" if running is None else "in another event loop"
    raise RuntimeError(
        f"{what} belongs to one event loop and is used {where}: make one in each loop,"
        " or hand the work over with asyncio.run_coroutine_threadsafe"
    )


def keep_awake(loop: asyncio.AbstractEventLoop) -> None:
    """Have an event loop look for what there is to do.

    For what is done where no task runs: in a signal handler, perhaps, that has come while the
    loop sleeps, and after which it would go on sleeping.
    """
    loop.call_soon_threadsafe(_do_nothing)


def _do_nothing() -> None:
    """Have the event loop awake, where nothing else is to be called."""
