from typing import Protocol


class Two(Protocol):
    def two(self) -> None: ...
