from typing import Protocol

from bad_cycle.b import B


class A(Protocol):
    def b(self, b: B) -> None: ...
