"""Tests of `rpcgen.gen.check.methods`; more are cases in ``golden``."""

from __future__ import annotations

import ast

import pytest

from rpcgen.gen.check import Checker
from rpcgen.gen.check.methods import decorator_name

from .modules import Load, read, service


def test_types_of_a_property_are_not_judged(load: Load) -> None:
    methods = ["@property", "def f(self) -> bytearray: ..."]
    module, loader = read(load, service(*methods))
    assert len(list(Checker(loader.source_of).check(module))) == 1


@pytest.mark.parametrize(
    ("decorator", "name"), [("a", "a"), ("a.b", "b"), ("a.b()", "b"), ("a[0]", ""), ("a()()", "")]
)
def test_decorator_name_is_the_last(load: Load, decorator: str, name: str) -> None:
    assert decorator_name(ast.parse(decorator, mode="eval").body, load(one="")) == name


def test_decorator_name_is_that_of_what_an_alias_is_for(load: Load) -> None:
    source = load(one="from typing import overload as o")
    assert decorator_name(ast.parse("o", mode="eval").body, source) == "overload"


@pytest.mark.parametrize("name", ["__init__", "__aexit__", "_client", "_register_with", "__eq__"])
def test_method_that_replaces_one_of_the_stub_is_an_error(load: Load, name: str) -> None:
    method = f'@wire("Name")\n    def {name}(self) -> int: ...'
    module, loader = read(load, "from rpcgen.types import wire\n" + service(method))
    (found,) = Checker(loader.source_of).check(module)
    assert found.reason.startswith(f"method {name!r} would replace")


def test_method_with_two_underscores_that_no_stub_has_is_accepted(load: Load) -> None:
    method = '@wire("Len")\n    def __len__(self) -> int: ...'
    module, loader = read(load, "from rpcgen.types import wire\n" + service(method))
    assert list(Checker(loader.source_of).check(module)) == []
