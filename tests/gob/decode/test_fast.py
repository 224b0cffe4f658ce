"""The generated functions: the same values as by interpretation, where they do not give up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import attrs
import pytest
from attrs import define, field, frozen
from hypothesis import given
from hypothesis import strategies as st

from rpcgen import gob
from rpcgen.errors import DecodeError
from rpcgen.gob.decode.fast import QuickCompiler
from rpcgen.gob.decode.interpret import Interpreter
from rpcgen.gob.streams import DecodeFunction
from rpcgen.schema import schema_of
from rpcgen.types import Uint64, wire

from ..examples import Item, Order, Point, Sizes
from ..vectors import same

_CASES: list[tuple[Any, Any]] = [
    (Order, Order(1, [Item("a", 1.5, ["x"]), Item("b" * 200, 0.1)], {"k": 2**40}, "note")),
    (Sizes, Sizes(-128, 255, 65535, 0.5)),
    (list[int], [0, 1, -64, 63]),
    (list[int], [64, -65, 2**62, -(2**63)]),
    (list[Uint64], [0, 127, 128, 2**64 - 1]),
    (list[bool], [True, False]),
    (tuple[int, ...], (1, 2)),
    (list[float], [0.0, 1.0, 0.1, -0.0, 5e-324, float("inf")]),
    (dict[Point, list[str]], {Point(1, 2): ["a", ""]}),
    (complex, 1.5 - 2j),
    (list[int | None], [5, 0]),
]


def _compiled(types: Any, id: int, schema: Any, decoder: gob.Decoder) -> DecodeFunction:
    made: DecodeFunction = QuickCompiler(types, "strict").compile(id, schema)
    return made


def _counting(types: Any, id: int, schema: Any, decoder: gob.Decoder) -> DecodeFunction:
    made: DecodeFunction = QuickCompiler(types, "strict", counted=True).compile(id, schema)
    return made


def _interpreted(types: Any, id: int, schema: Any, decoder: gob.Decoder) -> DecodeFunction:
    interpreter = Interpreter(decoder, types, "strict")
    return lambda data, pos, stream, depth: interpreter.decode(id, schema, data, pos, depth)


_Make = Callable[[Any, int, Any, gob.Decoder], DecodeFunction]
_WAYS = [_compiled, _counting, _interpreted]


def _decoded(make: _Make, data: bytes, annotation: Any) -> Any:
    """Decode the last message of a stream by the function that ``make`` returns."""
    decoder = gob.Decoder(data)
    decoder.skip()
    assert decoder.pending == 0
    id, start = _last_value(data, decoder.types)
    decoder.end = len(data)
    decoder.charge(-decoder.limits.decoded)
    function = make(decoder.types, id, schema_of(annotation), decoder)
    value, pos = function(data, start, decoder, 100)
    assert pos == len(data)
    return value


def _last_value(data: bytes, types: Any) -> tuple[int, int]:
    from rpcgen.gob.numbers import read_int, read_uint

    pos = 0
    while True:
        size, pos = read_uint(data, pos, len(data))
        id, start = read_int(data, pos, len(data))
        if id >= 0:
            return id, start
        pos += size


@pytest.mark.parametrize("make", _WAYS)
@pytest.mark.parametrize(("annotation", "value"), _CASES)
def test_all_ways_to_decode_are_alike(make: _Make, annotation: Any, value: Any) -> None:
    assert same(_decoded(make, gob.dumps(value, annotation), annotation), value)


@given(st.lists(st.integers(-100, 100)))
def test_small_integers_are_read_together(values: list[int]) -> None:
    assert _decoded(_compiled, gob.dumps(values, list[int]), list[int]) == values


@given(st.lists(st.floats()))
def test_floats_of_any_length_are_read(values: list[float]) -> None:
    assert same(_decoded(_compiled, gob.dumps(values, list[float]), list[float]), values)


def _positive(instance: Any, attribute: Any, value: int) -> None:
    if value <= 0:
        raise ValueError("not positive")


def _doubled(value: int) -> int:
    return value * 2


@define
class _Plain:
    x: int
    y: list[int] = field(factory=list)
    _z: Annotated[str, wire("Z")] = "z"


@define(slots=False)
class _WithDict:
    x: int
    y: int = attrs.field(kw_only=True)


class _Subclass(_Plain):
    pass


@define
class _Validated:
    x: int = field(validator=_positive)


@define
class _Converted:
    x: int = field(converter=_doubled)


@define
class _Finished:
    x: int

    def __attrs_post_init__(self) -> None:
        self.x += 1


@define
class _Begun:
    x: int

    def __attrs_pre_init__(self) -> None:
        made.append("begun")


@frozen
class _Frozen:
    x: int


@define(init=False)
class _OwnInit:
    x: int

    def __init__(self, x: int) -> None:
        self.x = -x


@define
class _OwnNew:
    x: int

    def __new__(cls, x: int) -> Any:
        made.append("new")
        return object.__new__(cls)


class _Storing:
    def __setattr__(self, name: str, value: object) -> None:
        made.append(name)
        object.__setattr__(self, name, value)


@define
class _OwnStore(_Storing):
    x: int


class _Meta(type):
    def __call__(cls, *arguments: Any) -> Any:
        made.append("called")
        return super().__call__(*arguments)


@define
class _OwnCall(metaclass=_Meta):
    x: int


@define(unsafe_hash=True, cache_hash=True)
class _HashKept:
    x: int


made: list[str] = []


@define
class _Sent:
    x: int = 5


@pytest.mark.parametrize(
    "cls",
    [
        _Subclass,
        _Validated,
        _Converted,
        _Finished,
        _Begun,
        _Frozen,
        _OwnInit,
        _OwnNew,
        _OwnStore,
        _OwnCall,
        _HashKept,
    ],
)
@pytest.mark.parametrize("make", _WAYS)
def test_objects_are_as_if_made_by_their_class(make: _Make, cls: Any) -> None:
    made.clear()
    wanted = cls(5)
    traces = made.copy()
    made.clear()
    value = _decoded(make, gob.dumps(_Sent()), cls)
    assert made == traces
    assert (value, repr(value)) == (wanted, repr(wanted))
    if cls.__hash__ is not None:
        assert hash(value) == hash(wanted)


@pytest.mark.parametrize("value", [_Plain(1, [2], "3"), _Plain(0), _WithDict(1, y=2)])
def test_objects_of_plain_classes_have_all_their_attributes(value: Any) -> None:
    made = _decoded(_compiled, gob.dumps(value), type(value))
    assert (made, repr(made), type(made)) == (value, repr(value), type(value))


def test_a_value_that_the_validator_refuses_is_an_error() -> None:
    with pytest.raises(DecodeError, match="not positive"):
        gob.loads(gob.dumps(_Sent(-1)), _Validated)


@pytest.mark.parametrize("count", [3, 126, 127, 300])
def test_structs_of_many_fields_with_gaps(count: int) -> None:
    cls: Any = attrs.make_class("Wide", {f"f{n}": field(type=int) for n in range(count)})
    schema_of(cls)
    for step in (1, 2, count - 1):
        value = cls(*(n * 70 if n % step == 0 else 0 for n in range(count)))
        for make in _WAYS:
            assert _decoded(make, gob.dumps(value), cls) == value


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 2**64 - 1), st.floats(), st.booleans())
def test_fields_of_any_length_are_read(x: int, u: int, real: float, flag: bool) -> None:
    # A zero is left out, whatever its sign.
    value = _Scalars(x, u, real or 0.0, flag, "text" * (u % 50), bytes(u % 300), x)
    assert same(_decoded(_compiled, gob.dumps(value), _Scalars), value)


@define
class _Scalars:
    x: int
    u: Uint64
    real: float
    flag: bool
    text: str
    raw: bytes
    last: int
