"""Lines that commands print: results on standard output, errors and notes on standard error."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable
from typing import Final, TextIO

from ..escapes import escaped

__all__ = [
    "has_terminal",
    "has_terminal_for_notes",
    "json_text",
    "say",
    "say_json",
    "say_styled",
    "tell",
]

# Characters that JSON need not escape, but that act on a terminal, or cannot be encoded.
_UNSAFE: Final = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


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


def has_terminal() -> bool:
    """Return True if results go to a terminal that may show colours."""
    return _is_terminal(sys.stdout) and not os.environ.get("NO_COLOR")


def has_terminal_for_notes() -> bool:
    """Return True if what is told goes to a terminal that a bar can move on."""
    return _is_terminal(sys.stderr)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def json_text(value: object, *, indent: int | None = None) -> str:
    """Return a value as JSON, with escapes for characters that act on a terminal.

    Args:
        value: What `json.dumps` takes.
        indent: Number of spaces for each level; None: all on one line.
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def say_json(value: object) -> None:
    """Write a value as JSON over several lines, in colours where a terminal shows them.

    Args:
        value: What `json.dumps` takes.
    """
    text = json_text(value, indent=2)
    if has_terminal():
        try:
            from rich.console import Console
            from rich.highlighter import JSONHighlighter
            from rich.text import Text
        except ImportError:  # an extra
            say(text)
            return
        coloured = Text(text)
        JSONHighlighter().highlight(coloured)
        Console(soft_wrap=True).print(coloured)
        return
    say(text)


def say_styled(lines: Iterable[Iterable[tuple[str, str]]]) -> None:
    """Write lines of the result, in colours where a terminal shows them.

    Args:
        lines: Lines of parts, each a text and its style as ``rich`` has it. What would act on
            a terminal is escaped.
    """
    write = _write_styled() if has_terminal() else None
    for line in lines:
        parts = [(escaped(text), style) for text, style in line]
        if write is None:
            say("".join(text for text, _ in parts).rstrip())
        else:
            write(parts)


def _write_styled() -> Callable[[list[tuple[str, str]]], None] | None:
    """Return a function that writes a line in colours, None where ``rich`` is missing."""
    try:
        from rich.console import Console
        from rich.text import Text
    except ImportError:  # an extra
        return None
    console = Console(soft_wrap=True, highlight=False)
    return lambda parts: console.print(Text.assemble(*parts))
