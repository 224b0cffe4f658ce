"""Tests of `rpcgen.gen.check.methods`; more are cases in ``golden``."""

from __future__ import annotations

import ast

import pytest

from rpcgen.gen.check import Checker
from rpcgen.gen.check.methods import last_name

from .modules import Load, read, service


def test_types_of_a_property_are_not_judged(load: Load) -> None:
    methods = ["@property", "def f(self) -> bytearray: ..."]
    module, loader = read(load, service(*methods))
    assert len(list(Checker(loader.source_of).check(module))) == 1


@pytest.mark.parametrize(
    ("decorator", "name"), [("a", "a"), ("a.b", "b"), ("a.b()", "b"), ("a[0]", ""), ("a()()", "")]
)
def test_last_name_is_that_of_the_decorator(decorator: str, name: str) -> None:
    assert last_name(ast.parse(decorator, mode="eval").body) == name
