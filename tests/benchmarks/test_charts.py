from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from benchmarks.charts import bar, draw, text
from benchmarks.results import Results

from .samples import MACHINE, measurement, results


@pytest.mark.parametrize(
    ("share", "expected"), [(1.0, "█" * 40), (0.5, "█" * 20), (0.0125, "▌"), (0.0, "▏")]
)
def test_bar(share: float, expected: str) -> None:
    assert bar(share) == expected


def test_text() -> None:
    rows = [measurement("rpcgen", "call", 10), measurement("go", "call", 20)]
    made = Results(MACHINE, rounds=1, seed=1, measurements=rows)
    assert text(made).splitlines() == [
        "(a) Sequential Arith.Multiply on one connection: median in µs, less is better",
        f"rpcgen, threads {'█' * 20} 10 (p99 30 µs, 1.00x)",
        f"Go net/rpc, gob {'█' * 40} 20 (p99 60 µs, 2.00x)",
    ]


def test_text_leaves_failures_to_the_tables() -> None:
    assert "grpcio, aio" not in text(results())


@pytest.mark.skipif(
    importlib.util.find_spec("matplotlib") is None, reason="needs the extra `bench`"
)
def test_draw(tmp_path: Path) -> None:
    draw(results(), tmp_path / "results.png")
    assert (tmp_path / "results.png").read_bytes().startswith(b"\x89PNG")
