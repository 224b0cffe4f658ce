from typing import Protocol

from rpcgen.types import durable


@durable
class Store(Protocol):
    def put(self, name: str) -> None: ...
