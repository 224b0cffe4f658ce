"""Generation of this process: counted, since the system is too slow to ask before every call."""

from __future__ import annotations

import os

__all__ = ["generation"]

generation = 0
"""Number of forks that lie between the first process and this one."""


def _forked() -> None:
    global generation
    generation += 1


os.register_at_fork(after_in_child=_forked)
