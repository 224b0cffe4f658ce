from __future__ import annotations

from typing import Any

from rpcgen.testing.recording.compare import compare
from rpcgen.testing.recording.traffic import Body, Call


def call(method: str, args: Any, reply: Any = None, error: str = "") -> Call:
    body = None if error else Body(reply)
    return Call(1, "json", method, Body(args), 0.0, reply=body, error=error, ended=1.0)


OLD = [call("A.Add", {"X": 1}, 2), call("A.Add", {"X": 2}, 3)]


def test_same_calls_have_no_differences() -> None:
    assert compare(OLD, OLD) == []


def test_order_of_other_calls_does_not_matter() -> None:
    assert compare(OLD, OLD[::-1]) == []


def test_method_that_is_new_and_one_that_is_gone_are_told() -> None:
    assert compare(OLD, [call("A.Sub", {"X": 1}, 2)]) == [
        "A.Add: no longer called",
        "A.Sub: new: (Sub{X int}) -> int",
    ]


def test_types_that_changed_are_told() -> None:
    new = [call("A.Add", {"X": 1, "Y": "z"}, "2"), call("A.Add", {"X": 2, "Y": "z"}, "3")]
    assert compare(OLD, new) == [
        "A.Add: argument was Add{X int}, is Add{X int; Y string}",
        "A.Add: reply was int, is string",
    ]


def test_answer_that_changed_is_told() -> None:
    new = [OLD[0], call("A.Add", {"X": 2}, error="overflow")]
    assert compare(OLD, new) == ['A.Add {"X": 2}: answered 3, now error: overflow']


def test_answers_to_the_same_request_are_compared_in_their_order() -> None:
    old = [call("A.Next", None, number) for number in (1, 2, 3)]
    new = [call("A.Next", None, number) for number in (1, 5, 3)]
    assert compare(old, new) == ["A.Next null: answered 2, now 5"]


def test_many_answers_are_counted() -> None:
    old = [call("A.Add", number, 0) for number in range(15)]
    new = [call("A.Add", number, 1) for number in range(15)]
    found = compare(old, new)
    assert len(found) == 11
    assert found[-1] == "A.Add: 5 more answers differ"


def test_call_without_an_answer_is_not_compared() -> None:
    pending = Call(1, "json", "A.Add", Body({"X": 1}), 0.0)
    assert compare(OLD, [*OLD, pending]) == []
