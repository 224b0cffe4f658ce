from typing import Protocol

from rpcgen.types import wire


@wire("Arith")
class Other(Protocol):
    def divide(self, a: int) -> int: ...
