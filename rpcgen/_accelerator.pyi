"""Optional accelerator in C; its sources are below ``native``."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias, TypeVar, overload

from .errors import DecodeError
from .gob.streams import DecodeFunction as _Decode
from .gob.streams import EncodeFunction as _Encode
from .method import Method
from .protocol.call_options import CallSettings
from .schema import Interface, Schema
from .values.limits import Limits

_T = TypeVar("_T")
_Strings: TypeAlias = Literal["strict", "surrogateescape"]
_Keep: TypeAlias = Callable[[Any], Any]
_Held: TypeAlias = tuple[EncodeFunction, bytes]
_HeldTyped: TypeAlias = tuple[
    Callable[[Any], object], Callable[[Any], object], dict[object, _Held | None]
]

INTERFACE: Final[int]

class EncodeFunction:
    def __new__(
        cls,
        plan: tuple[tuple[object, ...], ...],
        root: int,
        fallback: _Encode,
        reraise_interrupt: Callable[[BaseException], None],
        /,
    ) -> EncodeFunction: ...
    @property
    def encode(self) -> _Encode: ...

class DecodeProgram:
    def __new__(
        cls,
        plan: tuple[tuple[object, ...], ...],
        root: int,
        has_number: bool,
        is_counted: bool,
        /,
    ) -> DecodeProgram: ...
    @property
    def is_alone(self) -> bool: ...

class DecodeMessage:
    def __new__(
        cls, program: DecodeProgram, head: bytes, width: int, most: int, depth: int, /
    ) -> DecodeMessage: ...

class DecodeFunction:
    def __new__(cls, program: DecodeProgram, fallback: _Decode, /) -> DecodeFunction: ...
    @property
    def decode(self) -> _Decode: ...
    @property
    def program(self) -> DecodeProgram: ...
    @property
    def fallback(self) -> _Decode: ...

class MessageEncoder:
    @property
    def _whole(self) -> dict[object, tuple[EncodeFunction, bytes] | None]: ...
    @property
    def _interfaces(
        self,
    ) -> dict[Interface, dict[type, _Held | _HeldTyped | None]]: ...
    @overload
    def encode(self, value: _T, schema: type[_T] | Schema[_T]) -> bytes: ...
    @overload
    def encode(self, value: object, schema: object = None) -> bytes: ...
    def encode_after(self, ahead: bytes, value: object, schema: object = None) -> bytes: ...
    def encode_parts_after(
        self, ahead: bytes, value: object, schema: object = None
    ) -> list[bytes]: ...

class Stream:
    _data: bytes
    _pos: int
    _base: int
    _chunks: list[bytes | memoryview]
    _size: int
    _needed: int
    _owed: bool
    _broken: DecodeError | None
    @property
    def _whole(self) -> dict[object, DecodeMessage]: ...
    @property
    def _interfaces(
        self,
    ) -> dict[Interface, dict[bytes, tuple[DecodeProgram, int, _Keep | None, int] | None]]: ...
    def feed(self, data: bytes | bytearray | memoryview, /) -> None: ...
    @property
    def pending(self) -> int: ...
    def decode(self, schema: Any = None) -> Any: ...
    def decode_after(self, data: bytes, pos: int, schema: object, /) -> Any: ...

class SingleEncoder:
    def __new__(
        cls,
        by_schema: Mapping[object, tuple[bytes, object]],
        by_class: Mapping[object, tuple[bytes, object]],
        fallback: Callable[[object, object, _Strings], bytes],
        /,
    ) -> SingleEncoder: ...
    def encode(self, value: object, schema: object, strings: _Strings, /) -> bytes: ...

class SingleDecoder:
    def __new__(
        cls,
        known: Mapping[object, tuple[bytes, list[Any]]],
        limits: Limits,
        fallback: Callable[[bytes, object, _Strings, bool, Limits], Any],
        reraise_interrupt: Callable[[BaseException], None],
        /,
    ) -> SingleDecoder: ...
    def decode(
        self, data: bytes, schema: object, strings: _Strings, strict_names: bool, limits: Limits, /
    ) -> Any: ...

class JsonEncoder:
    def __new__(
        cls,
        plan: tuple[tuple[object, ...], ...],
        root: int,
        fallback: Callable[[Any], str],
        reraise_interrupt: Callable[[BaseException], None],
        /,
    ) -> JsonEncoder: ...
    @property
    def encode(self) -> Callable[[Any], str]: ...

class JsonDecoder:
    def __new__(
        cls,
        plan: tuple[tuple[object, ...], ...],
        root: int,
        fallback: Callable[[Any], Any],
        reraise_interrupt: Callable[[BaseException], None],
        /,
    ) -> JsonDecoder: ...
    @property
    def decode(self) -> Callable[[Any], Any]: ...

class HeaderReader:
    def decode(self) -> Any: ...
    def next(self) -> Any: ...
    def _prepare(
        self,
        stream: Stream,
        known: dict[bytes, tuple[str, int]],
        make: Callable[..., Any],
        slots: tuple[tuple[object, object], ...] | None,
        make_timed: Callable[..., Any] | None,
        timed_slots: tuple[tuple[object, object], ...] | None,
        /,
    ) -> None: ...

class Exchange:
    def call(self, method: Method[Any, Any], args: object, settings: CallSettings, /) -> Any: ...
    def _prepare(
        self, parts: tuple[object, ...], descriptor: int, idle: float, spin: float, /
    ) -> None: ...

class ServerCalls:
    def __new__(
        cls,
        session: Any,
        headers: HeaderReader,
        encoder: MessageEncoder,
        heads: dict[str, list[bytes]],
        call_type: type[Any],
        slots: tuple[object, ...],
        next_in_python: Callable[[], Any],
        reply_in_python: Callable[[Any, Any], Sequence[bytes]],
        /,
    ) -> ServerCalls: ...
    def next(self) -> Any: ...
    def reply_parts(self, call: Any, value: object, /) -> Sequence[bytes]: ...

class ServerSteps:
    def __new__(
        cls,
        calls: ServerCalls,
        execution: Any,
        clock: Callable[[], float],
        set_current: Callable[[Any], object],
        unanswerable: type[Any],
        started: Callable[[Any], None],
        succeeded: Callable[[Any, Any], Sequence[bytes]],
        /,
    ) -> ServerSteps: ...
    def started(self, call: Any, /) -> None: ...
    def succeeded(self, call: Any, reply: object, /) -> Sequence[bytes]: ...

class ServerExecutor:
    def __new__(
        cls,
        steps: ServerSteps,
        connection: Any,
        encoding: object,
        lock: object,
        send_buffer: object,
        execute_in_python: Callable[[Any], float],
        /,
    ) -> ServerExecutor: ...
    def execute(self, call: Any, /) -> float: ...

class ServerTurn:
    def __new__(cls, parts: tuple[object, ...], many: int, /) -> ServerTurn: ...
    def on_ready(self, term: Any, events: int, is_alone: bool = False) -> bool: ...
    def flush_turn(self, term: Any, /) -> bool: ...
