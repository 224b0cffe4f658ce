from typing import Protocol

from rpcgen.types import durable


class Store(Protocol):
    @durable
    def put(self, key: str, value: bytes) -> None: ...

    @durable
    def forget(self, key: str) -> None: ...
