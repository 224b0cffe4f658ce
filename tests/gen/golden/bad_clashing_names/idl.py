from typing import Protocol

from attrs import define


@define
class ArithClient:
    name: str


class Arith(Protocol):
    def multiply(self, client: ArithClient) -> int: ...


class AsyncArith(Protocol):
    def multiply(self, a: int) -> int: ...
