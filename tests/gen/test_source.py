"""Tests of `rpcgen.gen.source`."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from rpcgen.errors import SchemaError
from rpcgen.gen.source import Expression, Source, Symbol, imports_of

Load = Callable[..., Source]

OTHER = """
class Point:
    class Inner:
        pass
"""


def expression(source: Source, text: str) -> Expression:
    return Expression(source, ast.parse(text, mode="eval").body)


def test_symbol_of_a_class_is_in_its_own_module(load: Load) -> None:
    assert load(one="class Point: pass").symbol(["Point"]) == Symbol("one", "Point")


def test_symbol_of_an_imported_class_is_where_it_was_imported_from(load: Load) -> None:
    source = load(one="from other import Point as P", other=OTHER)
    assert source.symbol(["P"]) == Symbol("other", "Point")


def test_symbol_through_a_module_alias_is_in_that_module(load: Load) -> None:
    source = load(one="import other as o", other=OTHER)
    assert source.symbol(["o", "Point"]) == Symbol("other", "Point")


def test_symbol_through_a_module_that_renames_itself_is_where_it_is_imported_from(
    load: Load,
) -> None:
    source = load(one="import other", other=f"__name__ = 'another'\n{OTHER}")
    assert source.symbol(["other", "Point"]) == Symbol("other", "Point")


def test_symbol_of_a_nested_class_is_dotted(load: Load) -> None:
    source = load(one="import other", other=OTHER)
    assert source.symbol(["other", "Point", "Inner"]) == Symbol("other", "Point.Inner")


def test_symbol_from_a_star_import_is_in_that_module(load: Load) -> None:
    source = load(one="from other import *", other=OTHER)
    assert source.symbol(["Point"]) == Symbol("other", "Point")


def test_symbol_from_a_star_import_is_not_in_a_module_that_keeps_it_to_itself(load: Load) -> None:
    other = "from typing import Any\n__all__ = ['Point']\nclass Point: pass"
    source = load(one="from typing import *\nfrom other import *", other=other)
    assert source.symbol(["Any"]) == Symbol("typing", "Any")


def test_symbol_from_star_imports_is_in_the_module_that_defines_it(load: Load) -> None:
    more = "from other import Point"
    source = load(one="from other import *\nfrom more import *", other=OTHER, more=more)
    assert source.symbol(["Point"]) == Symbol("other", "Point")


def test_symbol_of_a_builtin_is_in_builtins(load: Load) -> None:
    assert load(one="").symbol(["int"]) == Symbol("builtins", "int")


def test_place_counts_characters_and_not_bytes(load: Load) -> None:
    source = load(one="größe = 1; x = 2")
    assert source.location(source.tree.body[1]).column == 12


def test_classes_are_found_under_conditions_and_in_classes(load: Load) -> None:
    source = load(one="if True:\n    class A:\n        class B: pass")
    assert list(source.classes) == ["A", "A.B"]


@pytest.mark.parametrize("text", ["list['int']", "'list[int]'", "\"list['int']\"", "list[int]"])
def test_value_of_a_quoted_annotation_is_the_type(load: Load, text: str) -> None:
    assert expression(load(one=""), text).value() == list[int]


def test_value_of_a_quoted_alias_is_the_type(load: Load) -> None:
    source = load(one="Numbers = 'list[int]'")
    assert expression(source, "dict[str, Numbers]").value() == dict[str, list[int]]


def test_value_of_an_unknown_name_raises(load: Load) -> None:
    with pytest.raises(SchemaError, match="name 'Missing' is not defined"):
        expression(load(one=""), "list[Missing]").value()


def test_value_of_an_alias_that_holds_itself_raises(load: Load) -> None:
    with pytest.raises(SchemaError, match=r"^type Tree contains itself \(make it a message"):
        expression(load(one="Tree = 'list[Tree]'"), "Tree").value()


def test_metadata_in_annotated_is_no_annotation(load: Load) -> None:
    source = load(one="from typing import Annotated")
    value = expression(source, "Annotated['int', 'not a type']").value()
    assert getattr(value, "__metadata__", None) == ("not a type",)


def test_imports_of_leaves_out_what_only_type_checkers_see() -> None:
    tree = ast.parse("import a\nif TYPE_CHECKING:\n    import b\nelse:\n    import c\n")
    assert [names for _, names in imports_of(tree, "")] == [["a"], ["c"]]


def test_imports_of_resolves_relative_imports() -> None:
    tree = ast.parse("from ..deep import x")
    assert [names for _, names in imports_of(tree, "a.b")] == [["a.deep", "a.deep.x"]]
