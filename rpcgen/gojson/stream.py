"""`ObjectStream`: JSON objects out of a stream that has no framing."""

from __future__ import annotations

import re
from array import array
from itertools import accumulate
from typing import Final

from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import DecodeError, TruncatedError
from rpcgen.values.limits import Limits

__all__ = ["ObjectStream"]

_QUOTE, _OPENING, _CLOSING = ord('"'), frozenset(b"{["), frozenset(b"}]")
_SPACE: Final = re.compile(rb"[ \t\n\r]*+")
# Everything up to the next bracket, or up to a string that does not end in sight.
_BETWEEN_BRACKETS: Final = re.compile(
    rb'[^"{}\[\]]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}\[\]]*+)*+', re.DOTALL
)
# Everything up to the end of the string.
_INSIDE_STRING: Final = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
# Maximum length of one match in bytes, which bounds the memory that it takes.
_MAX_MATCH_BYTES: Final = 1 << 16
# Everything up to a string that does not end in sight.
_WHOLE_STRINGS: Final = re.compile(rb'[^"]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"]*+)*+', re.DOTALL)
_STRINGS: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
# Change of depth by brackets, as signed bytes; and all other bytes.
_STEPS: Final = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[{]}"))
# Number of brackets looked at one by one; where they come in fewer bytes than that, it is faster
# to look at a whole window.
_BRACKETS_PER_SCAN: Final = 64
_DENSE_BYTES: Final = 1024
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
        # The text of the next object, if `ahead` has found it.
        self._found: str | None = None
        # Fault of the stream, after which nothing can be understood.
        self._failure = ""

    def feed(self, data: bytes) -> None:
        """Take bytes that have arrived.

        Args:
            data: The bytes.
        """
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
        """Give the stream up.

        Args:
            reason: What is wrong with it.

        Returns:
            The error to raise.
        """
        self._failure, self._found = reason, None
        self._buffer.clear()
        return DecodeError(reason)

    def next(self) -> str:
        """Return the next object.

        Returns:
            Its text, with lone surrogates for bytes that are no UTF-8, as
            ``surrogateescape`` makes them.

        Raises:
            TruncatedError: If it is not there as a whole.
            DecodeError: If no object begins there, or one is too large or too
                deep; from then on at every call.
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
            raise self.fail(f"a message of more than {self._limits.message} bytes (Limits.message)")
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
        size, start, window = len(self._buffer), -1, _MAX_MATCH_BYTES
        while start < self._pos < size:
            start = self._pos
            end = self._scan_brackets()
            if end:
                return end
            if self._pos - start < _DENSE_BYTES <= window and not self._inside_string:
                # No further than what is behind, so that what comes to nothing costs little.
                ahead = min(window, self._pos)
                if not self._skip_brackets(self._pos + ahead):
                    window = ahead // 2
        return 0

    def _skip_brackets(self, end: int) -> bool:
        """Go on to ``end``, or a string on the way, unless the object ends before."""
        match = _WHOLE_STRINGS.match(self._buffer, self._pos, end)
        assert match is not None  # it matches the empty string
        steps = _STRINGS.sub(b"", match[0]).translate(_STEPS, _NO_BRACKETS)
        depths = list(accumulate(array("b", steps), initial=self._depth))
        if min(depths) < 1 or max(depths) > self._limits.depth + _ENVELOPE_DEPTH:
            return False
        self._pos, self._depth = match.end(), depths[-1]
        return True

    def _scan_brackets(self) -> int:
        """Go on by some brackets or to the end of the object; see `_scan`."""
        buffer = self._buffer
        for _ in range(_BRACKETS_PER_SCAN):
            pattern = _INSIDE_STRING if self._inside_string else _BETWEEN_BRACKETS
            match = pattern.match(buffer, self._pos, self._pos + _MAX_MATCH_BYTES)
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
                    raise self.fail(
                        f"values are nested too deeply; the limit is {self._limits.depth} "
                        "(Limits.depth)"
                    )
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
        return data.decode(errors="surrogateescape")
