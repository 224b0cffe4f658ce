"""A bounded run of the fuzzer that compares the implementations."""

from __future__ import annotations

import random

import pytest

from rpcgen._implementation import IMPLEMENTATIONS

from .differential_fuzz import Tally, compare, drawn_samples, own_samples

pytestmark = pytest.mark.skipif(len(IMPLEMENTATIONS) < 2, reason="the accelerator is not compiled")


def test_implementations_agree_on_values_and_bytes_that_were_changed() -> None:
    choose, tally = random.Random(1), Tally()
    samples = own_samples() + drawn_samples(1, 15)
    for _ in range(2500):
        compare(choose.choice(samples), choose, tally)
    assert min(tally.encoded, tally.encode_errors, tally.decoded, tally.decode_errors) > 400
    assert tally.streamed > 400
