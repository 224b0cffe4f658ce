"""Equal arguments have the same fingerprint, whatever order they were put together in."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from attrs import define, field

import rpcgen
from rpcgen import Method
from rpcgen.durable.arguments import fingerprint
from rpcgen.errors import EncodeError
from tests.support.timeouts import PROGRAM_TIMEOUT_S


@define
class Item:
    tags: set[str]
    prices: dict[str, int]


@define
class Order:
    items: list[Item]
    note: Any = None


rpcgen.register_types(Item)

ORDER = Method[Order, int]("Bank.Charge", durable=True)


def order(*, reverse: bool = False, note: object = None, price: int = 2) -> Order:
    prices = [("a", 1), ("b", price)]
    return Order([Item({"x", "y"}, dict(reversed(prices) if reverse else prices))], note)


def test_order_in_maps_does_not_count() -> None:
    assert fingerprint(ORDER, order()) == fingerprint(ORDER, order(reverse=True))


def test_order_in_messages_of_interfaces_does_not_count() -> None:
    first, second = (order(note=order(reverse=each).items[0]) for each in (False, True))
    assert fingerprint(ORDER, first) == fingerprint(ORDER, second)


@pytest.mark.parametrize("other", [order(price=3), order(note=1), Order([]), order(note="1")])
def test_other_arguments_have_another(other: Order) -> None:
    assert fingerprint(ORDER, order()) != fingerprint(ORDER, other)


def test_order_in_lists_counts() -> None:
    method = Method[list[int], int]("Bank.Charge")
    assert fingerprint(method, [1, 2]) != fingerprint(method, [2, 1])


def test_it_is_the_same_in_another_process() -> None:
    code = "from tests.durable.test_arguments import *; print(fingerprint(ORDER, order()))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        timeout=PROGRAM_TIMEOUT_S,
        check=True,
        text=True,
    )
    assert done.stdout.split() == [fingerprint(ORDER, order())]


def test_arguments_that_do_not_fit_have_none() -> None:
    with pytest.raises(EncodeError):
        fingerprint(ORDER, "x")


@define
class Note:
    text: str = ""


@define
class Line:
    count: int
    note: Note | None = None
    tags: dict[str, Note] = field(factory=dict)


@define
class Longer:
    count: int
    note: Note | None = None
    tags: dict[str, Note] = field(factory=dict)
    level: int = 0
    lines: list[Line] = field(factory=list)
    other: Note = field(factory=Note)


@pytest.mark.parametrize("note", [None, Note("x")])
def test_fields_that_are_new_and_zero_do_not_count(note: Note | None) -> None:
    old, new = Method[list[Line], int]("Bank.F"), Method[list[Longer], int]("Bank.F")
    before, after = [Line(3, note, {"a": Note()})], [Longer(3, note, {"a": Note()})]
    assert fingerprint(old, before) == fingerprint(new, after)


@pytest.mark.parametrize(
    "other", [Longer(4), Longer(3, level=1), Longer(3, lines=[Line(0)]), Longer(3, other=Note("x"))]
)
def test_fields_that_are_new_and_not_zero_count(other: Longer) -> None:
    old, new = Method[Line, int]("Bank.F"), Method[Longer, int]("Bank.F")
    assert fingerprint(old, Line(3)) != fingerprint(new, other)


def test_zero_of_any_type_counts() -> None:
    assert fingerprint(ORDER, order(note=0)) != fingerprint(ORDER, order())
