"""The limits that a decoder has unless it is told others."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from rpcgen import DecodeError, gob

_DOCUMENTATION = Path(__file__).parents[2] / "docs" / "gob.md"


@pytest.mark.parametrize("field", attrs.fields(gob.Limits), ids=lambda field: field.name)
def test_defaults_are_those_of_the_documentation(field: attrs.Attribute[int]) -> None:
    text = _DOCUMENTATION.read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith(f"| `{field.name}` |"))
    default = row.split("|")[2].strip()
    number, _, unit = default.partition(" ")
    assert (
        int(number.replace(",", "")) * {"": 1, "KiB": 1 << 10, "MiB": 1 << 20}[unit]
        == field.default
    )


def test_limits_of_loads() -> None:
    data = gob.dumps([[1]])
    assert gob.loads(data, list[list[int]], limits=gob.Limits(depth=2)) == [[1]]
    with pytest.raises(DecodeError, match=r"nested too deeply \(Limits\.depth\)"):
        gob.loads(data, list[list[int]], limits=gob.Limits(depth=1))


def test_limits_do_not_change() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        gob.Limits().depth = 5  # type: ignore[misc]
