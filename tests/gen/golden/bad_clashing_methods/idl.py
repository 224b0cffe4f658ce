from typing import Protocol

from attrs import define


@define
class BankTransferArgs:
    amount: int


class BANK_CLOSE(Protocol):
    def look(self) -> int: ...


class Bank(Protocol):
    def transfer(self, amount: int, to: str) -> int: ...

    def close(self) -> int: ...

    def open(self, BANK_OPEN: int, BankOpenArgs: int) -> int: ...

    def account_open(self) -> int: ...


class BankAccount(Protocol):
    def open(self) -> int: ...
