from __future__ import annotations

import json

from rpcgen.protocol.address import parse_address
from rpcgen.testing.conformance.cases import Case
from rpcgen.testing.conformance.peer import CaseError, Target
from rpcgen.testing.conformance.report import Outcome, as_json, line_of, run, summary

TARGET = Target(parse_address("127.0.0.1:1"), "gob", 1.0)


def passes(target: Target) -> None:
    pass


def fails(target: Target) -> None:
    raise CaseError("it is\nbroken")


def cannot_connect(target: Target) -> None:
    raise ConnectionRefusedError


OUTCOMES = list(
    run(TARGET, [Case("good", "be good", passes), Case("bad", "be better", fails)]),
)


def test_problems_are_kept() -> None:
    assert [each.problem for each in OUTCOMES] == ["", "it is\\nbroken"]


def test_error_without_a_text_is_named() -> None:
    (outcome,) = run(TARGET, [Case("gone", "be there", cannot_connect)])
    assert outcome.problem == "ConnectionRefusedError"


def test_lines_say_what_was_wanted() -> None:
    assert list(map(line_of, OUTCOMES)) == [
        "ok    good",
        "FAIL  bad: it is\\nbroken\n      wanted: be better",
    ]


def test_summary_counts() -> None:
    assert summary(OUTCOMES) == "1 of 2 cases passed"


def test_json_has_all() -> None:
    found = json.loads(as_json("127.0.0.1:1", "gob", OUTCOMES))
    assert (found["passed"], found["codec"]) == (False, "gob")
    assert found["cases"][1] == {
        "name": "bad",
        "about": "be better",
        "passed": False,
        "problem": "it is\\nbroken",
    }


def test_all_that_pass_is_passed() -> None:
    good = [Outcome(Case("good", "", passes))]
    assert json.loads(as_json("", "gob", good))["passed"] is True
