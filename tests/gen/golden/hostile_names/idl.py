"""Names that mean something already: to Python, to the client, to generated code."""

import builtins
from typing import Annotated, Protocol

from attrs import define
from rpcgen.types import wire


@define
class Call:
    type: str
    self_: int
    from_: builtins.int = 0
    class_: bool = False


@define
class Method:
    list: builtins.list[int]


@define
class TransferArgs:
    amount: int


class Registry(Protocol):
    """The client's own methods, and those of generated code."""

    def dial(self, address: str) -> None: ...

    def close(self) -> None: ...

    def go(self, cls: int, self_: int) -> Call: ...

    @wire("CloseAgain")
    def close_(self, call: Call) -> None: ...

    def transfer(self, args: TransferArgs, TRANSFER: int, done: bool, name: str) -> Method: ...

    def aio(self, server: int, implementation: int, done: int, done_: Annotated[int, wire('Done2')]) -> Call: ...

    def odd(_self, self: int, other: int) -> Call: ...

    def register_types(self, address: str, options: int) -> None: ...

    @wire("Close2")
    def Client(self, Call: Call) -> Call: ...


class Builtins(Protocol):
    def from_(self, import_: str, userId: TransferArgs, l: bool) -> TransferArgs: ...

    def class_(self, lambda_: int, global_: int) -> TransferArgs: ...

    def Method(self, value: "Method") -> None: ...

    def count(self) -> int: ...

    def names(self) -> list[str]: ...

    def both(self, list: list[str], int: int) -> dict[str, builtins.bytes]: ...

    def dict(self) -> Call: ...

    def list(self) -> Call: ...

    def int(self) -> Call: ...

    def str(self) -> Call: ...

    def bytes(self, bytes: bytes) -> Call: ...

    def property(self) -> Call: ...

    def classmethod(self) -> Call: ...

    @wire("Self2")
    def Self(self) -> Call: ...

    def self(self) -> Call: ...
