"""The cases: each a function of the server that raises `CaseError` where it is not as Go's."""

from __future__ import annotations

import math
import socket
import uuid
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeAlias, TypeVar

from attrs import define, field, frozen

from rpcgen.method import Method
from rpcgen.protocol.client import CANCEL
from rpcgen.protocol.headers import CancelArgs, ExtendedRequest, Request
from rpcgen.types import wire

from .peer import CaseError, Peer, Target
from .service import (
    ECHO_BOOL,
    ECHO_BYTES,
    ECHO_FLOAT,
    ECHO_INT,
    ECHO_INTS,
    ECHO_MAP,
    ECHO_STRING,
    ECHO_UINT,
    ECHO_VALUE,
    FAIL,
    RELEASE,
    SERVICE,
    WAIT,
    Value,
)

__all__ = ["CASES", "Case"]

Check: TypeAlias = Callable[[Target], None]


T = TypeVar("T")


@frozen
class Case(Generic[T]):
    """One case, of a server, or of a program with a codec.

    Attributes:
        name: Its name.
        about: What the server must do.
        check: Raises `CaseError` or `OSError` where the server does not.
    """

    name: str
    about: str
    check: Callable[[T], None] = field(repr=False)


@wire("Value")
@define
class _OtherValue:
    """A `Value` of another version: it lacks fields, and has one that the server's lacks."""

    number: int = 0
    only_here: str = ""
    name: str = ""


_OTHER = Method[_OtherValue, _OtherValue](ECHO_VALUE.name)

_FULL = Value(
    "näme",
    -(2**40),
    0.1,
    True,
    bytes(range(256)),
    ["", "two"],
    {"": 0, "a": -1},
    Value("inner", inner=Value(flag=True)),
)


def _want(is_so: bool, problem: str) -> None:
    if not is_so:
        raise CaseError(problem)


def _echo(method: Method[Any, Any], values: Iterable[object]) -> Check:
    def check(target: Target) -> None:
        with target.connect() as peer:
            for value in values:
                back = peer.call(method, value)
                _want(back == value, f"{value!r:.100} comes back as {back!r:.100}")

    return check


def _still_answers(peer: Peer) -> None:
    _want(peer.call(ECHO_INT, 7) == 7, "the next call on the connection is not answered")


def _refuses(name: str, beginning: str) -> Check:
    def check(target: Target) -> None:
        with target.connect() as peer:
            answer = peer.ask(Method[int, int](name), 1)
            _want(bool(answer.error), f"a call of {name} is answered without an error")
            is_gos = answer.error.startswith(beginning)
            _want(is_gos, f"the error is {answer.error!r:.200}, and Go's begins with {beginning!r}")
            _still_answers(peer)

    return check


def _error(target: Target) -> None:
    with target.connect() as peer:
        for text in ("divide by zero", "ä" * 300):
            answer = peer.ask(FAIL, text)
            _want(answer.error == text, f"the error is {answer.error!r:.100}, not {text!r:.100}")
        _still_answers(peer)


def _bad_body(target: Target) -> None:
    with target.connect() as peer:
        answer = peer.ask(Method[str, int](ECHO_INT.name), "no number")
        _want(bool(answer.error), "a text for a number is answered without an error")
        _still_answers(peer)


def _sequential(target: Target) -> None:
    with target.connect() as peer:
        for number in range(200):
            _want(peer.call(ECHO_INT, number) == number, f"call {number} has a wrong reply")


def _pipelined(target: Target) -> None:
    with target.connect() as peer:
        sent = dict(peer.encode(ECHO_INT, number) for number in range(200))
        peer.socket.sendall(b"".join(sent.values()))
        for _ in sent:
            answer = peer.receive()
            _want(answer.value == answer.seq, f"call {answer.seq} has reply {answer.value!r}")


def _parallel(target: Target) -> None:
    name = uuid.uuid4().hex
    with target.connect() as peer:
        held = peer.send(WAIT, name)
        try:
            answer = peer.ask(ECHO_INT, 1)
        except CaseError as error:
            raise CaseError(f"while a call waits, the next one has {error}") from None
        _want(answer.value == 1, "the call beside one that waits has a wrong reply")
        released = peer.send(RELEASE, name)
        found = {answer.seq: answer for answer in (peer.receive(), peer.receive())}
        _want(set(found) == {held, released}, f"answers came to {sorted(found)}")
        _want(found[held].value == name, "the call that waited has a wrong reply")


def _connections(target: Target) -> None:
    name = uuid.uuid4().hex
    with target.connect() as waiting, target.connect() as other:
        waiting.send(WAIT, name)
        _still_answers(other)
        other.call(RELEASE, name)
        _want(waiting.receive().value == name, "the call that waited has a wrong reply")


def _numbers(target: Target) -> None:
    with target.connect() as peer:
        for seq in (5, 70_000, 2**40, 2**63 - 1):
            answer = peer.ask(ECHO_INT, 7, Request(ECHO_INT.name, seq))
            _want(answer.value == 7, f"request {seq} has a wrong reply")


def _byte_by_byte(target: Target) -> None:
    with target.connect() as peer:
        if peer.socket.family != socket.AF_UNIX:
            peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _, data = peer.encode(ECHO_VALUE, _FULL)
        for byte in data:
            peer.socket.sendall(bytes((byte,)))
        _want(peer.receive().value == _FULL, "the value comes back changed")


def _half_close(target: Target) -> None:
    with target.connect() as peer:
        _, data = peer.encode(ECHO_INT, 7)
        peer.socket.sendall(data)
        peer.socket.shutdown(socket.SHUT_WR)
        _want(peer.receive().value == 7, "what was asked before the end has a wrong reply")
        peer.expect_end()


def _other_version(target: Target) -> None:
    with target.connect() as peer:
        back = peer.call(_OTHER, _OtherValue(7, "unknown", "name"))
        expected = _OtherValue(7, "", "name")
        _want(back == expected, f"{expected} is expected back, and {back} has come")


def _extended_header(target: Target) -> None:
    with target.connect() as peer:
        _still_answers(peer)
        header = ExtendedRequest(ECHO_INT.name, 9, timeout=60 * 10**9, metadata={"tenant": "a"})
        answer = peer.ask(ECHO_INT, 7, header)
        _want(answer.value == 7, f"such a request is answered with {answer.error!r:.200}")
        _still_answers(peer)


def _cancel(target: Target) -> None:
    with target.connect() as peer:
        _still_answers(peer)
        peer.ask(CANCEL, CancelArgs((1 << 64) - 1))  # with an error or without
        _still_answers(peer)


def _garbage(target: Target) -> None:
    with target.connect() as peer:
        _still_answers(peer)
        peer.socket.sendall(b"\xf8\x7f\xff\xff\xff\xff\xff\xff\xff" + b"nonsense" * 100)
        peer.expect_end()
    with target.connect() as peer:
        _still_answers(peer)


def _vanishing_client(target: Target) -> None:
    with target.connect() as peer:
        _, data = peer.encode(ECHO_BYTES, bytes(1000))
        peer.socket.sendall(data[:-500])
    with target.connect() as peer:
        _still_answers(peer)


_INTS = (0, 1, -1, 63, -64, 127, 128, 255, 256, 2**31, -(2**31), 2**53 - 1, 2**63 - 1, -(2**63))

_STRINGS = ("", "ä🐹", "x" * 5000)

CASES: tuple[Case[Target], ...] = (
    Case("echo-int", "int64 from the least to the greatest", _echo(ECHO_INT, _INTS)),
    Case("echo-uint", "uint64 up to the greatest", _echo(ECHO_UINT, (0, 1, 255, 2**64 - 1))),
    Case(
        "echo-float",
        "float64, the least and the greatest",
        _echo(ECHO_FLOAT, (0.0, 1.0, -1.5, 0.1, 5e-324, 1.7976931348623157e308, math.pi)),
    ),
    Case("echo-bool", "both", _echo(ECHO_BOOL, (True, False))),
    Case("echo-string", "empty, long and beyond ASCII", _echo(ECHO_STRING, _STRINGS)),
    Case("echo-bytes", "[]byte, all values", _echo(ECHO_BYTES, (bytes(range(256)), b"\0"))),
    Case("echo-slice", "[]int64", _echo(ECHO_INTS, ([1], [0, -1, 2**40], [7] * 1000))),
    Case("echo-map", "map[string]int64", _echo(ECHO_MAP, ({"a": 1}, {"": 0, "ä": -(2**40)}))),
    Case("echo-struct", "a struct of all kinds, nested", _echo(ECHO_VALUE, (_FULL, _FULL.inner))),
    Case("echo-zero", "a struct whose fields are all zero", _echo(ECHO_VALUE, (Value(),))),
    Case("other-version", "fields go by name; unknown ones are skipped", _other_version),
    Case("large", "a message of 4 MiB", _echo(ECHO_BYTES, (bytes(4 << 20),))),
    Case("error", "an error's text comes as it is, and the connection goes on", _error),
    Case(
        "unknown-method",
        "an error as Go's, and the connection goes on",
        _refuses(f"{SERVICE}.NoSuchMethod", "rpc: can't find method"),
    ),
    Case(
        "unknown-service",
        "an error as Go's, and the connection goes on",
        _refuses("NoSuchService.Method", "rpc: can't find service"),
    ),
    Case(
        "ill-formed-method",
        "a name without a dot: an error as Go's, and the connection goes on",
        _refuses("NoDot", "rpc: service/method request ill-formed"),
    ),
    Case("bad-body", "arguments of another type: an error, and the connection goes on", _bad_body),
    Case("sequential", "200 calls, one after the other", _sequential),
    Case("pipelined", "200 requests at once, each with its own reply", _pipelined),
    Case("parallel", "calls of a connection do not wait for each other", _parallel),
    Case("connections", "connections do not wait for each other", _connections),
    Case("numbers", "any sequence number comes back", _numbers),
    Case("byte-by-byte", "a request in pieces of one byte", _byte_by_byte),
    Case("half-close", "what was asked before the client's end is answered", _half_close),
    Case("extended-header", "fields of the header that the server does not know", _extended_header),
    Case("cancel", "a notice that a call is given up is answered, anyhow", _cancel),
    Case("garbage", "bytes that are no request end their connection alone", _garbage),
    Case("vanishing-client", "a client that is gone harms nobody else", _vanishing_client),
)
