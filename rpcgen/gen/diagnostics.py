"""Diagnostics: what is wrong with an IDL, where, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from attrs import frozen

from ..errors import GenerateError

__all__ = ["Diagnostic", "Location", "display_path", "raise_if_any"]


@frozen(order=True)
class Location:
    """A location in a file; lines and columns count from 1."""

    path: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@frozen(order=True)
class Diagnostic:
    """One thing that is wrong: where, what, and what to write instead."""

    location: Location
    reason: str
    hint: str = ""

    def __str__(self) -> str:
        return self.text("error")

    @property
    def note(self) -> str:
        """The text of what is not wrong, but should be known."""
        return self.text("note")

    def text(self, severity: str) -> str:
        """Return the lines that are printed.

        Args:
            severity: Word behind the location.
        """
        # Texts of foreign exceptions may have lines of their own.
        text = f"{self.location}: {severity}: {_one_line(self.reason)}"
        return f"{text}\n    hint: {self.hint}" if self.hint else text


def _one_line(text: str) -> str:
    return "".join([each if each.isprintable() else repr(each)[1:-1] for each in text])


def raise_if_any(diagnostics: Iterable[Diagnostic]) -> None:
    """Raise `GenerateError` with every diagnostic, each once and in the order of the files."""
    distinct = sorted(set(diagnostics))
    if distinct:
        raise GenerateError(tuple(str(diagnostic) for diagnostic in distinct))


def display_path(path: Path) -> str:
    """Return the path as messages spell it: relative where it is below the working directory."""
    try:
        return path.relative_to(Path.cwd()).as_posix() or "."
    except (ValueError, OSError):  # elsewhere, or the working directory is gone
        return path.as_posix()
