"""Report of the cases: lines for people, or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from rpcgen.errors import RpcError
from rpcgen.escapes import escaped

from .cases import Case
from .peer import Target

__all__ = ["Outcome", "as_json", "line_of", "run", "summary"]


@frozen
class Outcome:
    """Outcome of a case; ``problem`` is empty where the server has passed."""

    case: Case
    problem: str = ""

    @property
    def has_passed(self) -> bool:
        """True if the server does what the case wants."""
        return not self.problem


def run(target: Target, cases: Iterable[Case]) -> Iterator[Outcome]:
    """Yield the outcome of each case, one after the other.

    Args:
        target: The server.
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
    return json.dumps({"address": address, "codec": codec, "passed": passed, "cases": cases})
