"""Estimates of memory are above what CPython takes, and not far above."""

from __future__ import annotations

import gc
import tracemalloc
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from attrs import define

from rpcgen import DecodeError, gob
from rpcgen.gob.memory import most_per_byte, size_of
from rpcgen.schema import UNTYPED, schema_of
from rpcgen.types import Float32, Uint32, length


@define
class Row:
    number: int
    name: str
    parts: list[int]
    marks: dict[str, int]


@define
class Chain:
    next: Chain | None = None


_COUNT = 2000
_LISTS: list[tuple[Any, Callable[[int], Any]]] = [
    (int, lambda n: n + 1000),
    (float, lambda n: n + 0.5),
    (complex, lambda n: complex(n, 1)),
    (str, lambda n: f"text {n}"),
    (bytes, lambda n: b"octets %d" % n),
    (list[int], lambda n: [n + 1000]),
    (dict[str, int], lambda n: {f"k{n}": n + 1000}),
    (dict[int, int], lambda n: {n + 1000: n + 1000}),
    (uuid.UUID, lambda n: uuid.UUID(int=n << 64)),
    (datetime, lambda n: datetime(2020, 1, 1, 0, n % 60, tzinfo=UTC)),
    (Row, lambda n: Row(n + 1000, f"row {n}", [], {})),
    (Annotated[tuple[int, ...], length(4)], lambda n: (n, n, n, n)),
    (Any, lambda n: n + 1000),
    (Any, lambda n: f"text {n}"),
    (Any, lambda n: []),
    (Any, lambda n: {}),
    (Any, lambda n: gob.Typed(n + 1000, Uint32)),
    (Any, lambda n: gob.Typed(n + 0.5, Float32)),
    (Any, lambda n: gob.Typed([n + 1000], list[int])),
    (Any, lambda n: gob.Typed([f"text {n}"], list[str])),
]


@pytest.mark.parametrize(("annotation", "make"), _LISTS, ids=lambda each: str(each)[:30])
def test_list_takes_no_more_than_is_counted(annotation: Any, make: Callable[[int], Any]) -> None:
    schema = schema_of(list[annotation])
    data = gob.dumps([make(n) for n in range(_COUNT)], schema)
    gob.loads(data, schema)
    counted = _counted(data, schema)
    gc.collect()
    tracemalloc.start()
    value = gob.loads(data, schema)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(value) == _COUNT
    assert held <= counted + 10_000 <= 6 * held + 20_000


def _counted(data: bytes, schema: Any) -> int:
    """Return the least limit that a message passes."""
    low, high = 0, 64 << 20
    while high - low > 1000:
        middle = (low + high) // 2
        try:
            gob.Decoder(data, limits=gob.Limits(decoded=middle)).decode(schema)
            high = middle
        except DecodeError:
            low = middle
    return high


@pytest.mark.parametrize("value", [1 << 40, 1.5, "x", gob.Typed(1, Uint32)])
def test_interface_values_are_bounded(value: Any) -> None:
    data = gob.dumps([value] * 10_000, list[Any])
    with pytest.raises(DecodeError, match=r"Limits\.decoded"):
        gob.loads(data, list[Any], limits=gob.Limits(decoded=200_000))


def test_interface_values_are_counted_as_they_come() -> None:
    assert most_per_byte(schema_of(list[Any])) is None
    assert most_per_byte(UNTYPED) is None


def test_numbers_and_text_need_no_count() -> None:
    most = most_per_byte(schema_of(list[str]))
    assert most is not None
    assert 20 < most < 100


def test_messages_that_refer_to_themselves_have_a_size() -> None:
    assert size_of(schema_of(Chain)) < 200
    most = most_per_byte(schema_of(Chain))
    assert most is not None
    assert most < 200
