"""Tests of `rpcgen.gen.golang.read.parse`."""

from __future__ import annotations

import subprocess
import sys

from rpcgen.gen.golang.read.parse import parse_go
from rpcgen.gen.golang.read.syntax import Place

BROKEN = b"""package p

type A struct{ X int }

var limit = new(40 + 2)

func (a A) First() {}

func (a A) Second() {
	x := new(1 + 2)
}

func (a A Third() {}

func (a A) Fourth() {}
"""


def test_error_in_a_declaration_costs_no_other_one() -> None:
    file = parse_go("p.go", BROKEN)
    assert [each.name for each in file.functions if each.receiver] == ["First", "Second", "Fourth"]


def test_error_is_a_problem_with_its_place() -> None:
    problems = dict(parse_go("p.go", BROKEN).problems)
    assert sorted(problems) == [Place("p.go", 5), Place("p.go", 10), Place("p.go", 13)]


def test_error_that_costs_a_method_says_so() -> None:
    problems = dict(parse_go("p.go", BROKEN).problems)
    assert problems[Place("p.go", 13)] == "not understood, and lost: func (a A Third() {}"


def test_file_that_is_understood_has_no_problems() -> None:
    assert (
        parse_go("p.go", b"package p\n\nfunc f[T any](x T) (y int) { return 1 }\n").problems == ()
    )


def test_any_bytes_are_read() -> None:
    for data in (b"", b"\xff\xfe", b"package", b"func (", b"type T struct {"):
        assert parse_go("p.go", data).types == ()


def test_expression_of_very_many_parts_is_read() -> None:
    text = " + ".join(['"x"'] * 5000)
    file = parse_go("p.go", f"package p\n\nconst A = {text}\n\ntype T int\n".encode())
    assert [each.name for each in file.types] == ["T"]


def test_without_tree_sitter_the_error_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['tree_sitter'] = None\n"
        "from rpcgen.errors import GenerateError\n"
        "from rpcgen.gen.golang.read.parse import parse_go\n"
        "try: parse_go('p.go', b'')\n"
        "except GenerateError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert "pip install 'rpcgen[go]'" in done.stdout
