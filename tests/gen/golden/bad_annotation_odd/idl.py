from typing import Annotated, Protocol

WIDE = True
_HIDDEN = object()


class Odd(Protocol):
    def either(self, a: int if WIDE else str) -> int: ...

    def noted(self, a: Annotated[int, lambda: 3]) -> int: ...

    def defaults(
        self,
        a: object = lambda: 3,
        b: object = object(),
        c: object = _HIDDEN,
        d: int = ...,
    ) -> int: ...
