"""JSON text as Go's encoder writes it: strings, and text of others that is handed on."""

from __future__ import annotations

import re
from json.encoder import encode_basestring
from typing import Final

__all__ = ["compact", "escape_html", "quote"]

_WITHOUT_SPACE: Final = re.compile(r'(?:"(?:[^"\\]|\\.)*+"|[^" \t\n\r])++', re.DOTALL)


def compact(text: str) -> str:
    """Make JSON text as Go's encoder hands it on.

    Args:
        text: The JSON.

    Returns:
        The same without white space, safe inside HTML.
    """
    if not text.isalnum():
        text = escape_html("".join(_WITHOUT_SPACE.findall(text)))
    return text


_HTML: Final = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
_needs_escape: Final = re.compile("[<>&\u2028\u2029]").search


def escape_html(text: str) -> str:
    """Escape what Go's encoder does beyond the standard's needs.

    Args:
        text: The JSON.

    Returns:
        The same, safe inside HTML.
    """
    return text.translate(_HTML) if _needs_escape(text) else text


def quote(text: str) -> str:
    """Make a JSON string, escaped as Go's encoder does it.

    Args:
        text: The characters.

    Returns:
        The string with its quotes, safe inside HTML.
    """
    return escape_html(encode_basestring(text))
