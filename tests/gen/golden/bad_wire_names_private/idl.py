from typing import Annotated, Protocol

from attrs import define
from rpcgen.types import wire


@define
class Message:
    _hidden: int
    small: Annotated[int, wire("small")]


@wire("arith")
class Arith(Protocol):
    def _helper(self, a: int) -> int: ...

    @wire("lower")
    def named(self, a: int) -> int: ...

    @wire("Not A Name")
    def spaced(self, message: Message) -> int: ...

    def __len__(self) -> int: ...

    def parameters(self, _a: int, b: Annotated[int, wire("b")]) -> int: ...
