"""Every kind of parameter and default."""

from enum import IntEnum
from typing import Annotated, Protocol

from attrs import define
from rpcgen.types import Uint8, length, wire


class Color(IntEnum):
    NONE = 0
    RED = 1


@define
class Account:
    number: int
    owner: str = ""


SIZE = 3


class Bank(Protocol):
    """Moves money."""

    def ping(self) -> None:
        """Do nothing."""

    def transfer(self, source: Account, target: Account, amount: int = 0) -> bool: ...

    def positional(self, a: int, b: float = 1.5, /) -> None: ...

    def mixed(self, a: int, /, b: int, *, c: int) -> None: ...

    def required_after_default(self, a: int = 1, *, b: str) -> None: ...

    def one_by_name(self, *, account: Account) -> Account: ...

    def one_by_position(self, account: Account, /) -> Account: ...

    def one_with_default(self, color: Color = Color.RED) -> Color: ...

    def defaults(
        self,
        negative: int = -1,
        big: int = 1_000_000,
        text: str = 'single "quoted"',
        octets: bytes = b"\x00",
        truth: bool = True,
        ratio: float = 1e-9,
        number: complex = 2j,
        color: "Color" = Color.NONE,
        nothing: int | None = None,
    ) -> None: ...

    def annotated(
        self,
        ident: Annotated[int, wire("ID")],
        vector: Annotated[list[float], length(SIZE)],
        octet: Uint8 = 255,
    ) -> Annotated[list[float], length(SIZE)]: ...
