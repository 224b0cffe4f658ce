"""How often this process has been forked off: asked before every call, and so not of the system."""

from __future__ import annotations

import os

__all__ = ["count"]

count = 0
"""One more than in the process that this one was forked from."""


def _forked() -> None:
    global count
    count += 1


os.register_at_fork(after_in_child=_forked)
