from __future__ import annotations

from typing import Any

import pytest

from rpcgen.errors import DecodeError
from rpcgen.gojson.decode import decode
from rpcgen.gojson.stream import parse
from rpcgen.schema import schema_of

from .kinds import Cell, Containers, Tree


def decoded(annotation: Any, text: str) -> Any:
    return decode(schema_of(annotation), parse(text))


def test_message_gets_the_members_of_both() -> None:
    tree = decoded(Tree, '{"Left":{"Value":1},"left":{"Right":{"Value":2}}}')
    assert tree == Tree(left=Tree(1, right=Tree(2)))


def test_null_leaves_a_number_alone() -> None:
    assert decoded(Cell, '{"Row":1,"Row":null}') == Cell(1)


def test_null_takes_a_pointer_away() -> None:
    assert decoded(Tree, '{"Left":{"Value":1},"Left":null}') == Tree()


def test_maps_get_the_entries_of_both() -> None:
    assert decoded(Containers, '{"Ages":{"a":1},"Ages":{"b":2}}').ages == {"a": 1, "b": 2}


def test_lists_are_merged_by_element() -> None:
    text = '{"Others":[{"Value":1},{"Value":5}],"Others":[{"Left":{}}]}'
    assert decoded(Tree, text) == Tree(others=[Tree(1, Tree())])


def test_what_is_beyond_the_end_of_a_list_comes_back() -> None:
    text = '{"Others":[{"Value":1},{"Value":5}],"Others":[{}],"Others":[{},{}]}'
    assert decoded(Tree, text) == Tree(others=[Tree(1), Tree(5)])


def test_first_value_that_does_not_fit_is_the_error() -> None:
    with pytest.raises(
        DecodeError, match=r"number 1\.50 into Go struct field Cell\.Row of type int"
    ):
        decoded(Cell, '{"Row":1.50,"Row":2}')


def test_repetitions_inside_repetitions_take_no_exponential_time() -> None:
    text = "{}"
    for _ in range(90):
        text = f'{{"Left":{{}},"Left":{text}}}'
    tree = decoded(Tree, text)
    for _ in range(90):
        tree = tree.left
    assert tree == Tree()
