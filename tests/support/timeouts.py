"""Bounds of waiting in tests: far longer than anything takes, even on a busy machine."""

from __future__ import annotations

from typing import Final

__all__ = ["PROGRAM_TIMEOUT_S", "TIMEOUT_S"]

# Bound of waiting for a thread, a task, a reply or the end of a process, in seconds.
TIMEOUT_S: Final = 60.0

# Bound of running another program that has much to do, such as a compiler, in seconds.
PROGRAM_TIMEOUT_S: Final = 100.0
