"""Tests of `rpcgen.gen.golang.read.constants`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rpcgen.gen.golang.read.constants import Constants
from rpcgen.gen.golang.read.packages import Package, Packages
from rpcgen.gen.golang.read.types import NamedType, Resolver


def value_of(package: Package, name: str) -> object:
    constant = Constants(Resolver(Packages())).named(package, name)
    return None if constant is None else constant.value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2*3", 7),
        ("(1 + 2) * 3", 9),
        ("1 << 10 >> 2", 256),
        ("0x10 | 0b1 | 0o20 | 017", 0x1F),
        ("1_000", 1000),
        ("6 &^ 2", 4),
        ("5 ^ 1", 4),
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("^0", -1),
        ("^uint8(1)", 254),
        ("+1", 1),
        ("!true", False),
        ("'a'", 97),
        (r"'\n'", 10),
        (r"'\x41'", 65),
        ('"a" + "b"', "ab"),
        (r'"\t\"\u00e4\101"', '\t"äA'),
        ("`a\\n`", "a\\n"),
        ("1.5 * 2", 3.0),
        ("1 / 2.0", 0.5),
        ("0x1p4", 16.0),
        ("float64(1)", 1.0),
        ("int(2.0)", 2),
        ("string(65)", "A"),
        ('len("grün")', 5),
        ("Other + 1", 8),
        ("iota", 0),
        ("1 / 0", None),
        ("1 << 1000", None),
        ("f()", None),
        ('"a" * 2', None),
        ("Itself", None),
        ("Nowhere", None),
    ],
)
def test_value_of_an_expression(
    load: Callable[..., Package], expression: str, value: object
) -> None:
    package = load(a=f"package a\nconst Other = 7\nconst Itself = Itself\nconst X = {expression}\n")
    assert value_of(package, "X") == value


def test_value_goes_on_with_iota_until_another_is_given(load: Callable[..., Package]) -> None:
    package = load(a="package a\nconst (\n\t_ = 1 << (10 * iota)\n\tKi\n\tMi\n\tX = iota\n)\n")
    assert [value_of(package, name) for name in ("Ki", "Mi", "X")] == [1 << 10, 1 << 20, 3]


def test_value_of_another_package_is_found(load: Callable[..., Package]) -> None:
    package = load(
        a__a='package a\nimport "example.com/m/b"\nconst X = b.Y + 1\n',
        b__b="package b\nconst Y = 2\n",
    )
    assert value_of(package, "X") == 3


def test_constants_of_a_type_are_those_declared_or_made_of_it(
    load: Callable[..., Package],
) -> None:
    package = load(
        a="package a\ntype T int\nconst (\n\tA T = 1\n\tB = A + 1\n\tC = T(3)\n\tD = 4\n)\n"
    )
    named = NamedType(package, *package.types["T"])
    found = Constants(Resolver(Packages())).of_type(named)
    assert [spec.name for spec, _ in found] == ["A", "B", "C"]
