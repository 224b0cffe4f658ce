"""Keys of equal hash are bounded."""

from __future__ import annotations

import uuid

import pytest

from rpcgen import DecodeError
from rpcgen.gob.collisions import check_collisions, dict_of, steerable
from rpcgen.schema import schema_of

MODULUS = (1 << 61) - 1


def equal_hashes(count: int) -> list[uuid.UUID]:
    """Return keys that all have the hash 1."""
    return [uuid.UUID(int=1 + i * MODULUS) for i in range(count)]


def test_check_of_keys_that_differ() -> None:
    check_collisions([uuid.UUID(int=i) for i in range(1000)], 10)


def test_check_of_as_many_as_the_limit() -> None:
    check_collisions(equal_hashes(10), 10)


def test_check_of_more_than_the_limit() -> None:
    with pytest.raises(DecodeError, match=r"11 keys of a map .* the limit is 10 .*collisions"):
        check_collisions(equal_hashes(11), 10)


def test_check_of_many_pairs_of_equal_hash() -> None:
    keys = [uuid.UUID(int=i + half * MODULUS) for i in range(1, 100) for half in (0, 1)]
    check_collisions(keys, 2)


def test_dict_of_pairs() -> None:
    assert dict_of([(1, 2), (3, 4)], 10) == {1: 2, 3: 4}


def test_dict_of_pairs_that_collide() -> None:
    with pytest.raises(DecodeError, match="collisions"):
        dict_of([(key, 1) for key in equal_hashes(11)], 10)


@pytest.mark.parametrize("key", [uuid.UUID, complex, float, tuple[int, ...]])
def test_steerable_types(key: object) -> None:
    assert steerable(schema_of(key))


@pytest.mark.parametrize("key", [str, bytes, int, bool])
def test_types_that_are_not_steerable(key: object) -> None:
    assert not steerable(schema_of(key))
