from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import define

if TYPE_CHECKING:
    from decimal import Decimal


@define
class Price:
    amount: Decimal
    unknown: Currency


class Shop(Protocol):
    def buy(self, price: Price) -> Receipt: ...

    def pay(self, amount: Decimal, how: "not a type") -> None: ...

    def call(self, amount: list[int]()) -> None: ...
