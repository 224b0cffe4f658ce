from typing import Protocol

from rpcgen.types import wire


@wire("")
class Nameless(Protocol):
    def ping(self) -> int: ...


@wire("\ud800")
class Surrogate(Protocol):
    def ping(self) -> int: ...
