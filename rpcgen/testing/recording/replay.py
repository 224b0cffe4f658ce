"""`replay`: serves a recording to tests, in place of the server that was recorded."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from attrs import frozen

from rpcgen.code import Code
from rpcgen.errors import ServerError
from rpcgen.gob.untyped import untyped_schema
from rpcgen.method import Handler, Method
from rpcgen.schema import UNTYPED, Schema
from rpcgen.sync import Server
from rpcgen.values.record import Record

from .file import read_recording
from .spell import spell
from .traffic import Body, Call, calls_of

__all__ = ["Replay", "replay"]


@frozen
class Replay:
    """A recording that is served.

    Attributes:
        address: What clients dial, with ``codec``.
        codec: ``gob`` or ``json``, as in the recording.
        server: The server.
    """

    address: str
    codec: Literal["gob", "json"]
    server: Server


@contextmanager
def replay(path: str | Path, *, address: str = "tcp://127.0.0.1:0") -> Iterator[Replay]:
    """Serve a recording: each request is answered as it was then.

    A request is known by its method and arguments, of which fields that are zero do not
    count. Where it was made several times, the answers come in their order, and the last one
    again and again. One that was never made is answered with an error of `Code.NOT_FOUND`.

    Args:
        path: The file.
        address: Where to listen, see `Server.listen`.

    Yields:
        The address and codec.

    Raises:
        OSError: The file cannot be read.
        DecodeError: It is no recording.
        ValueError: It has no call that was answered.
    """
    calls = [call for call in calls_of(read_recording(path)) if call.is_over]
    if not calls:
        raise ValueError(f"{path} has no call that was answered: there is nothing to replay")
    codec = calls[0].codec
    server = Server()
    by_method: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        if call.codec == codec:
            by_method[call.method].append(call)
    services: dict[str, list[Handler]] = defaultdict(list)
    for name, each in by_method.items():
        services[name.rpartition(".")[0]].append(_handler(name, each))
    for service, handlers in services.items():
        server.register_name(service, handlers)
    listener = server.listen(address, codec)
    with server:
        yield Replay(listener.address, codec, server)


def _handler(name: str, calls: list[Call]) -> Handler:
    replies = [call.reply for call in calls if call.reply is not None]
    response = _schema(replies[0]) if replies else UNTYPED
    return Method[Any, Any].of(name, UNTYPED, response).handler(_answering(calls))


def _schema(reply: Body) -> Schema[Any]:
    return untyped_schema(reply.types, reply.type) if reply.type else UNTYPED


def _answering(calls: list[Call]) -> Callable[[Any], Any]:
    """Return the function of a method."""
    answers: dict[object, deque[Call]] = defaultdict(deque)
    for call in calls:
        answers[_key(call.args.value)].append(call)
    lock = threading.Lock()  # guards the answers

    def answer(args: Any) -> Any:
        with lock:
            left = answers.get(_key(args))
            if not left:
                raise ServerError(
                    f"{calls[0].method} {spell(args)} is not in the recording: record it",
                    code=Code.NOT_FOUND,
                )
            call = left.popleft() if len(left) > 1 else left[0]
        if call.error:
            raise ServerError(call.error, code=_code(call))
        return call.reply.value if call.reply is not None else None

    return answer


def _code(call: Call) -> Code:
    number = call.extras.get("Code", call.extras.get("code", 0))
    try:
        return Code(number) or Code.UNKNOWN
    except ValueError:
        return Code.UNKNOWN


def _key(value: object) -> object:
    """Return a value that is equal for equal arguments, whatever zeros they leave out."""
    match value:
        case Record():
            return _fields(value.asdict())
        case dict():
            return _fields(value)
        case list() | tuple():
            return tuple(_key(item) for item in value)
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return value


def _fields(fields: dict[str, Any]) -> object:
    keys = {(_key(name), _key(each)) for name, each in fields.items() if not _is_zero(each)}
    return frozenset(keys)


def _is_zero(value: object) -> bool:
    if isinstance(value, Record):
        return all(map(_is_zero, value.values))
    return not value
