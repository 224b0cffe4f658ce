"""Keys of equal hash are bounded."""

from __future__ import annotations

import dataclasses
import enum
import functools
import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any

import pytest
from attrs import field, frozen
from hypothesis import given
from hypothesis import strategies as st

from rpcgen import DecodeError, EncodeError, Limits, gob
from rpcgen.gob import Typed
from rpcgen.protocol import JsonServerCodec
from rpcgen.schema import schema_of
from rpcgen.types import Complex64, Float32, OpenStrEnum, Uint8, length, wire
from rpcgen.values import collisions
from rpcgen.values.collisions import MANY_KEYS, check_collisions, dict_of, merges_keys, steerable

MODULUS = (1 << 61) - 1


def equal_hashes(count: int) -> list[uuid.UUID]:
    """Return keys that all have the hash 1."""
    return [uuid.UUID(int=1 + i * MODULUS) for i in range(count)]


@functools.cache
def chosen_places() -> dict[int, int]:
    """Return entries of which some keys must walk past many others in the table of a dict."""
    mask = 2 * MANY_KEYS - 1
    places, place = dict[int, int](), 1
    for index in range(MANY_KEYS):
        places[place] = index
        place = place * 5 + 1 & mask
    walking: list[int] = []
    key = mask
    while len(walking) < 100:
        key += 1
        place = rest = key
        while (place := place & mask) in places and rest:
            rest >>= 5
            place = place * 5 + rest + 1
        if not rest and places.get(place, MANY_KEYS) < MANY_KEYS // 2:
            walking.append(key)
    return dict.fromkeys([*places, *walking], 1)


def test_many_numbers_as_keys_arrive() -> None:
    numbers = {i * 0x9E3779B97F4A7C15 >> 2 & MODULUS: i for i in range(-1, MANY_KEYS + 9)}
    assert gob.loads(gob.dumps(numbers, dict[int, int]), dict[int, int]) == numbers


def test_numbers_whose_places_are_chosen_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(collisions, "_MAX_MEAN_PROBES", 8)  # sooner, for the test to be quick
    data = gob.dumps(chosen_places(), dict[int, int])
    with pytest.raises(DecodeError, match="keys of a map collide although their hashes differ"):
        gob.loads(data, dict[int, int])


@pytest.mark.heavy
@pytest.mark.slow
def test_numbers_whose_places_are_chosen_are_refused_after_a_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(collisions, "_MAX_MEAN_PROBES", 8)  # sooner, for the test to be quick
    keys: dict[Any, int] = {"": 0, **chosen_places()}
    data = gob.dumps(keys, dict[Any, int])
    with pytest.raises(DecodeError, match="keys of a map collide although their hashes differ"):
        gob.loads(data, dict[Any, int])


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


@pytest.mark.parametrize("annotation", [Any, datetime, Annotated[tuple[Any, ...], length(2)]])
def test_keys_that_python_may_merge(annotation: Any) -> None:
    assert merges_keys(schema_of(annotation))


@pytest.mark.parametrize("annotation", [bool, int, float, str, uuid.UUID, timedelta])
def test_keys_that_python_does_not_merge(annotation: Any) -> None:
    assert not merges_keys(schema_of(annotation))


def interface_keys(*keys: object) -> bytes:
    """Return a map of several keys, put together of maps of one."""
    parts = [gob.dumps({key: "v"}, dict[Any, str]) for key in keys]
    definition = parts[0][: parts[0][0] + 1]
    values = [part[len(definition) + 1 :] for part in parts]
    body = values[0][:3] + bytes((len(keys),)) + b"".join(value[4:] for value in values)
    return definition + bytes((len(body),)) + body


def test_keys_that_differ_arrive() -> None:
    data = interface_keys(0, 1.5, True, "a")
    assert gob.loads(data, dict[Any, str]) == dict.fromkeys([0, 1.5, True, "a"], "v")


@pytest.mark.parametrize("annotation", [dict[Any, str], None])
@pytest.mark.parametrize(
    "keys", [(0, 0.0), (0, False), (1, True, 1.0), (0, Typed(0, Uint8))], ids=repr
)
def test_keys_that_go_keeps_apart_are_no_entry_less(keys: tuple[Any, ...], annotation: Any) -> None:
    with pytest.raises(DecodeError, match=f"a map of {len(keys)} entries"):
        gob.loads(interface_keys(*keys), annotation)


@given(
    st.lists(st.sampled_from([0, 1, 0.0, 1.0, False, True, "", "a", Typed(1, Uint8)]), max_size=6)
)
def test_no_entry_vanishes(keys: list[Any]) -> None:
    distinct = list({(type(key), key): key for key in keys}.values())
    equal = len({getattr(key, "value", key) for key in distinct})
    if equal == len(distinct) > 0:
        assert len(gob.loads(interface_keys(*distinct), dict[Any, str])) == equal
    elif distinct:
        with pytest.raises(DecodeError, match="keeps apart"):
            gob.loads(interface_keys(*distinct), dict[Any, str])


def test_moments_in_two_zones_are_no_entry_less() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    parts = [
        gob.dumps({at: 1}, dict[datetime, int])
        for at in (moment, moment.astimezone(timezone(timedelta(hours=1))))
    ]
    count = parts[0].rindex(b"\x01\x0f")
    body = parts[0][count + 1 :] + parts[1][count + 1 :]
    start = parts[0].rindex(b"\xff", 0, count)
    message = parts[0][start:count] + b"\x02" + body
    data = parts[0][: start - 1] + bytes((len(message),)) + message
    with pytest.raises(DecodeError, match="a moment in two zones"):
        gob.loads(data, dict[datetime, int])


@pytest.mark.parametrize("key", [b"x", (1,)])
def test_key_that_go_cannot_compare_is_refused(key: Any) -> None:
    with pytest.raises(EncodeError, match="does not take for a key"):
        gob.dumps({key: 1}, dict[Any, int])


def test_keys_that_are_the_same_as_float32_are_refused() -> None:
    with pytest.raises(EncodeError, match="the same as float32"):
        gob.dumps({16777216.0: 1, 16777217.0: 2}, dict[Float32, int])


class Color(enum.IntEnum):
    OTHER = 0
    RED = 1

    @classmethod
    def _missing_(cls, value: object) -> Color:
        return cls.OTHER


class Mood(enum.StrEnum):
    OTHER = "other"
    GOOD = "good"

    @classmethod
    def _missing_(cls, value: object) -> Mood:
        return cls.OTHER


class OpenMood(OpenStrEnum):
    GOOD = "good"


class Right(enum.IntFlag):
    READ = 1
    WRITE = 2


@frozen
class Place:
    shelf: int
    note: int


@frozen
@wire("Place")
class Shelf:
    shelf: int
    note: int = field(eq=False)


@dataclasses.dataclass(frozen=True)
@wire("Place")
class PlainShelf:
    shelf: int
    note: int = dataclasses.field(compare=False)


@frozen
class Paint:
    color: int


@frozen
@wire("Paint")
class OpenPaint:
    color: Color


@pytest.mark.parametrize("limits", [Limits(), Limits(decoded=100_000)], ids=["fast", "counted"])
@pytest.mark.parametrize(
    ("sent", "theirs", "ours"),
    [
        ({5: 1, 6: 2}, dict[int, int], dict[Color, int]),
        ({"x": 1, "y": 2}, dict[str, int], dict[Mood, int]),
        ({-1: 1, 3: 2}, dict[int, int], dict[Right, int]),
        ({"x", "y"}, set[str], set[Mood]),
        ({Place(1, 2): 1, Place(1, 3): 2}, dict[Place, int], dict[Shelf, int]),
        ({Place(1, 2): 1, Place(1, 3): 2}, dict[Place, int], dict[PlainShelf, int]),
        ({Place(1, 2), Place(1, 3)}, set[Place], set[Shelf]),
        ({Paint(5): 1, Paint(6): 2}, dict[Paint, int], dict[OpenPaint, int]),
        ([{5: 1, 6: 2}], list[dict[int, int]], list[dict[Color, int]]),
    ],
    ids=repr,
)
def test_keys_that_a_class_takes_for_equal_are_no_entry_less(
    sent: Any, theirs: Any, ours: Any, limits: Limits
) -> None:
    with pytest.raises(DecodeError, match="a map of 2 entries, of which 1"):
        gob.loads(gob.dumps(sent, theirs), ours, limits=limits)


@pytest.mark.parametrize("annotation", [dict[Color, int], dict[Mood, int]])
def test_keys_in_json_that_an_enum_takes_for_equal_are_no_entry_less(annotation: Any) -> None:
    sent = b'{"method":"S.M","params":[{"5":1,"6":2}],"id":0}\n'
    codec = JsonServerCodec()
    codec.feed(sent)
    codec.decode_request_header()
    with pytest.raises(DecodeError, match="a map of 2 entries, of which 1"):
        codec.decode_request_body(schema_of(annotation))


@pytest.mark.parametrize("annotation", [dict[OpenMood, int], dict[Color, int], set[Color]])
def test_keys_of_an_enum_that_differ_arrive(annotation: Any) -> None:
    keys = [OpenMood.GOOD, OpenMood("x")] if annotation == dict[OpenMood, int] else list(Color)
    sent = set(keys) if annotation == set[Color] else dict.fromkeys(keys, 1)
    assert gob.loads(gob.dumps(sent, annotation), annotation) == sent


ALMOST = 0.10000000149011612  # what is left of 0.1 as float32


@frozen
class Dot:
    x: Float32


@frozen(eq=False)
class Twin:
    x: int


@pytest.mark.parametrize(
    ("keys", "annotation"),
    [
        ([0.1j, ALMOST * 1j], Complex64),
        ([(0.1, 0.5), (ALMOST, 0.5)], Annotated[tuple[Float32, ...], length(2)]),
        ([Dot(0.1), Dot(ALMOST)], Dot),
        ([Twin(1), Twin(1)], Twin),
    ],
    ids=repr,
)
def test_keys_that_are_the_same_to_go_are_refused(keys: list[Any], annotation: Any) -> None:
    with pytest.raises(EncodeError, match="a key that is the same to Go as one before it"):
        gob.dumps(dict.fromkeys(keys, 1), dict[annotation, int])
    with pytest.raises(EncodeError, match="a key that is the same to Go as one before it"):
        gob.dumps(set(keys), set[annotation])


@pytest.mark.parametrize("annotation", [dict[Float32, int], dict[float, int]])
def test_keys_that_are_no_numbers_are_kept_apart(annotation: Any) -> None:
    sent = {float("nan"): 1, float("nan") * 2: 2}
    assert list(gob.loads(gob.dumps(sent, annotation), annotation).values()) == [1, 2]
