"""`Traffic`: makes calls of the bytes that pass, whatever the services are.

gob describes its types, so nothing else is needed to read it. JSON is read as it is. A
connection that begins with CONNECT is one of gob after the answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal, Protocol, TypeAlias

from attrs import define, field

from rpcgen.errors import DecodeError, TruncatedError
from rpcgen.gob import Decoder
from rpcgen.gob.wire import WireType
from rpcgen.gojson.stream import ObjectStream
from rpcgen.protocol.headers import CANCEL_METHOD, NOTICE_SEQ
from rpcgen.values.record import Record

from .file import Entry, Side

__all__ = ["Body", "Call", "Note", "Passed", "Traffic", "calls_of"]

# Maximum size in bytes of the head of an HTTP request or response.
_MAX_HEAD: Final = 65536

_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")


@define
class Body:
    """Arguments or a reply.

    Attributes:
        value: Plain Python data, structs as `Record` (gob) or dict (JSON).
        type: Number of the type in the stream, 0 with JSON.
        types: The types of the stream, by their numbers; they grow with it.
    """

    value: Any
    type: int = 0
    types: dict[int, WireType] = field(factory=dict, repr=False)


@define
class Call:
    """One call.

    Attributes:
        connection: Number of the connection.
        codec: ``gob`` or ``json``.
        method: Its name on the wire.
        args: The arguments.
        began: Time in seconds at which the request has passed.
        reply: The reply, None as long as there is none, and with an error.
        error: Text of the error, empty without one.
        ended: Time in seconds at which the response has passed, -1 as long as none has.
        extras: What the headers had beyond Go's, by the names of the fields.
    """

    connection: int
    codec: Literal["gob", "json"]
    method: str
    args: Body
    began: float
    reply: Body | None = None
    error: str = ""
    ended: float = -1.0
    extras: dict[str, Any] = field(factory=dict)

    @property
    def is_over(self) -> bool:
        """True once the response has passed."""
        return self.ended >= 0


@define
class Note:
    """Something that is no call: what a connection does, or that it cannot be read."""

    connection: int
    text: str
    is_fault: bool = False


Passed: TypeAlias = Call | Note
"""Events of the traffic: a call twice, as it begins and as it is over."""


class Traffic:
    """Reads the events of a recording, as they come or from a file."""

    def __init__(self) -> None:
        self._connections: dict[int, _Connection] = {}

    def take(self, entry: Entry) -> Iterator[Passed]:
        """Take an event; yield what has passed with it.

        Args:
            entry: The event.
        """
        number = entry.connection
        match entry.event:
            case "open":
                self._connections[number] = _Connection(number)
                yield Note(number, f"opened by {entry.peer}" if entry.peer else "opened")
            case "data":
                connection = self._connections.setdefault(number, _Connection(number))
                yield from connection.take(entry.side, entry.data, entry.time)
            case "close":
                closed = self._connections.pop(number, None)
                pending = closed.pending if closed is not None else 0
                unanswered = f", {pending} calls unanswered" if pending else ""
                yield Note(number, f"closed{unanswered}", is_fault=bool(pending))


def calls_of(entries: Iterable[Entry]) -> list[Call]:
    """Return the calls of a recording, in the order in which they began.

    Args:
        entries: Its events.
    """
    traffic, calls = Traffic(), list[Call]()
    for entry in entries:
        for passed in traffic.take(entry):
            if isinstance(passed, Call) and not passed.is_over:
                calls.append(passed)
    return calls


class _Reader(Protocol):
    """One direction of a connection."""

    def feed(self, data: bytes) -> None: ...

    def next(self) -> _Message: ...


@define
class _Message:
    """A request or a response; ``id`` is what names the call on its connection."""

    id: object
    method: str
    error: str
    body: Body
    extras: dict[str, Any]


class _Connection:
    """One connection."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._codec: Literal["gob", "json"] = "gob"
        self._readers: dict[Side, _Reader] = {}
        self._unread: dict[Side, bytes] = {"client": b"", "server": b""}
        self._is_http = False
        self._is_known = False
        self._unreadable: set[Side] = set()
        self._calls: dict[object, Call] = {}

    @property
    def pending(self) -> int:
        """Number of calls without a response."""
        return len(self._calls)

    def take(self, side: Side, data: bytes, time: float) -> Iterator[Passed]:
        """Take bytes; yield what has passed."""
        if side in self._unreadable:
            return
        try:
            yield from self._take(side, data, time)
        except DecodeError as error:
            self._unreadable.add(side)
            yield Note(self._number, f"what the {side} sends cannot be read: {error}", True)

    def _take(self, side: Side, data: bytes, time: float) -> Iterator[Passed]:
        if side not in self._readers:
            data = self._unread[side] = self._unread[side] + data
            if not self._begin(side):
                return
            data = self._unread.pop(side)
        reader = self._readers[side]
        reader.feed(data)
        while True:
            try:
                message = reader.next()
            except TruncatedError:
                return
            found = self._call(message, time) if side == "client" else self._end(message, time)
            if found is not None:
                yield found

    def _begin(self, side: Side) -> bool:
        """Find out what a direction speaks; return True once that is known."""
        if not self._is_known and not self._look_at_client():
            return False
        if self._is_http and not self._pass_over_head(side):
            return False
        self._readers[side] = _GobReader() if self._codec == "gob" else _JsonReader(side)
        return True

    def _look_at_client(self) -> bool:
        """Look at the first bytes of the client, which say it for both."""
        first = self._unread.get("client", b"")
        start = first.lstrip(b" \t\r\n")
        if not start or (b"CONNECT ".startswith(start[:8]) and len(start) < 8):
            return False
        self._is_http = start.startswith(b"CONNECT ")
        self._codec = "json" if start.startswith(b"{") else "gob"
        self._is_known = True
        return True

    def _pass_over_head(self, side: Side) -> bool:
        data = self._unread[side]
        end = _HEAD_END.search(data)
        if end is None:
            if len(data) > _MAX_HEAD:
                raise DecodeError("the head of HTTP has no end")
            return False
        if side == "server" and b" 200 " not in data.split(b"\n", 1)[0]:
            answer = data.split(b"\n", 1)[0].decode("latin-1").strip()
            raise DecodeError(f"the answer to CONNECT is {answer!r:.100}")
        self._unread[side] = data[end.end() :]
        return True

    def _call(self, message: _Message, time: float) -> Call | None:
        if message.method == CANCEL_METHOD:
            return None
        call = Call(
            self._number, self._codec, message.method, message.body, time, extras=message.extras
        )
        self._calls[message.id] = call
        return call

    def _end(self, message: _Message, time: float) -> Call | Note | None:
        if message.id in (NOTICE_SEQ, str(NOTICE_SEQ)):  # gob, JSON
            return Note(self._number, "the server says that it shuts down")
        call = self._calls.pop(message.id, None)
        if call is None:
            return None  # that of a cancel
        call.ended = time
        call.error = message.error
        call.extras = {**call.extras, **message.extras}
        call.reply = None if message.error else message.body
        return call


class _GobReader:
    """A stream of gob: header and body by turns."""

    def __init__(self) -> None:
        self._decoder = Decoder(strings="surrogateescape")
        self._header: Record | None = None
        self._types: dict[int, WireType] = {}
        self.feed = self._decoder.feed

    def next(self) -> _Message:
        if self._header is None:
            header = self._decoder.decode()
            if not isinstance(header, Record) or "ServiceMethod" not in header.names:
                raise DecodeError("a header of net/rpc is expected")
            self._header = header
        body = self._body()
        fields, self._header = self._header.asdict(), None
        method, seq = fields.pop("ServiceMethod"), fields.pop("Seq", 0)
        error = fields.pop("Error", "")
        if not isinstance(method, str) or not isinstance(error, str):
            raise DecodeError("a header of net/rpc is expected")
        extras = {name: value for name, value in fields.items() if value}
        return _Message(seq, method, error, body, extras)

    def _body(self) -> Body:
        number = self._decoder.next_type()
        try:
            value = self._decoder.decode()
        except TruncatedError:
            raise
        except DecodeError as error:  # the stream goes on behind it, or tells so at the next header
            value = f"cannot be read: {error}"
        types = self._decoder.types
        if len(types) > len(self._types):
            self._types.update(types)
        return Body(value, number, self._types)


class _JsonReader:
    """A stream of JSON objects."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._objects = ObjectStream()
        self.feed = self._objects.feed

    def next(self) -> _Message:
        text = self._objects.next()
        try:
            members = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DecodeError(f"json: {error}") from None
        id = json.dumps(members.pop("id", None))
        if self._side == "client":
            params = members.pop("params", None)
            args = params[0] if isinstance(params, list) and params else params
            method = members.pop("method", "")
            if not isinstance(method, str):
                raise DecodeError("a request of net/rpc is expected")
            return _Message(id, method, "", Body(args), members)
        given, result = members.pop("error", None), members.pop("result", None)
        said = given if isinstance(given, str) else json.dumps(given) if given else ""
        return _Message(id, "", said, Body(result), members)
