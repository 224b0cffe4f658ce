"""Optional accelerator in C; its sources are below ``native``."""

from collections.abc import Callable

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

class DecodeProgram:
    def __new__(
        cls,
        plan: tuple[tuple[object, ...], ...],
        root: int,
        has_number: bool,
        is_counted: bool,
        /,
    ) -> DecodeProgram: ...

class DecodeFunction:
    def __new__(cls, program: DecodeProgram, fallback: _Decode, /) -> DecodeFunction: ...
    @property
    def decode(self) -> _Decode: ...
    @property
    def fallback(self) -> _Decode: ...
