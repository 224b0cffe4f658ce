from __future__ import annotations

from collections.abc import Iterator

import pytest

from rpcgen.gob import receive_buffer as module
from rpcgen.gob.receive_buffer import Room

KIBIBYTE = 1 << 10
MEBIBYTE = 1 << 20


@pytest.fixture(autouse=True)
def no_spare_memory() -> Iterator[None]:
    """Let every test begin without memory from earlier ones."""
    kept = module._spare[:]
    module._spare.clear()
    yield
    module._spare[:] = kept


def test_view_is_no_larger_than_what_is_needed() -> None:
    assert len(Room().view(100, held=0)) == 100


def test_view_is_bounded_by_what_is_held() -> None:
    assert len(Room().view(64 * MEBIBYTE, held=100)) == 64 * KIBIBYTE


def test_view_grows_with_what_is_held() -> None:
    assert len(Room().view(64 * MEBIBYTE, held=MEBIBYTE)) == 4 * MEBIBYTE


def test_fill_returns_what_was_put_there() -> None:
    room = Room()
    room.view(100, held=0)[:5] = b"hello"
    assert bytes(room.fill(5)) == b"hello"


def test_view_after_fill_is_what_is_left() -> None:
    room = Room()
    first = room.view(100, held=0)
    first[:5] = b"hello"
    filled = room.fill(5)
    room.view(95, held=5)[:3] = b"you"
    assert bytes(filled) + bytes(room.fill(3)) == b"helloyou"


def test_view_when_all_is_filled_is_of_more_memory() -> None:
    room = Room()
    size = len(room.view(MEBIBYTE, held=0))
    first = room.fill(size)
    first[:] = b"x" * size
    room.view(MEBIBYTE - size, held=size)[:1] = b"y"
    assert bytes(first) == b"x" * size


def test_memory_is_used_again() -> None:
    room = Room()
    room.view(MEBIBYTE, held=MEBIBYTE)[:5] = b"hello"
    room.release()
    assert bytes(Room().view(5, held=0)) == b"hello"


def test_memory_is_not_used_again_before_it_is_released() -> None:
    room, other = Room(), Room()
    room.view(5, held=0)[:] = b"hello"
    other.view(5, held=0)[:] = b"other"
    assert bytes(room.fill(5)) == b"hello"


def test_memory_that_is_too_small_is_not_used_again() -> None:
    room = Room()
    room.view(5, held=0)
    room.release()
    assert len(Room().view(MEBIBYTE, held=MEBIBYTE)) == MEBIBYTE


def test_memory_that_is_kept_is_bounded() -> None:
    rooms = [Room() for _ in range(20)]
    for room in rooms:
        room.view(MEBIBYTE, held=MEBIBYTE)
    for room in rooms:
        room.release()
    assert len(module._spare) == 4


def test_memory_that_is_too_large_is_not_kept() -> None:
    room = Room()
    room.view(16 * MEBIBYTE, held=16 * MEBIBYTE)
    room.release()
    assert module._spare == []
