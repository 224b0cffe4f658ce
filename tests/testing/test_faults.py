from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcgen.testing.faults import Fault, FaultKind, FaultyBytes, random_faults

DATA = bytes(range(100))

FAULTS = st.lists(
    st.builds(
        Fault,
        st.sampled_from(["delay", "split", "drop", "reorder", "truncate", "stall"]),
        st.integers(0, 120),
        amount=st.integers(0, 30),
    ),
    max_size=6,
)


def sent(faults: list[Fault], pieces: list[bytes]) -> list[bytes | Fault]:
    """Return what comes of the pieces of a stream, neighbouring bytes as one."""
    faulty = FaultyBytes(faults)
    found: list[bytes | Fault] = []
    for items in [*map(faulty.feed, pieces), faulty.end()]:
        for item in items:
            if found and isinstance(item, bytes) and isinstance(found[-1], bytes):
                found[-1] += item
            else:
                found.append(item)
    return found


def test_no_fault_changes_nothing() -> None:
    assert sent([], [DATA]) == [DATA]


def test_drop_loses_bytes() -> None:
    assert sent([Fault("drop", 10, amount=5)], [DATA]) == [DATA[:10] + DATA[15:]]


def test_reorder_swaps_neighbours() -> None:
    assert sent([Fault("reorder", 10, amount=5)], [DATA]) == [
        DATA[:10] + DATA[15:20] + DATA[10:15] + DATA[20:]
    ]


def test_reorder_at_the_end_loses_nothing() -> None:
    assert sent([Fault("reorder", 97, amount=5)], [DATA]) == [DATA]


def test_delay_has_its_place() -> None:
    fault = Fault("delay", 10, amount=0.1)
    assert sent([fault], [DATA]) == [DATA[:10], fault, DATA[10:]]


def test_split_cuts_into_pieces() -> None:
    assert FaultyBytes([Fault("split", 0, amount=30)]).feed(DATA) == [
        DATA[:30],
        DATA[30:60],
        DATA[60:90],
        DATA[90:],
    ]


@pytest.mark.parametrize("kind", ["truncate", "stall", "close", "reset", "reset client"])
def test_ending_is_the_last(kind: FaultKind) -> None:
    fault = Fault(kind, 10)
    assert sent([fault, Fault("drop", 20)], [DATA, DATA]) == [DATA[:10], fault]


def test_ending_comes_as_soon_as_its_place_is_reached() -> None:
    fault = Fault("close", 10)
    assert FaultyBytes([fault]).feed(DATA[:10]) == [DATA[:10], fault]


def test_fault_at_the_beginning_comes_before_any_byte() -> None:
    fault = Fault("reset", 0)
    assert FaultyBytes([fault]).feed(b"") == [fault]


def test_fault_inside_of_another_comes_after_it() -> None:
    assert sent([Fault("drop", 10, amount=5), Fault("drop", 12, amount=5)], [DATA]) == [
        DATA[:10] + DATA[20:]
    ]


@given(FAULTS, st.lists(st.integers(0, 100), max_size=8))
def test_pieces_of_the_stream_do_not_matter(faults: list[Fault], cuts: list[int]) -> None:
    pieces = [DATA[low:high] for low, high in pairwise([0, *sorted(cuts), 100])]
    assert sent(faults, pieces) == sent(faults, [DATA])


def test_random_faults_are_the_same_for_a_seed() -> None:
    first, second = random_faults(7), random_faults(7)
    assert [first(n) for n in range(50)] == [second(n) for n in reversed(range(50))][::-1]


def test_random_faults_differ_from_seed_to_seed() -> None:
    assert [random_faults(1)(n) for n in range(9)] != [random_faults(2)(n) for n in range(9)]


def test_random_faults_are_of_the_kinds_that_are_asked_for() -> None:
    schedule = random_faults(1, ("delay", "drop"), chance=1.0)
    kinds = {fault.kind for number in range(50) for fault in schedule(number)}
    assert kinds == {"delay", "drop"}


def test_random_faults_stay_within() -> None:
    schedule = random_faults(1, within=50)
    assert max(fault.at for number in range(200) for fault in schedule(number)) <= 50
