"""The file of a recording: JSON lines, one for each event, with the bytes as they passed.

::

    {"format": "rpcgen recording", "version": 1, "to": "tcp://127.0.0.1:1234", "began": "2026-..."}
    {"time": 0.0021, "connection": 1, "event": "open", "peer": "127.0.0.1:40112"}
    {"time": 0.0025, "connection": 1, "event": "data", "from": "client", "bytes": "Lf+BAwEB..."}
    {"time": 0.0031, "connection": 1, "event": "data", "from": "server", "bytes": "NP+DAwEB..."}
    {"time": 0.0090, "connection": 1, "event": "end", "from": "client"}
    {"time": 0.0093, "connection": 1, "event": "close"}

Times are in seconds since the beginning; bytes are in base64. Each line is written at once and
as a whole, so the file of a recorder that was killed can be read: a last line without its end is
passed over.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Literal, Self, TypeAlias

from attrs import frozen

from rpcgen.errors import DecodeError

__all__ = ["Entry", "EventName", "RecordingWriter", "Side", "read_recording"]

Side: TypeAlias = Literal["client", "server"]

EventName: TypeAlias = Literal["open", "data", "end", "close"]

_FORMAT: Final = "rpcgen recording"

_VERSION: Final = 1

# Only for the owner: what passes may be confidential.
_MODE: Final = 0o600


@frozen
class Entry:
    """One event.

    Attributes:
        time: Seconds since the beginning of the recording.
        connection: Number of the connection, from 1 on.
        event: ``open``, ``data``, ``end`` (one side sends no more) or ``close``.
        side: Who has sent the data, or sends no more; ``client`` for the others.
        data: The bytes of ``data``.
        peer: Address of the client, with ``open``.
    """

    time: float
    connection: int
    event: EventName
    side: Side = "client"
    data: bytes = b""
    peer: str = ""


class RecordingWriter:
    """Writes a recording; a context manager that closes the file.

    Args:
        path: The file, which must not be there: a recording is never written over.
        to: Address of the server.

    Raises:
        FileExistsError: There is such a file.
        OSError: It cannot be made.
    """

    def __init__(self, path: str | Path, to: str) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
        # Without a buffer: a line that was written is in the file, whatever comes next.
        self._file: BinaryIO = open(descriptor, "wb", buffering=0)  # noqa: SIM115
        began = datetime.now(UTC).isoformat(timespec="seconds")
        self._write({"format": _FORMAT, "version": _VERSION, "to": to, "began": began})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def write(self, entry: Entry) -> None:
        """Append an event.

        Args:
            entry: The event.

        Raises:
            OSError: The system takes no more.
        """
        line: dict[str, object] = {
            "time": round(entry.time, 6),
            "connection": entry.connection,
            "event": entry.event,
        }
        if entry.event in ("data", "end"):
            line["from"] = entry.side
        if entry.event == "data":
            line["bytes"] = b64encode(entry.data).decode()
        if entry.event == "open":
            line["peer"] = entry.peer
        self._write(line)

    def _write(self, line: dict[str, object]) -> None:
        rest = memoryview(json.dumps(line).encode() + b"\n")
        while rest:
            rest = rest[self._file.write(rest) :]


def read_recording(path: str | Path) -> Iterator[Entry]:
    """Yield the events of a recording, one after the other.

    Args:
        path: The file.

    Raises:
        OSError: It cannot be read.
        DecodeError: It is no recording, or a line of it is broken.
    """
    with open(path, "rb") as file:
        head = _object(file.readline(), 1)
        if head.get("format") != _FORMAT:
            raise DecodeError(f"{path} is no recording: make one with `rpcgen record -o FILE`")
        if head.get("version") != _VERSION:
            raise DecodeError(f"{path} has a format of version {head.get('version')!r:.20}")
        for number, line in enumerate(file, 2):
            if not line.endswith(b"\n"):
                return  # the recorder was killed while it wrote
            yield _entry(_object(line, number), number)


def _object(line: bytes, number: int) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise DecodeError(f"line {number} of the recording is no object of JSON")
    return found


def _entry(line: dict[str, Any], number: int) -> Entry:
    try:
        time, connection, event = line["time"], line["connection"], line["event"]
        side, peer = line.get("from", "client"), line.get("peer", "")
        data = b64decode(line.get("bytes", ""), validate=True)
    except (KeyError, TypeError, ValueError):
        raise _broken(number) from None
    if event not in ("open", "data", "end", "close") or side not in ("client", "server"):
        raise _broken(number)
    is_number = isinstance(time, int | float) and isinstance(connection, int)
    if not is_number or not isinstance(peer, str):
        raise _broken(number)
    return Entry(float(time), connection, event, side, data, peer)


def _broken(number: int) -> DecodeError:
    return DecodeError(f"line {number} of the recording is no event of a connection")
