from typing import Protocol


class One(Protocol):
    def one(self) -> None: ...
