from __future__ import annotations

from collections.abc import Iterator

import pytest

from rpcgen.gob import receive_buffer as module
from rpcgen.gob.receive_buffer import ReceiveBuffer

KIBIBYTE = 1 << 10
MEBIBYTE = 1 << 20


@pytest.fixture(autouse=True)
def no_spare_memory() -> Iterator[None]:
    """Let every test begin without memory from earlier ones."""
    kept = module._free_list[:]
    module._free_list.clear()
    yield
    module._free_list[:] = kept


def test_view_is_no_larger_than_what_is_needed() -> None:
    assert len(ReceiveBuffer().get_buffer(100, held=0)) == 100


def test_view_is_bounded_by_what_is_held() -> None:
    assert len(ReceiveBuffer().get_buffer(64 * MEBIBYTE, held=100)) == 64 * KIBIBYTE


def test_view_grows_with_what_is_held() -> None:
    assert len(ReceiveBuffer().get_buffer(64 * MEBIBYTE, held=MEBIBYTE)) == 4 * MEBIBYTE


def test_fill_returns_what_was_put_there() -> None:
    buffer = ReceiveBuffer()
    buffer.get_buffer(100, held=0)[:5] = b"hello"
    assert bytes(buffer.commit(5)) == b"hello"


def test_view_after_fill_is_what_is_left() -> None:
    buffer = ReceiveBuffer()
    first = buffer.get_buffer(100, held=0)
    first[:5] = b"hello"
    filled = buffer.commit(5)
    buffer.get_buffer(95, held=5)[:3] = b"you"
    assert bytes(filled) + bytes(buffer.commit(3)) == b"helloyou"


def test_view_when_all_is_filled_is_of_more_memory() -> None:
    buffer = ReceiveBuffer()
    size = len(buffer.get_buffer(MEBIBYTE, held=0))
    first = buffer.commit(size)
    first[:] = b"x" * size
    buffer.get_buffer(MEBIBYTE - size, held=size)[:1] = b"y"
    assert bytes(first) == b"x" * size


def test_memory_is_used_again() -> None:
    buffer = ReceiveBuffer()
    buffer.get_buffer(MEBIBYTE, held=MEBIBYTE)[:5] = b"hello"
    buffer.release()
    assert bytes(ReceiveBuffer().get_buffer(5, held=0)) == b"hello"


def test_memory_is_not_used_again_before_it_is_released() -> None:
    buffer, other = ReceiveBuffer(), ReceiveBuffer()
    buffer.get_buffer(5, held=0)[:] = b"hello"
    other.get_buffer(5, held=0)[:] = b"other"
    assert bytes(buffer.commit(5)) == b"hello"


def test_memory_that_is_too_small_is_not_used_again() -> None:
    buffer = ReceiveBuffer()
    buffer.get_buffer(5, held=0)
    buffer.release()
    assert len(ReceiveBuffer().get_buffer(MEBIBYTE, held=MEBIBYTE)) == MEBIBYTE


def test_memory_that_is_kept_is_bounded() -> None:
    buffers = [ReceiveBuffer() for _ in range(20)]
    for buffer in buffers:
        buffer.get_buffer(MEBIBYTE, held=MEBIBYTE)
    for buffer in buffers:
        buffer.release()
    assert len(module._free_list) == 4


def test_memory_that_is_too_large_is_not_kept() -> None:
    buffer = ReceiveBuffer()
    buffer.get_buffer(16 * MEBIBYTE, held=16 * MEBIBYTE)
    buffer.release()
    assert module._free_list == []
