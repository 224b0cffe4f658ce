"""Tests of `rpcgen.gen.check.messages`; more are cases in ``golden``."""

from __future__ import annotations

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
