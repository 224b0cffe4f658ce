from __future__ import annotations

from typing import Any

import pytest
from attrs import define

from rpcgen.aio.effort import effort_of, is_large
from rpcgen.schema import schema_of


@define
class Leaf:
    a: int
    b: str


@define
class Tree:
    leaves: list[Leaf]
    parent: Tree | None = None


MANY = 100_000


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (list[int], list(range(MANY))),
        (tuple[int, ...], tuple(range(MANY))),
        (list[Leaf], [Leaf(1, "a")] * MANY),
        (list[list[int]], [list(range(100))] * 1000),
        (dict[int, int], dict.fromkeys(range(MANY), 1)),
        (dict[str, list[int]], {"a": list(range(MANY))}),
        (Tree, Tree([Leaf(1, "a")] * MANY)),
        (Tree, Tree([], Tree([Leaf(1, "a")] * MANY))),
        (Any, list(range(MANY))),
        (Any, {"a": list(range(MANY))}),
    ],
)
def test_value_of_many_is_large(annotation: Any, value: object) -> None:
    assert is_large(schema_of(annotation), value)


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (int, 1),
        (bytes, bytes(1 << 20)),
        (str, "a" * (1 << 20)),
        (list[bytes], [bytes(1 << 20)]),
        (list[int], list(range(100))),
        (list[list[int]], []),
        (dict[int, list[int]], {}),
        (Leaf, Leaf(1, "a" * (1 << 20))),
        (Tree, Tree([Leaf(1, "a")] * 100)),
        (Tree | None, None),
        (Any, 1),
        (Any, []),
    ],
)
def test_value_of_few_is_not_large(annotation: Any, value: object) -> None:
    assert not is_large(schema_of(annotation), value)


@pytest.mark.parametrize(
    ("annotation", "value"), [(list[int], 1), (Tree, 1), (dict[str, list[int]], {"a": 5})]
)
def test_value_that_does_not_fit_is_not_large(annotation: Any, value: object) -> None:
    assert not is_large(schema_of(annotation), value)


def test_effort_counts_values() -> None:
    assert effort_of(schema_of(list[Leaf]), [Leaf(1, "a")] * 50) == 100


def test_effort_of_one_value() -> None:
    assert effort_of(schema_of(int), 5) == 1
