"""A short run of the fuzzer; `tests/README.md` says how to start a long one."""

from __future__ import annotations

from . import fuzz


def test_generator_ends_with_output_or_placed_errors() -> None:
    counts = fuzz.run(seed=20_000, cases=120)
    assert min(counts["output"], counts["errors"]) > 10
