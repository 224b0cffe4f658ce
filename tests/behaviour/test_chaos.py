"""A bounded form of `chaos`; as a command it goes on for longer."""

from __future__ import annotations

import pytest

from .chaos import COMBINATIONS, Chaos, Combination

combinations = pytest.mark.parametrize("combination", COMBINATIONS, ids=str)


@combinations
def test_every_call_ends_once_and_truly(combination: Combination) -> None:
    chaos = Chaos(combination, 150, seed=1, largest=5000)
    chaos.run()
    assert chaos.faults == []


@combinations
def test_no_call_is_lost_or_repeated_where_servers_shut_down(combination: Combination) -> None:
    chaos = Chaos(combination, 150, seed=1, largest=5000, is_orderly=True)
    chaos.run()
    assert chaos.faults == []
