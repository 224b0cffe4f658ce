"""Tests of `rpcgen.gen.names`."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from rpcgen.gen.names import Names, distinct, joined_words, quoted, snake_case
from rpcgen.gen.source import Expression, Source, Symbol

Load = Callable[..., Source]


@pytest.mark.parametrize(
    ("name", "snake"),
    [
        ("Arith", "arith"),
        ("KeyValue", "key_value"),
        ("HTTPServer", "http_server"),
        ("KVStore", "kv_store"),
        ("getURL", "get_url"),
        ("get_url", "get_url"),
        ("from_", "from"),
    ],
)
def test_snake_case_parts_words(name: str, snake: str) -> None:
    assert snake_case(name) == snake


@pytest.mark.parametrize(
    ("value", "literal"),
    [("a", '"a"'), ('"', "'\"'"), ("it's", '"it\'s"'), ("\n", '"\\n"'), (b"a", 'b"a"')],
)
def test_quoted_prefers_double_quotes(value: str | bytes, literal: str) -> None:
    assert (quoted(value), ast.literal_eval(literal)) == (literal, value)


def test_qualify_imports_what_it_names() -> None:
    names = Names([], [])
    assert (names.qualify(Symbol("idl.a", "Point")), names.imports()) == (
        "Point",
        [["from idl.a import Point"]],
    )


def test_qualify_gives_the_second_of_two_like_names_an_alias() -> None:
    names = Names([], [])
    names.qualify(Symbol("idl.a", "Point"))
    assert names.qualify(Symbol("idl.b", "Point")) == "Point_"


def test_qualify_gives_what_a_class_attribute_hides_an_alias() -> None:
    assert Names(["Point"], []).qualify(Symbol("idl.a", "Point")) == "Point_"


def test_qualify_of_a_hidden_builtin_goes_through_its_module() -> None:
    names = Names(["list"], [])
    assert names.qualify(Symbol("builtins", "list")) == "builtins.list"


def test_qualify_of_a_builtin_that_an_idl_type_hides_goes_through_its_module() -> None:
    names = Names([], [])
    names.reexport(Symbol("idl.a", "list"))
    assert names.qualify(Symbol("builtins", "list")) == "builtins.list"


def test_define_avoids_the_names_of_parameters() -> None:
    assert Names([], ["ECHO"]).define("ECHO") == "ECHO_"


def test_define_avoids_the_types_of_the_idl() -> None:
    names = Names([], [])
    names.reexport(Symbol("idl.a", "EchoArgs"))
    assert names.define("EchoArgs") == "EchoArgs_"


def test_imports_come_in_sections() -> None:
    names = Names([], [])
    for module in ("rpcgen", "typing", "idl.a", "attrs"):
        names.qualify(Symbol(module, "X"))
    assert [len(section) for section in names.imports()] == [1, 1, 2]


def test_imports_that_are_too_long_are_broken() -> None:
    names = Names([], [])
    for number in range(20):
        names.qualify(Symbol("idl.a", f"Message{number}"))
    ((line,),) = names.imports()
    assert line.startswith("from idl.a import (\n    Message0,\n")


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("'int'", "int"),
        ("Optional[int]", "int | None"),
        ("Union[int, 'str']", "int | str"),
        ("List[int]", "list[int]"),
        ("Annotated[int, wire('X')]", 'Annotated[int, wire("X")]'),
        ("Annotated[list[int], length(count=2 * 3)]", "Annotated[list[int], length(count=2 * 3)]"),
        ("tuple[int, ...]", "tuple[int, ...]"),
        ("dict[str, list['bytes']]", "dict[str, list[bytes]]"),
    ],
)
def test_expression_is_spelled_without_quotes(load: Load, written: str, spelled: str) -> None:
    source = load(
        one="from typing import *\nfrom rpcgen.types import wire, length",
    )
    node = ast.parse(written, mode="eval").body
    assert Names([], []).expression(Expression(source, node)) == spelled


def test_literal_keeps_strings(load: Load) -> None:
    node = ast.parse("'int'", mode="eval").body
    assert Names([], []).literal(Expression(load(one=""), node)) == '"int"'


def test_distinct_names_have_underscores_more_where_one_was_there_before() -> None:
    assert distinct(["a", "b", "a", "a_", "self"], ["self"]) == ["a", "b", "a_", "a__", "self_"]


def test_joined_words_have_capitals_and_are_else_as_they_were() -> None:
    assert joined_words(["key", "valueID", "2nd"]) == "KeyValueID2nd"
