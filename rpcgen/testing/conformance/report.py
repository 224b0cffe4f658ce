"""Report of the cases: lines for people, or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from attrs import frozen

from rpcgen.errors import RpcError
from rpcgen.escapes import escaped

from .cases import Case

__all__ = ["Outcome", "as_json", "line_of", "program_as_json", "run", "summary"]

T = TypeVar("T")


@frozen
class Outcome:
    """Outcome of a case; ``problem`` is empty where the server has passed."""

    case: Case[Any]
    problem: str = ""

    @property
    def has_passed(self) -> bool:
        """True if the server does what the case wants."""
        return not self.problem


def run(target: T, cases: Iterable[Case[T]]) -> Iterator[Outcome]:
    """Yield the outcome of each case, one after the other.

    Args:
        target: The server, or the program.
        cases: The cases.
    """
    for case in cases:
        try:
            case.check(target)
        except (RpcError, OSError) as error:
            yield Outcome(case, escaped(str(error)) or type(error).__name__)
        else:
            yield Outcome(case)


def line_of(outcome: Outcome) -> str:
    """Return the line of a case."""
    if outcome.has_passed:
        return f"ok    {outcome.case.name}"
    return f"FAIL  {outcome.case.name}: {outcome.problem}\n      wanted: {outcome.case.about}"


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return the last line."""
    passed = sum(outcome.has_passed for outcome in outcomes)
    return f"{passed} of {len(outcomes)} cases passed"


def as_json(address: str, codec: str, outcomes: Sequence[Outcome]) -> str:
    """Return all outcomes as an object of JSON.

    Args:
        address: The server's.
        codec: What was spoken.
        outcomes: How the cases have ended.
    """
    return _json({"address": address, "codec": codec}, outcomes)


def program_as_json(command: str, outcomes: Sequence[Outcome]) -> str:
    """Return all outcomes of a program as an object of JSON.

    Args:
        command: The program and its arguments.
        outcomes: How the cases have ended.
    """
    return _json({"program": command}, outcomes)


def _json(subject: dict[str, object], outcomes: Sequence[Outcome]) -> str:
    cases = [
        {
            "name": outcome.case.name,
            "about": outcome.case.about,
            "passed": outcome.has_passed,
            "problem": outcome.problem,
        }
        for outcome in outcomes
    ]
    passed = all(outcome.has_passed for outcome in outcomes)
    return json.dumps({**subject, "passed": passed, "cases": cases})
