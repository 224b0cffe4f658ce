from __future__ import annotations

import pytest

from rpcgen.protocol.fair_queue import FairQueue


def filled(limit: int, owners: str) -> FairQueue[str]:
    """Return a queue in which as many jobs of these owners, in turn, have started as may."""
    queue = FairQueue[str](limit)
    for number in range(limit):
        for owner in owners:
            queue.push(owner, f"{owner}{number}")
    while queue.pop(queue.free):
        pass
    return queue


def test_limit_must_be_greater_than_zero() -> None:
    with pytest.raises(ValueError, match="workers must be greater than 0"):
        FairQueue[str](0)


@pytest.mark.parametrize(
    ("limit", "places"),
    [(1, 1), (2, 1), (3, 2), (4, 3), (5, 4), (10, 8), (16, 12), (100, 76), (1024, 768)],
)
def test_owner_that_is_alone_leaves_some_places(limit: int, places: int) -> None:
    assert filled(limit, "a").running == places


@pytest.mark.parametrize("limit", range(2, 200))
def test_owner_that_comes_next_to_one_gets_a_place(limit: int) -> None:
    queue = filled(limit, "a")
    queue.push("b", "b0")
    assert queue.pop(queue.free) == "b0"


@pytest.mark.parametrize("limit", range(1, 20))
def test_every_place_can_be_taken(limit: int) -> None:
    queue = filled(limit, "abcdefghijklmnopqrst")
    assert queue.running == limit


@pytest.mark.parametrize("owners", ["ab", "abc", "abcdefgh"])
def test_several_owners_leave_some_places(owners: str) -> None:
    assert filled(1024, owners).free >= 1024 // 16


def test_jobs_of_an_owner_start_in_their_order() -> None:
    queue = FairQueue[int](10)
    for number in range(4):
        queue.push("a", number)
    assert [queue.pop(queue.free) for _ in range(4)] == [0, 1, 2, 3]


def test_owners_take_turns() -> None:
    queue = FairQueue[str](10)
    for job in ("a0", "a1", "a2", "b0", "c0"):
        queue.push(job[0], job)
    assert [queue.pop(queue.free) for _ in range(5)] == ["a0", "b0", "c0", "a1", "a2"]


def test_owner_at_its_share_holds_up_no_other() -> None:
    queue = filled(2, "a")
    queue.push("b", "b0")
    assert next(iter(queue.waiting)) == "a"
    assert queue.pop(queue.free) == "b0"


def test_owner_may_be_none() -> None:
    queue = FairQueue[str](2)
    queue.push(None, "job")
    assert queue.is_ready(2)
    assert queue.pop(2) == "job"


def test_queue_is_ready_with_one_free_place() -> None:
    queue = FairQueue[str](2)
    queue.push("a", "a0")
    assert queue.is_ready(1)


def test_queue_is_not_ready_without_a_job() -> None:
    assert not FairQueue[str](2).is_ready(2)


def test_queue_is_not_ready_for_an_owner_at_its_share() -> None:
    queue = filled(2, "a")
    assert queue.waiting
    assert not queue.is_ready(queue.free)


def test_pop_without_a_free_place() -> None:
    queue = FairQueue[str](1)
    queue.push("a", "a0")
    assert queue.pop(0) is None
    assert queue.waiting


def test_pop_of_nothing() -> None:
    assert FairQueue[str](1).pop(1) is None


def test_finished_gives_the_place_to_the_next() -> None:
    queue = filled(1, "a")
    queue.push("b", "b0")
    queue.finished("a")
    assert queue.pop(queue.free) == "b0"


def test_owner_without_a_job_is_forgotten() -> None:
    queue = FairQueue[str](4)
    queue.started("a")
    assert queue.running_for("a") == 1
    queue.finished("a")
    assert (queue.running_for("a"), queue.running) == (0, 0)


def test_discard_drops_a_job_that_waits() -> None:
    queue = FairQueue[str](4)
    queue.push("a", "a0")
    queue.push("a", "a1")
    queue.discard("a", "a0")
    assert queue.pop(queue.free) == "a1"


@pytest.mark.parametrize(("job", "has_waited"), [("a0", True), ("a1", False)])
def test_discard_tells_whether_the_job_has_waited(job: str, has_waited: bool) -> None:
    queue = FairQueue[str](4)
    queue.push("a", "a0")
    assert queue.discard("a", job) is has_waited


def test_discard_of_the_last_job_forgets_the_owner() -> None:
    queue = FairQueue[str](4)
    queue.push("a", "a0")
    queue.discard("a", "a0")
    assert not queue.waiting


def test_discard_of_a_job_that_has_started() -> None:
    queue = FairQueue[str](4)
    queue.push("a", "a0")
    queue.pop(queue.free)
    queue.discard("a", "a0")
    assert queue.running == 1


def test_clear_drops_what_waits() -> None:
    queue = FairQueue[str](1)
    queue.push("a", "a0")
    queue.push("b", "b0")
    assert queue.clear() == ["a0", "b0"]
    assert queue.pop(1) is None
