"""JSON text: objects out of a stream that has no framing, and values out of text.

The standard library's `json` parses; what is here finds the end of each object,
as the bytes come in, and sees to what Go's parser takes differently.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import DecodeError, TruncatedError
from rpcgen.gob import Limits

__all__ = ["MINUS_ZERO", "ObjectStream", "compact", "members", "parse"]

# ``-0`` is an integer to Python, which has no integer like that; to Go it may be a float.
MINUS_ZERO: Final = -0.0

_QUOTE, _OPENING, _CLOSING = ord('"'), frozenset(b"{["), frozenset(b"}]")
_SPACE: Final = re.compile(rb"[ \t\n\r]*+")
# Everything up to the next bracket, or up to a string that does not end in sight.
_BETWEEN_BRACKETS: Final = re.compile(
    rb'[^"{}\[\]]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}\[\]]*+)*+', re.DOTALL
)
# Everything up to the end of the string.
_INSIDE_STRING: Final = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
# How far one match may go, in bytes, which bounds the memory that it takes.
_WINDOW: Final = 1 << 16
# The object of the message, and the array of its parameters, are not part of the value.
_ENVELOPE_DEPTH: Final = 2


class ObjectStream:
    """Cuts what arrives into objects, however it is split; looks at each byte once."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._buffer = bytearray()
        self._pos = 0
        self._depth = 0
        self._inside_string = False
        # What was wrong with the stream: nothing after it can be understood.
        self._failure = ""
        # The text of the next object, if `ahead` has found it.
        self._found: str | None = None

    def feed(self, data: bytes) -> None:
        """Take bytes that have arrived."""
        self._buffer += data

    @property
    def pending(self) -> int:
        """Number of bytes that were fed and belong to no object yet, white space aside.

        At least 1 once the stream has failed, which `next` tells.
        """
        if self._failure:
            return 1
        if not self._depth and self._buffer:
            self._drop_space()
        return len(self._buffer) + (self._found is not None)

    @property
    def ahead(self) -> int:
        """Size of the next object, 0 unless all of it is there."""
        if self._found is None:
            try:
                self._found = self._next()
            except DecodeError:  # `next` raises it again
                return 0
        return len(self._found)

    def fail(self, reason: str) -> DecodeError:
        """Give the stream up; return the error to raise."""
        self._failure = reason
        self._buffer.clear()
        return DecodeError(reason)

    def next(self) -> str:
        """Return the text of the next object.

        Raises `TruncatedError` until it is there as a whole, and `DecodeError`,
        from then on at every call, where no object begins, or one is too large
        or too deep.
        """
        if self._found is None:
            return self._next()
        text, self._found = self._found, None
        return text

    def _next(self) -> str:
        if self._failure:
            raise DecodeError(self._failure)
        if not self._depth:
            self._skip_space()
        end = self._scan()
        # Go has no limit; without one, a peer could fill the memory.
        if (end or len(self._buffer)) > self._limits.message:
            raise self.fail(f"a message of more than {self._limits.message} bytes")
        if not end:
            raise TruncatedError("the message is not complete")
        text = _text(self._buffer[:end])
        del self._buffer[:end]
        self._pos = 0
        return text

    def _drop_space(self) -> None:
        match = _SPACE.match(self._buffer)
        assert match is not None  # it matches the empty string
        del self._buffer[: match.end()]

    def _skip_space(self) -> None:
        self._drop_space()
        if self._buffer and self._buffer[0] != ord("{"):
            raise self.fail(_not_an_object(self._buffer))

    def _scan(self) -> int:
        """Go on to the end of the object and return its position, 0 if it is not in sight."""
        buffer = self._buffer
        while self._pos < len(buffer):
            pattern = _INSIDE_STRING if self._inside_string else _BETWEEN_BRACKETS
            match = pattern.match(buffer, self._pos, self._pos + _WINDOW)
            assert match is not None  # both match the empty string
            start, self._pos = self._pos, match.end()
            if self._pos == len(buffer):
                break
            byte = buffer[self._pos]
            if byte == _QUOTE:
                self._inside_string = not self._inside_string
            elif self._inside_string:
                if self._pos == start and start + 1 == len(buffer):
                    break  # a backslash whose other half is still to come
                continue  # the end of the window
            elif byte in _OPENING:
                self._depth += 1
                if self._depth > self._limits.depth + _ENVELOPE_DEPTH:
                    raise self.fail("values are nested too deeply")
            elif byte in _CLOSING:
                self._depth -= 1
                if not self._depth:
                    return self._pos + 1
            else:
                continue
            self._pos += 1
        return 0


def _not_an_object(buffer: bytearray) -> str:
    start = buffer[:20].decode(errors="replace")
    return f"json: {start!r} is not the beginning of an object"


def _text(data: bytearray) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        reraise_interrupt(error)
        return data.decode(errors=_EACH_BYTE)


# --- what Go replaces ---------------------------------------------------------------------------

_EACH_BYTE: Final = "rpcgen.each_byte"
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


def _replace_each_byte(error: UnicodeError) -> tuple[str, int]:
    # As Go does, where Python's own "replace" takes several bytes for one character.
    assert isinstance(error, UnicodeDecodeError)
    return _REPLACEMENT * (error.end - error.start), error.end


codecs.register_error(_EACH_BYTE, _replace_each_byte)

_ESCAPE: Final = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


def _replace_lone_surrogate(match: re.Match[str]) -> str:
    return "\\ufffd" if match["lone"] else match[0]


# --- values -------------------------------------------------------------------------------------


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _exact_int(digits: str) -> int | float:
    if digits == "-0":
        return MINUS_ZERO
    try:
        return int(digits)
    except ValueError as error:  # so many digits that it would take long; no type holds them
        reraise_interrupt(error)
        return float(digits)


_quick: Final = json.JSONDecoder(parse_constant=_refuse_constant)
_exact: Final = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_exact_int)


def parse(text: str) -> Any:
    """Return the value that ``text`` is the JSON of. Raises `DecodeError`."""
    text = _with_whole_characters(text.strip(" \t\n\r"))
    value, end = _parse_at(text, 0)
    if end != len(text):
        raise DecodeError("json: more than one value")
    return value


def members(text: str) -> Iterator[tuple[str, Any, str]]:
    """Take an object apart: yield each key, its value, and the text of the value.

    Raises `DecodeError` where ``text`` is not an object.
    """
    text = _with_whole_characters(text)
    pos = _after(text, 0, "{")
    if text[pos : pos + 1] == "}":
        return
    while True:
        match = _PLAIN_KEY.match(text, pos)
        key, start = (match[1], match.end()) if match is not None else _key_at(text, pos)
        value, end = _parse_at(text, start)
        yield key, value, text[start:end]
        pos = _space_end(text, end)
        if text[pos:] == "}":
            return
        pos = _after(text, pos, ",")


# A key without escapes, as all keys are that mean something here, and the colon.
_PLAIN_KEY: Final = re.compile(r'"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*')


def _key_at(text: str, pos: int) -> tuple[str, int]:
    key, pos = _parse_at(text, pos)
    if not isinstance(key, str):
        raise DecodeError("json: a key that is not a string")
    return key, _after(text, _space_end(text, pos), ":")


def _parse_at(text: str, pos: int) -> tuple[Any, int]:
    decoder = _exact if "-0" in text else _quick
    try:
        try:
            return decoder.raw_decode(text, pos)
        except json.JSONDecodeError:
            raise
        except ValueError as error:  # an integer of thousands of digits, or a constant
            reraise_interrupt(error)
            return _exact.raw_decode(text, pos)
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"json: {error}") from None


def _after(text: str, pos: int, character: str) -> int:
    if text[pos : pos + 1] != character:
        raise DecodeError(f"json: {character!r} is missing at character {pos}")
    return _space_end(text, pos + 1)


_SPACES: Final = re.compile(r"[ \t\n\r]*")
_SPACE_CHARACTERS: Final = frozenset(" \t\n\r")


def _space_end(text: str, pos: int) -> int:
    if text[pos : pos + 1] not in _SPACE_CHARACTERS:
        return pos
    match = _SPACES.match(text, pos)
    assert match is not None  # it matches the empty string
    return match.end()


def _with_whole_characters(text: str) -> str:
    """Replace halves of surrogate pairs as Go does: as text they could not be encoded again."""
    if "\\ud" in text or "\\uD" in text:
        return _ESCAPE.sub(_replace_lone_surrogate, text)
    return text


# --- text that is handed on ---------------------------------------------------------------------

_STRING_OR_SPACE: Final = re.compile(r'("(?:[^"\\]|\\.)*+")|[ \t\n\r]+', re.DOTALL)


def compact(text: str) -> str:
    """Return JSON text as Go's encoder hands it on: without white space, safe inside HTML."""
    if not text.isalnum():
        text = _STRING_OR_SPACE.sub(lambda match: match[1] or "", text)
        text = escape_html(text)
    return text


_HTML: Final = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
_needs_escape: Final = re.compile("[<>&\u2028\u2029]").search


def escape_html(text: str) -> str:
    """Escape in JSON text what Go's encoder does beyond the standard's needs."""
    return text.translate(_HTML) if _needs_escape(text) else text
