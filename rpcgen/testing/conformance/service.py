"""The service ``Conformance``, which a server must offer to be looked at.

In Go::

    type Value struct {
        Name   string
        Number int
        Ratio  float64
        Flag   bool
        Data   []byte
        List   []string
        Counts map[string]int
        Inner  *Value
    }

    func (Conformance) EchoInt(args int64, reply *int64) error       // and so on: the argument
    func (Conformance) EchoUint(args uint64, reply *uint64) error
    func (Conformance) EchoFloat(args float64, reply *float64) error
    func (Conformance) EchoBool(args bool, reply *bool) error
    func (Conformance) EchoString(args string, reply *string) error
    func (Conformance) EchoBytes(args []byte, reply *[]byte) error
    func (Conformance) EchoInts(args []int64, reply *[]int64) error
    func (Conformance) EchoMap(args map[string]int64, reply *map[string]int64) error
    func (Conformance) EchoValue(args Value, reply *Value) error
    func (Conformance) Fail(text string, reply *int64) error         // the error has this text
    func (Conformance) Wait(name string, reply *string) error        // the name, once released
    func (Conformance) Release(name string, reply *bool) error       // lets Wait of that name go on
"""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import Any

from attrs import define, field

from rpcgen.errors import ServerError
from rpcgen.method import Handler, Method
from rpcgen.protocol.registry import Registry
from rpcgen.types import Int64, Uint64, wire

__all__ = [
    "ECHO_BOOL",
    "ECHO_BYTES",
    "ECHO_FLOAT",
    "ECHO_INT",
    "ECHO_INTS",
    "ECHO_MAP",
    "ECHO_STRING",
    "ECHO_UINT",
    "ECHO_VALUE",
    "FAIL",
    "RELEASE",
    "SERVICE",
    "WAIT",
    "Value",
    "register_conformance",
]

SERVICE = "Conformance"

# Maximum time in seconds that a call waits to be released.
_GATE_TIMEOUT_S = 60.0


@wire("Value")
@define
class Value:
    """A struct of many kinds, which may hold another."""

    name: str = ""
    number: int = 0
    ratio: float = 0.0
    flag: bool = False
    data: bytes = b""
    list: list[str] = field(factory=list)
    counts: dict[str, int] = field(factory=dict)
    inner: Value | None = None


ECHO_INT = Method[Int64, Int64](f"{SERVICE}.EchoInt")
ECHO_UINT = Method[Uint64, Uint64](f"{SERVICE}.EchoUint")
ECHO_FLOAT = Method[float, float](f"{SERVICE}.EchoFloat")
ECHO_BOOL = Method[bool, bool](f"{SERVICE}.EchoBool")
ECHO_STRING = Method[str, str](f"{SERVICE}.EchoString")
ECHO_BYTES = Method[bytes, bytes](f"{SERVICE}.EchoBytes")
ECHO_INTS = Method[list[Int64], list[Int64]](f"{SERVICE}.EchoInts")
ECHO_MAP = Method[dict[str, Int64], dict[str, Int64]](f"{SERVICE}.EchoMap")
ECHO_VALUE = Method[Value, Value](f"{SERVICE}.EchoValue")
FAIL = Method[str, Int64](f"{SERVICE}.Fail")
WAIT = Method[str, str](f"{SERVICE}.Wait")
RELEASE = Method[str, bool](f"{SERVICE}.Release")

_ECHOES: tuple[Method[Any, Any], ...] = (
    ECHO_INT,
    ECHO_UINT,
    ECHO_FLOAT,
    ECHO_BOOL,
    ECHO_STRING,
    ECHO_BYTES,
    ECHO_INTS,
    ECHO_MAP,
    ECHO_VALUE,
)


def register_conformance(server: Registry) -> None:
    """Serve ``Conformance``, on a server of either API.

    Args:
        server: The server.
    """
    gates: defaultdict[str, threading.Event] = defaultdict(threading.Event)
    lock = threading.Lock()  # guards the gates

    def gate(name: str) -> threading.Event:
        with lock:
            return gates[name]

    def wait(name: str) -> str:
        gate(name).wait(_GATE_TIMEOUT_S)
        return name

    def release(name: str) -> bool:
        gate(name).set()
        return True

    handlers: list[Handler] = [echo.handler(_same) for echo in _ECHOES]
    handlers += [FAIL.handler(_fail), WAIT.handler(wait), RELEASE.handler(release)]
    server.register_name(SERVICE, handlers)


def _same(value: Any) -> Any:
    return value


def _fail(text: str) -> int:
    raise ServerError(text)
