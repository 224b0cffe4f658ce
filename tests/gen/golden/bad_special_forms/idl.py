from collections.abc import Awaitable, Container, MutableMapping, MutableSet
from ipaddress import IPv4Network
from re import Pattern
from typing import (
    IO,
    Annotated,
    ClassVar,
    Final,
    Literal,
    LiteralString,
    Never,
    NoReturn,
    NotRequired,
    Optional,
    Protocol,
    Required,
    Union,
)
from zoneinfo import ZoneInfo

from attrs import define


@define
class Message:
    shared: ClassVar[int] = 3
    never: Never
    holder: list[ClassVar[int]]
    required: Required[int]
    missing: NotRequired[str] = ""


class Forms(Protocol):
    def fail(self, value: Message) -> NoReturn: ...

    def shared(self, value: ClassVar[int]) -> Final[int]: ...

    def later(self, value: LiteralString) -> Awaitable[int]: ...

    def optional(self, value: Optional, other: Union) -> Literal: ...

    def bare(self, value: Annotated, other: ClassVar) -> None: ...

    def kind(self, value: type[int], other: type) -> None: ...

    def file(self, value: IO[bytes]) -> None: ...

    def library(self, zone: ZoneInfo, text: Pattern[str]) -> IPv4Network: ...

    def collections(self, some: MutableSet, all: Container[int]) -> MutableMapping: ...
