"""Hypothesis strategies for shapes with matching values; see `tests.gob.shapes`."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from hypothesis import strategies as st

from rpcgen.types import BigFloatValue, Duration, Time

from . import messages
from .shapes import KEYS, NAMED, Shape, annotation, is_key, plain

__all__ = ["evolved", "messages_of", "shapes", "top_level_shapes", "values"]

_INTEGERS: Final[dict[str, tuple[int, int]]] = {
    **{f"int{n}": (-(1 << n - 1), (1 << n - 1) - 1) for n in (8, 16, 32, 64)},
    **{f"uint{n}": (0, (1 << n) - 1) for n in (8, 16, 32, 64)},
    "int": (-(1 << 63), (1 << 63) - 1),
    "uint": (0, (1 << 64) - 1),
    "uintptr": (0, (1 << 64) - 1),
    "main.MyInt": (-(1 << 63), (1 << 63) - 1),
}
_SCALARS: Final = (
    *KEYS,
    "complex64",
    "complex128",
    "bytes",
    "time.Time",
    "time.Duration",
    "big.Int",
    "big.Rat",
    "big.Float",
    "url.URL",
    "netip.Addr",
    "net.IP",
)
_LEAVES: Final = (*_SCALARS, "any", *NAMED)
_FIELD_NAMES: Final = tuple("A B C ID UserID Name URL X9 Émile Δ Snake_Case".split())

# How deep drawn types and drawn values go.
_SHAPE_DEPTH: Final = 3
_VALUE_DEPTH: Final = 3


@functools.cache
def shapes(depth: int = _SHAPE_DEPTH) -> st.SearchStrategy[Shape]:
    """Draw the shape of a field or element."""
    leaf: st.SearchStrategy[Shape] = st.sampled_from(_LEAVES)
    if depth == 0:
        return leaf
    inner = shapes(depth - 1)
    return st.one_of(
        leaf,
        st.tuples(st.just("slice"), inner),
        st.tuples(st.just("array"), st.integers(0, 4), inner),
        st.tuples(st.just("map"), _keys(), inner),
        messages_of(inner),
        inner.filter(_can_be_pointed_to).map(lambda shape: ("ptr", shape)),
        _unions(),
    )


@functools.cache
def top_level_shapes(depth: int = _SHAPE_DEPTH) -> st.SearchStrategy[Shape]:
    """Draw the shape of a value that can be sent by itself: messages for the most part."""
    return st.one_of(
        messages_of(shapes(depth - 1)),
        shapes(depth).filter(lambda shape: shape[0] not in ("ptr", "union") and shape != "any"),
    )


def messages_of(fields: st.SearchStrategy[Shape]) -> st.SearchStrategy[Shape]:
    """Draw the shape of a message with such fields."""
    pairs = st.tuples(st.sampled_from(_FIELD_NAMES), fields)
    unique = st.lists(pairs, max_size=6, unique_by=lambda pair: pair[0])
    return unique.map(lambda each: ("struct", tuple(each)))


@functools.cache
def _keys() -> st.SearchStrategy[Shape]:
    scalar: st.SearchStrategy[Shape] = st.sampled_from(KEYS)
    return st.one_of(
        scalar,
        st.tuples(st.just("array"), st.integers(0, 3), scalar),
        messages_of(scalar),
    )


@functools.cache
def _unions() -> st.SearchStrategy[Shape]:
    member = st.one_of(
        messages_of(st.sampled_from(_SCALARS)).map(plain),
        st.sampled_from(["main.Point", "main.Tree", "main.Empty"]),
    )
    members = st.lists(member, min_size=2, max_size=3, unique=True).map(tuple)
    return st.tuples(st.just("union"), members, st.booleans())


def _can_be_pointed_to(shape: Shape) -> bool:
    # An optional map is no pointer: Go's maps can be nil themselves.
    if shape in ("any", "main.NamedMap"):
        return False
    if shape == "netip.Addr":  # its zero is None in Python, as is a pointer to nothing
        return False
    return shape[0] not in ("ptr", "union", "map")


@functools.lru_cache(maxsize=4096)
def values(
    shape: Shape, *, entries: int = 3, depth: int = _VALUE_DEPTH, frozen: bool = False
) -> st.SearchStrategy[Any]:
    """Draw a Python value of a shape; maps have up to ``entries`` entries.

    ``frozen``: values of `annotation(shape, frozen=True)`.
    """

    def inner(element: Shape, frozen: bool = frozen) -> st.SearchStrategy[Any]:
        return values(element, entries=entries, depth=depth - 1, frozen=frozen)

    def element(element: Shape) -> st.SearchStrategy[Any]:
        # Go sends no nil pointers but those in the fields of a struct.
        return inner(element[1] if element[0] == "ptr" else element)

    if isinstance(shape, str):
        return _named_values(shape, entries, depth)
    kind = shape[0]
    if kind == "struct":
        frozen = is_key(shape)
        return st.builds(annotation(shape), *(inner(each, frozen) for _, each in shape[1]))
    if kind == "ptr":
        return st.none() | inner(shape[1]) if depth > 0 else st.none()
    if kind == "union":
        if shape[2] and depth <= 0:
            return st.none()
        members = st.one_of([inner(each) for each in shape[1]])
        return st.none() | members if shape[2] else members
    if kind == "map":
        if depth <= 0:
            return st.builds(dict)
        return st.dictionaries(inner(shape[1], True), element(shape[2]), max_size=entries)
    sequence = tuple if frozen else list
    if kind == "array":
        return st.tuples(*[element(shape[2])] * shape[1]).map(sequence)
    if depth <= 0:
        return st.builds(sequence)
    return st.lists(element(shape[1]), max_size=4).map(sequence)


def _named_values(shape: str, entries: int, depth: int) -> st.SearchStrategy[Any]:
    if shape in _INTEGERS:
        return st.integers(*_INTEGERS[shape])
    if shape == "any":
        return _any_values(entries, depth)
    if shape in _SCALAR_VALUES:
        return _SCALAR_VALUES[shape]
    cls, described = NAMED[shape]
    fields: Any = described[1]
    if not isinstance(cls, type):  # a NewType
        return values(described, entries=entries, depth=depth)
    parts = [values(each, entries=entries, depth=depth - 1) for _, each in fields]
    return st.builds(cls, *parts)


@functools.cache
def _any_values(entries: int, depth: int) -> st.SearchStrategy[Any]:
    simple = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(*_INTEGERS["int"]),
        st.floats(),
        st.complex_numbers(),
        st.text(),
        st.binary(),
        _SCALAR_VALUES["time.Time"],
        _SCALAR_VALUES["time.Duration"],
    )
    if depth <= 0:
        return simple
    inner = _any_values(entries, depth - 1)
    some = st.one_of(
        st.lists(st.integers(*_INTEGERS["int"]), max_size=3),
        st.lists(st.text(), max_size=3),
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(), inner, max_size=entries),
    )
    shape = st.one_of(
        messages_of(shapes(1)).map(plain),
        st.sampled_from([name for name, (cls, _) in NAMED.items() if isinstance(cls, type)]),
    )
    message = shape.flatmap(lambda each: values(each, entries=entries, depth=depth - 1))
    return simple | some | message


def _datetimes() -> st.SearchStrategy[datetime]:
    # Go cannot send an offset of one minute west, whatever the seconds.
    minutes = st.integers(-1439, 1439).filter(lambda n: n != -1)
    seconds = st.integers(-86399, 86399).filter(lambda n: not -120 < n <= -60)
    offsets = minutes.map(lambda n: timedelta(minutes=n)) | seconds.map(
        lambda n: timedelta(seconds=n)
    )
    # Not so near the ends that the moment has no date in UTC.
    low, high = datetime(1, 1, 2), datetime(9999, 12, 30)
    moments = st.datetimes(low, high, timezones=st.just(UTC) | offsets.map(timezone))
    return moments | st.builds(Time.of, moments, st.integers(1, 999))


# What a time.Duration holds.
_MICROSECONDS: Final = ((1 << 63) - 1) // 1000

_SCALAR_VALUES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "bool": st.booleans(),
    "float32": st.floats(width=32),
    "float64": st.floats(),
    "complex64": st.builds(complex, st.floats(width=32), st.floats(width=32)),
    "complex128": st.builds(complex, st.floats(), st.floats()),
    "string": st.text(),
    "main.MyString": st.text(),
    "bytes": st.binary(),
    "time.Time": _datetimes(),
    "time.Duration": st.one_of(
        st.timedeltas(
            -timedelta(microseconds=_MICROSECONDS), timedelta(microseconds=_MICROSECONDS)
        ),
        st.builds(Duration.of, st.integers(-(1 << 63), (1 << 63) - 1)),
    ),
    "big.Rat": st.fractions(),
    # Above 64 bits, how long Go writes a number depends on how it was computed.
    "big.Float": st.builds(BigFloatValue.of, st.floats(allow_nan=False), st.integers(53, 64)),
    "url.URL": st.sampled_from(
        ["", "http://go.dev/a%20b?q=1#f", "https://u:p@host:8080/", "mailto:a@b.c", "/path", "?q"]
    ),
    "netip.Addr": st.none() | st.ip_addresses(),
    "net.IP": st.binary(max_size=16),
    "big.Int": st.integers() | st.integers(-(1 << 300), 1 << 300),
    "uuid": st.uuids(),
    "main.Color": st.sampled_from(list(messages.Color)),
    "main.GobPoint": st.builds(
        messages.GobPoint, st.integers(-32768, 32767), st.integers(-32768, 32767)
    ),
    "main.BinaryPoint": st.builds(messages.BinaryPoint, st.integers(0, 255), st.integers(0, 255)),
}


@st.composite
def evolved(draw: st.DrawFn, shape: Shape) -> Shape:
    """Draw a shape that a later version of the program might have in the place of ``shape``.

    It is the same in most places; some fields are gone, new, elsewhere or of
    another kind. Both are `plain`, since what a field left out becomes must
    have a zero value in Python.
    """
    change = draw(st.integers(0, 9))
    if change == 0:
        return draw(shapes(1).map(plain))
    if change == 1 and _can_be_pointed_to(shape):
        return ("ptr", shape)
    if isinstance(shape, str):
        if change == 2 and shape in _INTEGERS:
            return draw(st.sampled_from(list(_INTEGERS)))
        if change <= 4 and shape in NAMED and NAMED[shape][1][0] != "opaque":
            described: Shape = draw(evolved(NAMED[shape][1]))
            return described
        return shape
    kind = shape[0]
    if kind == "struct":
        message: Shape = draw(_evolved_message(shape))
        return message
    if kind == "ptr":
        element: Shape = shape[1]
        return element if change == 2 else ("ptr", _pointable(draw(evolved(element))))
    if kind == "union":
        return "any" if draw(st.booleans()) else shape
    if kind == "map":
        return ("map", shape[1], draw(evolved(shape[2])))
    if kind == "slice":
        element = draw(evolved(shape[1]))
        return ("array", draw(st.integers(0, 4)), element) if change == 2 else ("slice", element)
    count = draw(st.integers(0, 4)) if change == 2 else shape[1]
    element = draw(evolved(shape[2]))
    return ("slice", element) if change == 3 else ("array", count, element)


def _pointable(shape: Shape) -> Shape:
    return shape if _can_be_pointed_to(shape) else "int"


@st.composite
def _evolved_message(draw: st.DrawFn, shape: tuple[Any, ...]) -> Shape:
    fields: list[tuple[str, Shape]] = []
    for name, each in shape[1]:
        change = draw(st.integers(0, 9))
        if change == 0:
            continue
        new_name = draw(st.sampled_from(_FIELD_NAMES)) if change == 1 else name
        fields.append((new_name, draw(evolved(each))))
    if draw(st.booleans()):
        fields.append((draw(st.sampled_from(_FIELD_NAMES)), draw(shapes(1).map(plain))))
    if draw(st.booleans()):
        fields = draw(st.permutations(fields))
    return ("struct", tuple({name: (name, each) for name, each in fields}.values()))
