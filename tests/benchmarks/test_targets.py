from __future__ import annotations

import attrs
import pytest

from benchmarks.results import Results
from benchmarks.targets import TARGETS, Target, Verdict, judge

from .samples import MACHINE, results


def target(*, at_least: bool = False, unit: str = "x") -> Target:
    return Target("a", "ours", "theirs", 1.5, lambda results: None, at_least, unit)


@pytest.mark.parametrize(
    ("at_least", "measured", "met"),
    [
        (False, 1.49, True),
        (False, 1.5, True),
        (False, 1.51, False),
        (True, 1.49, False),
        (True, 1.5, True),
        (True, 1.51, True),
        (False, None, None),
    ],
)
def test_verdict(at_least: bool, measured: float | None, met: bool | None) -> None:
    assert Verdict(target(at_least=at_least), measured).met is met


def test_verdict_on_one_core_goes_by_its_own_limit() -> None:
    limits = attrs.evolve(target(), one_core=2.0)
    assert (Verdict(limits, 1.7).met, Verdict(limits, 1.7, pinned=True).met) == (False, True)


def test_verdict_without_a_limit_in_its_regime() -> None:
    verdict = Verdict(target(), 1.7, pinned=True)
    assert (verdict.met, verdict.limit_text) == (None, "-")


def test_texts() -> None:
    assert target().text == "<= 1.5x"
    assert target(at_least=True, unit="MB").text == ">= 1.5 MB"
    assert Verdict(target(), 0.0712).text == "0.071x"
    assert Verdict(target(unit="ms"), 58.26).text == "58.3 ms"
    assert Verdict(target(), None).text == "not measured"


def test_every_target_is_measured_by_a_whole_run() -> None:
    missing = [verdict.target.theirs for verdict in judge(results()) if verdict.measured is None]
    assert missing == ["grpcio, aio", "grpcio, aio"]  # that peer has failed


def test_nothing_measured() -> None:
    verdicts = judge(Results(MACHINE, rounds=0, seed=1))
    assert len(verdicts) == len(TARGETS)
    assert all(verdict.met is None for verdict in verdicts)


def test_fewer_idle_connections_than_asked_for_are_no_verdict() -> None:
    made = results()
    assert made.idle is not None
    made.idle = type(made.idle)(5_000, 30_000_000, 80_000_000)
    verdict = judge(made)[-1]
    assert verdict.target.unit == "MB"
    assert verdict.measured is None
