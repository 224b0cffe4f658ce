from __future__ import annotations

from typing import Any

import pytest

from rpcgen.protocol.reflection import Kind, TypeDescription
from rpcgen.testing.recording.guess import guessed


def spelled(values: list[Any]) -> str:
    types = list[TypeDescription]()

    def add(described: TypeDescription) -> int:
        types.append(described)
        return len(types) - 1

    def spell(number: int) -> str:
        each = types[number]
        match each.kind:
            case Kind.STRUCT:
                fields = ", ".join(f"{field.name} {spell(field.type)}" for field in each.fields)
                return f"{each.name}({fields})"
            case Kind.SLICE | Kind.POINTER:
                return f"{each.kind.value} of {spell(each.element)}"
        return each.kind.value

    return spell(guessed(values, "T", add))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2], "int"),
        ([1, 2.5], "float64"),
        ([True], "bool"),
        ([True, 1], "interface"),
        (["x"], "string"),
        (["x", 1], "interface"),
        ([None], "interface"),
        ([None, 1], "pointer of int"),
        ([[], [1]], "slice of int"),
        ([[]], "slice of interface"),
        ([{"a": 1}, {"b": "x"}], "T(a int, b string)"),
        ([{"a": {"b": 1}}], "T(a TA(b int))"),
        ([{"": 1}], "nothing"),
        ([{}], "nothing"),
    ],
)
def test_type_fits_all_values(values: list[Any], expected: str) -> None:
    assert spelled(values) == expected


def test_deep_value_is_anything_at_last() -> None:
    value: Any = 1
    for _ in range(500):
        value = [value]
    assert spelled([value]).endswith("slice of interface")
