"""A bar that shows how far a run is, by rich; without it, a line for each part."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

__all__ = ["Progress"]


class Progress:
    """Counts steps of a run; a context manager.

    It draws when a step ends and never between: a thread that drew in the
    background would be measured.
    """

    def __init__(self, total: int) -> None:
        try:
            from rich.console import Console
            from rich.progress import Progress as Bar
        except ImportError:
            self._bar = None
            return
        self._bar = Bar(console=Console(stderr=True), auto_refresh=False)
        self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()

    def part(self, name: str) -> None:
        """Say what comes next."""
        if self._bar:
            self._bar.update(self._task, description=name, refresh=True)
        else:
            print(name, file=sys.stderr)

    def step(self) -> None:
        """Count one step."""
        if self._bar:
            self._bar.update(self._task, advance=1, refresh=True)
