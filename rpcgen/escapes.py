"""Text of strangers, made harmless before it reaches a terminal."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["escaped"]

# Control characters, line ends, changes of the direction of writing, and lone surrogates.
_UNSAFE: Final = re.compile("[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def escaped(text: str) -> str:
    """Return a text on one line, with all that acts on a terminal written as an escape.

    Args:
        text: Any text.
    """
    return _UNSAFE.sub(lambda match: ascii(match[0])[1:-1], text)
