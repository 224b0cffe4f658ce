from typing import Protocol

from attrs import define


@define
class Blob:
    bytes: bytes = b""


class Blobs(Protocol):
    def read(self) -> Blob: ...
