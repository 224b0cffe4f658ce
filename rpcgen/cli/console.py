"""Lines that commands print: results on standard output, errors and notes on standard error."""

from __future__ import annotations

import sys

__all__ = ["say", "tell"]


def say(line: str) -> None:
    """Write a line of the result, with escapes for characters that the output's encoding lacks.

    Args:
        line: The line, without its end.
    """
    if sys.stdout is not None:  # as where the file was closed before the program began
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(f"{line.encode(encoding, 'backslashreplace').decode(encoding)}\n")


def tell(line: str) -> None:
    """Write a line about an error, or a note.

    Args:
        line: The line, without its end.
    """
    if sys.stderr is not None:
        sys.stderr.write(f"{line}\n")
