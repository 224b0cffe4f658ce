"""Hypothesis strategies for values of the types in `kinds`."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import ip_interface
from typing import Any, Final

from hypothesis import strategies as st

from rpcgen.types import AddrPort, BigFloatValue, Duration, Time

from .kinds import (
    Cell,
    Color,
    Containers,
    Embedding,
    Inner,
    Library,
    Middle,
    Mood,
    Other,
    Sized,
    Special,
    Tagged,
    Tree,
)

__all__ = ["PLAIN", "VALUES"]

_SURROGATES: Final[Any] = ("Cs",)


def _int(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(1 << bits - 1), (1 << bits - 1) - 1)


def _uint(bits: int) -> st.SearchStrategy[int]:
    return st.integers(0, (1 << bits) - 1)


TEXTS = st.text(
    st.characters(exclude_categories=_SURROGATES) | st.sampled_from('<>&\u2028\u2029\x00\x7f"\\/')
)
FLOATS = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(
    [1e20, 1e21, 1e22, 1e-6, 1e-7, 9.999999e-7, 123456789.0, 5e-324, 1.7976931348623157e308]
)
SINGLES = st.floats(allow_nan=False, allow_infinity=False, width=32) | st.integers(-126, 127).map(
    lambda exponent: 2.0**exponent
)
CELLS = st.builds(Cell, _int(64), _int(64))
ZONES = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.builds(
    lambda moment, nanosecond: Time.of(moment, nanosecond) if nanosecond else moment,
    st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC) | ZONES),
    st.integers(0, 999) | st.just(0),
)
SPANS = _int(64).map(
    lambda count: Duration.of(count) if count % 1000 else timedelta(microseconds=count // 1000)
)
ADDRESSES = st.ip_addresses()
PREFIXES = st.builds(
    lambda address, bits: ip_interface(f"{address}/{bits % (address.max_prefixlen + 1)}"),
    ADDRESSES,
    st.integers(0, 128),
)
BIG_FLOATS = st.builds(BigFloatValue.of, FLOATS.filter(bool))
RATS = st.fractions()
INTS = st.integers(-(10**50), 10**50)
# What is the same after a journey through JSON.
PLAIN = st.recursive(
    st.none() | st.booleans() | _int(53) | TEXTS | FLOATS.filter(lambda value: value % 1 != 0),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)
INNERS = st.builds(Inner, _int(64), _int(64), _int(64))
SMALL: Final = 4


def _lists(of: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(of, max_size=SMALL)


def _maps(
    keys: st.SearchStrategy[Any], values: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[Any, Any]]:
    return st.dictionaries(keys, values, max_size=SMALL)


TREES: st.SearchStrategy[Tree] = st.recursive(
    st.builds(Tree, _int(64)),
    lambda inner: st.builds(Tree, _int(64), st.none() | inner, st.none() | inner, _lists(inner)),
    max_leaves=6,
)

# A strategy for each type of the oracle.
VALUES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "bool": st.booleans(),
    "int": _int(64),
    "int8": _int(8),
    "uint": _uint(64),
    "uint8": _uint(8),
    "uint64": _uint(64),
    "float64": FLOATS,
    "float32": SINGLES,
    "string": TEXTS,
    "[]byte": st.binary(),
    "[3]byte": st.binary(min_size=3, max_size=3),
    "[]int": _lists(_int(64)),
    "[][]string": _lists(_lists(TEXTS)),
    "[2]float64": st.tuples(FLOATS, FLOATS),
    "map[string]int": _maps(TEXTS, _int(64)),
    "map[int]string": _maps(_int(64), TEXTS),
    "map[uint8]string": _maps(_uint(8), TEXTS),
    "map[Color]int": _maps(st.sampled_from(Color), _int(64)),
    "map[Mood]int": _maps(st.sampled_from(Mood), _int(64)),
    "map[float64]int": _maps(FLOATS, _int(64)),
    "map[netip.Addr]int": _maps(ADDRESSES, _int(64)),
    "map[string]map[string]Cell": _maps(TEXTS, _maps(TEXTS, CELLS)),
    "[]*int": _lists(st.none() | _int(64)),
    "time.Time": MOMENTS,
    "time.Duration": SPANS,
    "big.Int": INTS,
    "big.Rat": RATS,
    "big.Float": BIG_FLOATS,
    "Color": st.sampled_from(Color),
    "Mood": st.sampled_from(Mood),
    "any": PLAIN,
    "map[string]any": _maps(TEXTS, PLAIN),
    "Cell": CELLS,
    "Sized": st.builds(
        Sized,
        *(_int(bits) for bits in (8, 16, 32, 64)),
        *(_uint(bits) for bits in (64, 8, 16, 32, 64, 64)),
        SINGLES,
    ),
    "Containers": st.builds(
        Containers,
        _lists(_int(64)),
        _lists(TEXTS).map(tuple),
        st.lists(FLOATS, min_size=3, max_size=3),
        st.binary(min_size=4, max_size=4),
        _maps(TEXTS, _int(64)),
        _lists(_maps(TEXTS, CELLS)),
        st.binary(),
        _lists(_uint(8)),
    ),
    "Tree": TREES,
    "Special": st.builds(
        Special,
        st.sampled_from(Color),
        st.sampled_from(Mood),
        st.none() | MOMENTS,
        SPANS,
        st.none() | INTS,
        st.binary(min_size=16, max_size=16).map(lambda octets: uuid.UUID(bytes=octets)),
        TEXTS,
    ),
    "Tagged": st.builds(
        Tagged,
        ident=_int(64),
        dash=TEXTS,
        count=_int(2),
        text=st.just("") | TEXTS,
        flag=st.booleans(),
        list_=_lists(_int(64)),
        map=_maps(TEXTS, _int(64)),
        pointer=st.none() | CELLS,
        cell=CELLS,
        zero=st.just(Cell()) | CELLS,
        at=st.just(datetime(1, 1, 1, tzinfo=UTC)) | MOMENTS,
        took=st.just(timedelta()) | SPANS,
        real=st.just(0.0) | FLOATS,
        color=st.sampled_from(Color),
        mood=st.sampled_from(Mood),
        array=st.lists(_int(64), min_size=2, max_size=2),
        any=PLAIN,
        html=TEXTS,
    ),
    # What is hidden behind a field of the same name does not travel.
    "Embedding": st.builds(
        Embedding,
        _int(64),
        st.builds(Middle, st.builds(Inner, a=_int(64), deep=_int(64))),
        st.none() | st.builds(Other, c=_int(64)),
        INNERS,
        st.booleans(),
    ),
    "Library": st.builds(
        Library,
        MOMENTS,
        SPANS,
        st.none() | INTS,
        st.none() | RATS,
        st.none() | BIG_FLOATS,
        st.just(b"") | st.binary(min_size=16, max_size=16),
        st.binary(),
        st.binary(),
        st.none() | ADDRESSES,
        st.just(AddrPort(None, 0)) | st.builds(AddrPort, ADDRESSES, _uint(16)),
        st.none() | PREFIXES,
    ),
}
