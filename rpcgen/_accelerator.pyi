"""Optional accelerator in C; its sources are below ``native``."""

from collections.abc import Callable
from typing import Any

from .gob.streams import DecodeFunction as _Decode
from .gob.streams import EncodeFunction as _Encode

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
    def message(self, ahead: bytes, id: bytes, value: object, /) -> bytes | None: ...

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
    def decode(self, data: bytes, pos: int, stream: object, /) -> tuple[Any, int] | None: ...

class DecodeFunction:
    def __new__(cls, program: DecodeProgram, fallback: _Decode, /) -> DecodeFunction: ...
    @property
    def decode(self) -> _Decode: ...
    @property
    def program(self) -> DecodeProgram: ...
    @property
    def fallback(self) -> _Decode: ...
