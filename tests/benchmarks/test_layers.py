from __future__ import annotations

import pytest

from benchmarks.layers import Work, layers, main, works


@pytest.mark.parametrize("work", works(), ids=lambda work: work.title)
def test_layers_of_a_call(work: Work) -> None:
    found = list(layers(work, rounds=1))
    assert [each.title.partition(":")[0] for each in found] == ["client"] * 5 + ["server"] * 6
    assert sum(each.microseconds for each in found) > 0


def test_main_prints_a_table_for_each_work(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rounds", "1"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("together") == len(works())
