"""Text of strangers is harmless."""

from __future__ import annotations

import pytest

from rpcgen.escapes import escaped


@pytest.mark.parametrize(
    "text",
    ["a\nb", "a\r", "\x1b[31m", "\0", "\x7f", "\x85", "\x9b", "\u2028", "\u202e", "\ud800", "a\tb"],
)
def test_escaped_text_is_harmless(text: str) -> None:
    assert escaped(text).isprintable()


@pytest.mark.parametrize("text", ["plain", "Größe 漢字 🎉", ""])
def test_text_that_is_harmless_stays(text: str) -> None:
    assert escaped(text) == text
