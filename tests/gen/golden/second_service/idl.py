"""What `Bank` generates stays as it is when `Audit` and `BankVault` come to its file."""

from datetime import timedelta
from typing import Protocol

from attrs import define


@define
class Account:
    owner: str
    balance: int


class Bank(Protocol):
    """Accounts."""

    def transfer(self, source: str, target: str, within: timedelta = timedelta(seconds=5)) -> Account:
        """Move money."""
        ...

    def close(self, owner: str) -> None: ...


class BankVault(Protocol):
    """Money."""

    def transfer(self, source: str, target: str, within: timedelta = timedelta(seconds=5)) -> Account: ...

    def close(self, owner: str) -> None: ...


class Audit(Protocol):
    """Questions."""

    def transfer(self, source: str, target: str, within: timedelta = timedelta(days=5)) -> Account: ...

    def close(self, owner: str) -> None: ...
