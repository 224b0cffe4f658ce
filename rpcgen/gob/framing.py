"""Bytes of a gob stream, as they come, cut into messages: each is a length and so many bytes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final, NoReturn

from ..errors import DecodeError, TruncatedError
from .receive_buffer import ReceiveBuffer

__all__ = ["LARGE_MESSAGE_BYTES", "WINDOW_BYTES", "MessageBuffer", "bounds", "is_negative"]

WINDOW_BYTES: Final = 1 << 18
"""Number of bytes of a stream that are looked at together, unless a message is larger."""

LARGE_MESSAGE_BYTES: Final = 65536
"""Size in bytes above which buffers are dropped after use, and not copied after a ``[]byte``."""

# Type definitions that `MessageBuffer.ahead` passes over at most.
_MOST_LOOKED_AT: Final = 64


class MessageBuffer:
    """The bytes of one stream that were fed and not used yet, and where the next message is.

    What knows values moves the position on, and says what it lacks.

    Args:
        data: The first bytes of the stream.
        largest: Maximum size of a message in bytes; see `Limits.message`.
    """

    def __init__(self, data: bytes, largest: int) -> None:
        self._largest = largest
        self._data = bytes(data)
        self._pos = 0
        # The place of the data in the stream, for offsets in errors.
        self._base = 0
        # Bytes that were fed since the data was last put together, and their size.
        self._chunks: list[bytes | memoryview] = []
        self._size = 0
        # Where some of the chunks are, if `get_buffer` was asked for.
        self._receive_buffer: ReceiveBuffer | None = None
        # Number of bytes that there must be before it makes sense to look again.
        self._needed = 1
        # Bytes after those that `across` has put together, and the place where they begin.
        self._tail = b""
        self._after = 0
        # True while definitions were read whose value has not come yet.
        self._owed = False
        self._broken: DecodeError | None = None
        # The end of the message that is being decoded; the generated code looks at it.
        self.end = 0

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Add bytes to the end of the stream.

        Args:
            data: The bytes, any number of them.
        """
        if self._pos == len(self._data) and not self._chunks:
            self._base += self._pos
            self._data = bytes(data)
            self._pos = 0
        else:
            self._chunks.append(bytes(data))
            self._size += len(data)

    def get_buffer(self) -> memoryview:
        """Return memory for the next bytes of the stream, up to `needed` of them.

        Put them there and say how many with `buffer_updated`: what belongs to a large
        message is then copied less often than with `feed`.
        """
        self._receive_buffer = self._receive_buffer or ReceiveBuffer()
        return self._receive_buffer.get_buffer(self.needed, self._buffered)

    def buffer_updated(self, count: int) -> None:
        """Add the first bytes of the memory that `get_buffer` has returned to the stream.

        Args:
            count: Number of these bytes.
        """
        assert self._receive_buffer is not None
        self._chunks.append(self._receive_buffer.commit(count))
        self._size += count

    @property
    def _buffered(self) -> int:
        """Number of bytes that were fed and not used yet."""
        return len(self._data) - self._pos + self._size

    @property
    def pending(self) -> int:
        """Number of bytes that were fed and belong to no value yet: 0 at a clean end."""
        return len(self._data) - self._pos + self._size or (1 if self._owed else 0)

    @property
    def needed(self) -> int:
        """Number of missing bytes, as far as is known, after there was a `TruncatedError`.

        At least 1, and no more than a message may have. The sender has said so,
        which is no reason to believe that they will come.
        """
        return max(1, self._needed - self._buffered)

    @property
    def ahead(self) -> int:
        """Size in bytes of the next value with its definitions, 0 unless all of it is there.

        0 as well for a ``[]byte`` or string by itself, which is no more work
        than a copy. An estimate: interface values can continue in messages of
        their own, and of many definitions not all are looked at.
        """
        data, pos, held = self._data, self._pos, self._buffered
        if self._needed > 1 or self._chunks:
            size = max(self._needed, held if self._needed == 1 else 0)
            return 0 if held < size or _is_copy(data, pos) else size
        for _ in range(_MOST_LOOKED_AT):
            start, after = bounds(data, pos)
            if not start < after <= len(data):
                return 0
            if not is_negative(data, start):
                return 0 if _is_copy(data, pos) else after - self._pos
            pos = after
        return held

    # --- the next message ---------------------------------------------------------------------

    def _message(self, pos: int) -> int:
        """Return where the message at ``pos`` begins, after its length; `end` becomes its end.

        Raises `TruncatedError` if it is not there as a whole.
        """
        data = self._data
        if pos >= len(data):
            self._need(pos + 1)
        size = data[pos]
        start = pos + 1
        if size > 127:
            start = pos + 257 - size
            if size < 248:
                self._desync(f"a length of {256 - size} bytes, which is more than 8", pos)
            if start > len(data):
                self._need(start)
            size = int.from_bytes(data[pos + 1 : start])
        if size > self._largest:
            self._desync(
                f"a message of {size} bytes; the limit is {self._largest} (Limits.message)", pos
            )
        self.end = start + size
        if self.end > len(data):
            self._need(self.end)
        return start

    def _need(self, end: int) -> None:
        """Take note that the data must go on to a place. Raises `TruncatedError`."""
        self._needed = end - self._pos
        raise TruncatedError(self._eof(), self._base + len(self._data))

    def _eof(self) -> str:
        """Return what Go would say if nothing came any more: a value is cut, or all is over."""
        return "unexpected EOF" if self.pending else "EOF"

    def _desync(self, reason: str, pos: int) -> NoReturn:
        """End the stream, since nobody knows where its next message begins."""
        error = DecodeError(reason, self._base + pos)
        self._break(error)
        raise error

    def _break(self, error: DecodeError) -> None:
        """Let every further call fail with the same error."""
        self._broken = error

    def _consume(self, pos: int) -> None:
        self._pos = pos
        self._owed = False
        self._needed = 1

    # --- chunks -------------------------------------------------------------------------------

    def _gather(self) -> None:
        """Put the chunks together: as much as the next message needs, and some more."""
        rest = memoryview(self._data)[self._pos :]
        wanted = 2 * self._needed + WINDOW_BYTES
        if self._receive_buffer is not None or self._buffered <= wanted + WINDOW_BYTES:
            self._replace(b"".join([rest, *self._chunks]), self._pos)
            return
        parts, missing = [rest], wanted - len(rest)
        chunks: Iterator[bytes | memoryview] = iter(self._chunks)
        for chunk in chunks:
            parts.append(memoryview(chunk)[:missing])
            missing -= len(chunk)
            if missing <= 0:
                chunks = chain([memoryview(chunk)[missing:]] if missing else [], chunks)
                break
        self._chunks = list(chunks)
        self._size -= wanted - len(rest)
        self._base += self._pos
        self._data, self._pos = b"".join(parts), 0

    def _split(self) -> None:
        """Set aside most of the data, if the next message is a small part of it.

        What is read beyond the end of a message is then bounded.
        """
        data, pos = self._data, self._pos
        size = (
            data[pos] if data[pos] < 128 else int.from_bytes(data[pos + 1 : pos + 257 - data[pos]])
        )
        if size > WINDOW_BYTES:
            return
        self._chunks.append(memoryview(data)[pos:])
        self._size = len(data) - pos
        self._base += pos
        self._data, self._pos = b"", 0
        self._gather()

    def _replace(self, data: bytes, step: int) -> None:
        """Go on with other data, which begins so many bytes after this and holds all chunks."""
        self._base += step
        self._data = data
        self._pos = self._size = 0
        self._chunks.clear()
        if self._receive_buffer is not None:
            self._receive_buffer.release()
            self._receive_buffer = None

    def _drop_used_message(self) -> None:
        """Keep no large message that is used up: nothing more may come for long."""
        if self._pos == len(self._data) > LARGE_MESSAGE_BYTES and not self._chunks:
            self._replace(b"", self._pos)

    def across(self, data: bytes, pos: int, after: int) -> tuple[bytes, bytes, int]:
        """Return bytes that begin in the data and end in a chunk: the generated code calls this.

        Args:
            data: The data.
            pos: Position in it where the bytes begin.
            after: Position after them, if it went on.

        Returns:
            The bytes; the data that follows them, and the position in it, to go on with.

        Raises:
            IndexError: The bytes are not there, or much follows.
        """
        if data is not self._data:
            raise IndexError("a second part in chunks")
        parts: list[bytes | memoryview] = [memoryview(data)[pos:]]
        missing, chunks = after - len(data), iter(self._chunks)
        last: bytes | memoryview = b""
        for last in chunks:
            if missing <= len(last):
                break
            parts.append(last)
            missing -= len(last)
        parts.append(memoryview(last)[:missing])
        collected = b"".join(parts)
        tail = b"".join([memoryview(last)[missing:], *chunks])
        if len(collected) != after - pos or len(tail) > LARGE_MESSAGE_BYTES:
            raise IndexError("the bytes are not there, or much follows")
        self.end -= after
        self._tail, self._after = tail, after
        return collected, tail, 0


def bounds(data: bytes, pos: int) -> tuple[int, int]:
    """Return where the message at ``pos`` begins after its length, and ends; 0, 0 if unknown."""
    try:
        size = data[pos]
        if size < 128:
            return pos + 1, pos + 1 + size
        start = pos + 257 - size
        return start, start + int.from_bytes(data[pos + 1 : start])
    except IndexError:
        return 0, 0


def is_negative(data: bytes, pos: int) -> bool:
    """Say whether the int at ``pos`` is negative, as the ids of definitions are."""
    first = data[pos]
    last = pos if first < 128 else pos + 256 - first
    return data[last : last + 1] != b"" and bool(data[last] & 1)


def _is_copy(data: bytes, pos: int) -> bool:
    """Say whether the value at ``pos`` is a ``[]byte`` or a string, by the ids of those."""
    start, _ = bounds(data, pos)
    return start > 0 and data[start : start + 1] in (b"\x0a", b"\x0c")
