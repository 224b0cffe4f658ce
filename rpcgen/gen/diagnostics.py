"""What is wrong with an IDL, and where."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from attrs import frozen

from ..errors import GenerateError

__all__ = ["Place", "Problem", "raise_if_any", "shown"]


@frozen(order=True)
class Place:
    """A place in a file; lines and columns count from 1."""

    path: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@frozen(order=True)
class Problem:
    """One thing that is wrong: where, what, and what to write instead."""

    place: Place
    reason: str
    hint: str = ""

    def __str__(self) -> str:
        return self._text("error")

    @property
    def note(self) -> str:
        """The text of what is not wrong, but should be known."""
        return self._text("note")

    def _text(self, severity: str) -> str:
        # Texts of foreign exceptions may have lines of their own.
        text = f"{self.place}: {severity}: {_one_line(self.reason)}"
        return f"{text}\n    hint: {self.hint}" if self.hint else text


def _one_line(text: str) -> str:
    return "".join([each if each.isprintable() else repr(each)[1:-1] for each in text])


def raise_if_any(problems: Iterable[Problem]) -> None:
    """Raise `GenerateError` with every problem, each once and in the order of the files."""
    distinct = sorted(set(problems))
    if distinct:
        raise GenerateError(tuple(str(problem) for problem in distinct))


def shown(path: Path) -> str:
    """Return the path as messages spell it: relative where it is below the working directory."""
    try:
        return path.relative_to(Path.cwd()).as_posix() or "."
    except (ValueError, OSError):  # elsewhere, or the working directory is gone
        return path.as_posix()
