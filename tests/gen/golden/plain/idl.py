from typing import Protocol


class Echo(Protocol):
    def echo(self, text: str) -> str: ...
