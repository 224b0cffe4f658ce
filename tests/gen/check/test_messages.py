"""Tests of `rpcgen.gen.check.messages`; more are cases in ``golden``."""

from __future__ import annotations

import pytest

from rpcgen.gen.check import Checker

from .modules import Load, read, service


def test_a_message_that_several_methods_use_is_judged_once(load: Load) -> None:
    bad = "@define\nclass Bad:\n    x: bytearray\n"
    methods = ["def f(self, bad: Bad) -> Bad: ...", "def g(self, bad: list[Bad]) -> int: ..."]
    module, loader = read(load, bad + service(*methods))
    assert len(list(Checker(loader.source_of).check(module))) == 1


def test_message_is_judged_where_its_own_file_says_it(load: Load) -> None:
    bad = "@define\nclass Bad:\n    x: bytearray\n"
    module, loader = read(load, bad + service("def f(self, bad: Bad) -> int: ..."))
    (found,) = Checker(loader.source_of).check(module)
    assert found.location.line == 18


@pytest.mark.parametrize(
    "message",
    [
        'Bad = attrs.make_class("Bad", {"x": attrs.field(type=bytearray)})',
        'Bad = dataclasses.make_dataclass("Bad", [("x", bytearray)])',
        "def f():\n    @define\n    class Bad:\n        x: bytearray\n    return Bad\nBad = f()",
        "@attrs.define\nclass Bad:\n    x = attrs.field(type=bytearray)",
    ],
    ids=["make_class", "make_dataclass", "local", "type="],
)
def test_types_of_fields_that_the_source_does_not_show_are_judged(load: Load, message: str) -> None:
    text = f"import attrs, dataclasses\n{message}\n"
    module, loader = read(load, text + service("def f(self, bad: Bad) -> int: ..."))
    (found,) = Checker(loader.source_of).check(module)
    assert found.reason == "field 'x' of Bad: unsupported type bytearray"


@pytest.mark.parametrize(
    "members",
    [
        "x: int\n    def __new__(cls, a): return object.__new__(cls)",
        "x: int\n    def __init__(self, a, *rest): self.x = a",
        "x: int\n    y: dataclasses.InitVar[int] = 3",
        "x: int\n    y: int = dataclasses.field(default=3, kw_only=True)",
    ],
)
def test_constructor_that_takes_the_fields_is_no_mistake(load: Load, members: str) -> None:
    text = f"import dataclasses\n@dataclasses.dataclass\nclass Good:\n    {members}\n"
    module, loader = read(load, text + service("def f(self, good: Good) -> int: ..."))
    assert list(Checker(loader.source_of).check(module)) == []
