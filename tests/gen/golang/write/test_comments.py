"""Tests of `rpcgen.gen.golang.write.comments`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rpcgen.gen.golang.write.comments import doc_comment
from tests import golang

TEXTS = [
    "Return the sum.",
    "Return the sum.\n\nIt is\nthe sum.",
    "Return ``next_key``, or ``''`` at the end.",
    "Args:\n    a: One.\n    b: Two.",
    "- a\n- b\n\n- c\n\ntext\n\n    code\n\n    more",
    "1. a\n10. b\nplain\n- c",
    "#heading\n## other",
    "text:\n  - indented\n  - list",
    "[link] to\n\n[other]: http://x\n// comment",
    "Deprecated: so.",
    "One of:\n\n- this\n- that\n\n1. first\n2) second",
    "# Heading\n\ntext",
    "[x]: http://example.com",
    "See http://example.com/" + "a" * 90 + " for more.",
    "word " * 60,
    "a " * 38 + "- b " * 20,
    "\n\n  leading\n\n\n\ntrailing  \n\n",
    "+build linux\n\ngo:build linux",
    "tab\there",
    "``unclosed and ''",
    "* star\n  more\n\n    code",
    "Ends with a colon:\n    code()\nand goes on.",
    "·\u00a0odd\u2003spaces",
]


def test_comment_is_filled() -> None:
    assert doc_comment("Return\nthe sum. " + "word " * 14) == (
        "// Return the sum. word word word word word word word word word word word word",
        "// word word",
    )


def test_paragraphs_are_kept_apart() -> None:
    assert doc_comment("One.\n\nTwo.") == ("// One.", "//", "// Two.")


def test_item_of_a_list_is_a_line() -> None:
    text = "Some:\n\n* this\n  and more\n* that"
    assert doc_comment(text) == ("// Some:", "//", "// * this and more", "// * that")


def test_example_stays_as_it_is() -> None:
    assert doc_comment("So:\n\n    a = 1\n      b") == ("// So:", "//", "//\ta = 1", "//\t  b")


def test_quotes_of_restructuredtext_are_dropped() -> None:
    assert doc_comment("``a`` is ''") == ('// a is ""',)


def test_text_that_is_missing_is_said_otherwise() -> None:
    assert doc_comment("", "Args is a message.") == ("// Args is a message.",)


@pytest.mark.go
def test_comments_are_as_gofmt_leaves_them(tmp_path: Path) -> None:
    gofmt = golang.go_root() / "bin" / "gofmt"
    for number, text in enumerate(TEXTS):
        lines = "\n".join(doc_comment(text))
        (tmp_path / f"f{number}.go").write_text(f"package p\n\n{lines}\nvar V{number} int\n")
    done = subprocess.run([gofmt, "-d", "."], cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("", "")
