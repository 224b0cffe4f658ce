from __future__ import annotations

from typing import Annotated, Any

import pytest
from attrs import define, field

from rpcgen.errors import DecodeError
from rpcgen.gojson.decode import decode
from rpcgen.gojson.parse import parse
from rpcgen.schema import schema_of
from rpcgen.types import length

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


@define
class Parts:
    data: bytes = b""
    three: Annotated[list[int], length(3)] = field(factory=lambda: [0, 0, 0])
    ages: dict[str, int] = field(factory=dict)


# What encoding/json of Go 1.27 makes of the same texts.
@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('{"Data":"aGVsbG8=","Data":"aA=="}', b"h"),
        ('{"Data":"aGVsbG8=","Data":[1,null]}', b"\x01e"),
        ('{"Data":[1,2,3],"Data":[],"Data":[null,null]}', b"\0\0"),
        ('{"Data":[1,2,3],"Data":null,"Data":[null,5]}', b"\0\5"),
    ],
)
def test_bytes_are_merged_as_text_and_as_numbers(text: str, data: bytes) -> None:
    assert decoded(Parts, text).data == data


def test_array_keeps_what_a_null_leaves_and_zeros_what_is_missing() -> None:
    assert decoded(Parts, '{"Three":[1,2,3],"Three":[4,null]}').three == [4, 2, 0]


def test_map_after_a_null_begins_anew() -> None:
    text = '{"Ages":{"a":1},"Ages":null,"Ages":{"b":2}}'
    assert decoded(Parts, text).ages == {"b": 2}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('{"Ages":{"a":1},"Ages":5}', r"number into Go struct field Parts\.Ages of type map"),
        ('{"Data":"aGk=","Data":5}', r"number into Go struct field Parts\.Data of type \[\]uint8"),
    ],
)
def test_second_value_of_another_kind_is_the_error(text: str, error: str) -> None:
    with pytest.raises(DecodeError, match=error):
        decoded(Parts, text)


def test_member_that_comes_too_often_is_refused() -> None:
    text = "{" + ",".join(['"Ages":{}'] * 101) + "}"
    with pytest.raises(DecodeError, match="one member comes 101 times; the limit is 100"):
        decoded(Parts, text)
