"""Methods whose calls a queue keeps, beside one that is only called, and names that are taken."""

from typing import Protocol

from attrs import define
from rpcgen.types import RemoteError, durable, raises, timeout


@define
class Order:
    article: str
    count: int


@define
class Declined(RemoteError):
    reason: str


class Bank(Protocol):
    """Moves money."""

    @durable
    @raises(Declined)
    def charge(self, order: Order) -> int:
        """Charge for an order, and return the number of the receipt."""
        ...

    @timeout(2)
    @durable
    def note(self, text: str, times: int = 1, *, timeout: float) -> None: ...

    def balance(self) -> int: ...


class Taken(Protocol):
    @durable
    def tickets(self, self_: int, str: str) -> str: ...

    @durable
    def durable(self) -> None: ...
