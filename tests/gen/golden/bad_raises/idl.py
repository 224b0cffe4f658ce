from typing import Any, Protocol

from attrs import define, field
from rpcgen.types import RemoteError, raises, wire


@define
class Odd(RemoteError):
    value: object


@define
class NotFound(RemoteError):
    key: str


@wire("kv.NotFound")
@define
class Missing(RemoteError):
    key: str
    at: list[int] = field(factory=list)


@wire("kv.NotFound")
@define
class Gone(RemoteError):
    key: str


class Store(Protocol):
    @raises(Odd)
    def odd(self) -> None: ...

    @raises(NotFound, text="no such key")
    def get(self, key: str) -> bytes: ...

    @raises(NotFound, text="no such key: {id}")
    def put(self, key: str) -> bytes: ...

    @raises(Missing, text="no {key} at {at}")
    def wait(self, key: str) -> bytes: ...

    @raises(Missing, Gone)
    def keep(self, key: str) -> bytes: ...

    @raises(NotFound, text="no {key")
    def brace(self, key: str) -> bytes: ...
