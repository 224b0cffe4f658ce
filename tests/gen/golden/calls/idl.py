"""What a service says of its calls, and names that options of a call have too."""

from typing import Protocol

from attrs import define, frozen
from rpcgen import Code
from rpcgen.types import RemoteError, idempotent, raises, timeout, wire


@define
class NotFound(RemoteError):
    """There is no such key."""

    code = Code.NOT_FOUND
    key: str


@wire("kv.Full")
@frozen
class Full(RemoteError):
    capacity: int
    free: int = 0


class Store(Protocol):
    """Keeps values by their keys."""

    @idempotent
    @raises(NotFound, text="kv: no such key: {key}")
    @timeout(2)
    def get(self, key: str) -> bytes:
        """Return the value of a key."""
        ...

    @raises(Full, NotFound)
    @timeout(0.5)
    def put(self, store_key: str, value: bytes) -> None: ...

    def wait(self, name: str, timeout: float) -> bool:
        """Wait; the parameter leaves no room for options, which `with_options` takes."""
        ...

    def sign(self, key: str, options: dict[str, str]) -> str: ...

    def tag(self, metadata: dict[str, str], options_: int) -> None: ...

    def with_options(self, options: int, *, done: bool) -> None: ...
