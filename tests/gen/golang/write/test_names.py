"""Tests of `rpcgen.gen.golang.write.names`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import rpcgen.gen
from rpcgen.gen.golang.write.names import (
    GoNames,
    exported,
    package_name,
    unexported,
    words_of,
)

CODEC = Path(rpcgen.gen.__file__).parent / "templates" / "go" / "codec.go.jinja"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("shapes.Circle", "Circle"),
        ("user", "User"),
        ("Page[idl.users.User]", "PageUser"),
        ("arith v1", "ArithV1"),
        ("_x", "X"),
        ("7up", "X7up"),
    ],
)
def test_exported_name_is_made_of_any_text(text: str, name: str) -> None:
    assert exported(text) == name


@pytest.mark.parametrize(
    ("text", "words"),
    [("RED", "Red"), ("SOME_MORE", "SomeMore"), ("A", "A"), ("someMore", "SomeMore")],
)
def test_words_have_capitals(text: str, words: str) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("name", "lower"),
    [("Arith", "arith"), ("HTTPServer", "httpServer"), ("KVStore", "kvStore"), ("URL", "url")],
)
def test_unexported_name_begins_with_a_small_word(name: str, lower: str) -> None:
    assert unexported(name) == lower


@pytest.mark.parametrize(
    ("module", "name"),
    [("idl.arith", "arith"), ("idl.KVStore_", "kvstore"), ("idl.type", ""), ("a-b", "")],
)
def test_package_is_named_after_the_module(module: str, name: str) -> None:
    assert package_name(module) == name


def test_name_that_is_taken_is_another() -> None:
    names = GoNames()
    assert names.free("Point", "CommonPoint") == "Point"
    assert names.free("Point", "CommonPoint") == "CommonPoint"
    assert names.free("Point", "CommonPoint") == "CommonPoint_"
    assert not names.is_free("Other", "Point")


def test_names_of_the_codec_are_not_given_out() -> None:
    text = CODEC.read_text()
    functions = re.findall(r"^(?:func|type) ([A-Z]\w*)", text, re.MULTILINE)
    constants = re.findall(r"^\t(Code[A-Z]\w*)", text, re.MULTILINE)
    names = GoNames()
    assert [each for each in (*functions, *constants) if names.is_free(each)] == []
