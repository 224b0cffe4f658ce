"""JSON with the accelerator beside JSON without: same texts, values and errors, whatever comes."""

from __future__ import annotations

import gc
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final
from unittest import mock

import attrs
import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from rpcgen._implementation import VARIABLE
from rpcgen.errors import DecodeError, EncodeError, SchemaError
from rpcgen.gojson.errors import MismatchError, RepeatedError
from rpcgen.gojson.parse import parse
from rpcgen.schema import Schema, schema_of

from .kinds import KINDS
from .strategies import VALUES

pytest.importorskip("rpcgen._accelerator", reason="the accelerator is not compiled")

from rpcgen import _accelerator
from rpcgen.gojson import accelerated
from rpcgen.gojson.decode.compiler import Decoders
from rpcgen.gojson.encode import _Encoders

SOME = settings(max_examples=40, deadline=None)

# Values that come up where others are expected.
_ODD: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, 1, -1, 127, 128, 255, 256, -129, 2**31, 2**63, -(2**63) - 1, 2**64),
    *(0.0, -0.0, 1.5, 1e300, 1e21, 1e-7, float("nan"), float("inf"), 10**400),
    *("", "text", '<&>\u2028\u2029\x00\x1f\x7f"\\', "ünïcode", "\ud800", "x" * 40_000),
    *(b"raw", (), (1, 2), [], [1], [None], [["x"]], {}, {"a": 1}, {1: "a"}, object()),
)
_ODD_PARSED: Final[tuple[Any, ...]] = tuple(
    parse(text).read()
    for text in (
        *("null", "true", "false", "0", "1", "-1", "127", "128", "255", "256", "-129", "-0"),
        *("2147483648", "9223372036854775808", "-9223372036854775809", "18446744073709551616"),
        *("1.5", "0.0", "-0.0", "1e3", "1e300", "1e999", "9" * 400, "1" + "0" * 50, '""', '"text"'),
        *("[]", "[1]", "[null]", '[["x"]]', "{}", '{"a":1}', '{"Row":1,"row":2}', '{"x":{}}'),
        *('{"Row":1,"Row":2}', '{"name":"x","NAME":"y"}', '{"Name":1}', '{"a":{"a":null}}'),
    )
)


@define
class Item:
    name: str
    count: int = 0
    price: float = 0.0
    flag: bool = False
    tags: list[str] = field(factory=list)
    next: Item | None = None


@define(kw_only=True)
class Named:
    a: int
    b: str = "b"


@define
class Refusing:
    size: int

    def __attrs_post_init__(self) -> None:
        if self.size > 100:
            raise ValueError("too large")


@define
class Whole:
    items: list[Item]
    by_name: dict[str, Item]
    named: Named | None
    refusing: list[Refusing]
    anything: Any = None


@define
class Bottom:
    def marshal_json(self) -> str:
        return "0"


@define
class Link:
    next: Link | Bottom


WHOLE: Final = Whole(
    [Item("a", 1, 0.5, True, ["x", "<y>"], Item("ü", -5, 2.0)), Item("")],
    {"z": Item("z"), "": Item("k"), "ä": Item("l", 1 << 62)},
    Named(a=1),
    [Refusing(1), Refusing(100)],
    {"any": [1, "two", None]},
)


def encoders(schema: Schema[Any]) -> tuple[Callable[[Any], str], Callable[[Any], str]]:
    """Return the functions in C and in Python."""
    made = _Encoders(schema)
    return accelerated.encoder_of(made._plan, made._function, made.in_python), made.in_python


def decoders(schema: Schema[Any]) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    made = Decoders(schema)
    return accelerated.decoder_of(made.plan, made._function, made.in_python), made.in_python


def outcome(function: Callable[[Any], Any], value: Any) -> object:
    try:
        return repr(function(value))
    except MismatchError as error:
        return error.text("root", ())
    except (EncodeError, DecodeError) as error:
        return type(error), str(error)
    except RepeatedError:
        return RepeatedError


def changed(value: Any, choose: random.Random, odd: tuple[Any, ...] = _ODD) -> Any:
    """Return a value, or what was parsed, with something else in one place of it."""
    if choose.random() < 0.2:
        return choose.choice(odd)
    if attrs.has(type(value)) and attrs.fields(type(value)):
        name = choose.choice(attrs.fields(type(value))).name
        copy = object.__new__(type(value))
        for each in attrs.fields(type(value)):
            held = getattr(value, each.name)
            held = changed(held, choose, odd) if each.name == name else held
            object.__setattr__(copy, each.name, held)
        return copy
    if isinstance(value, dict) and value:
        key = choose.choice(list(value))
        return {**value, key: changed(value[key], choose, odd)}
    if isinstance(value, list | tuple) and value:
        place = choose.randrange(len(value))
        if len(value) == 2 and isinstance(value[0], str) and isinstance(value, tuple):
            key = choose.choice((value[0], value[0].upper(), value[0].lower(), "other"))
            return key, changed(value[1], choose, odd)
        items = [*value[:place], changed(value[place], choose, odd), *value[place + 1 :]]
        if isinstance(value, tuple):
            # An object: members have to be pairs.
            kept = [each for each in items if isinstance(each, tuple) and len(each) == 2]
            items = [each for each in kept if isinstance(each[0], str)]
            return tuple(items + choose.sample(items, min(len(items), choose.choice((0, 0, 1)))))
        return items
    return choose.choice(odd)


def samples() -> Iterator[tuple[Schema[Any], Any]]:
    yield schema_of(Whole), WHOLE
    yield schema_of(list[Item]), WHOLE.items
    yield schema_of(dict[str, list[float]]), {"b": [0.1, 1e20, 1e21, -0.0], "a": []}
    yield schema_of(Named), Named(a=5)


@pytest.mark.parametrize("kind", VALUES)
def test_texts_and_values_are_those_of_python(kind: str) -> None:
    schema = schema_of(KINDS[kind])
    encode, encode_in_python = encoders(schema)
    decode, decode_in_python = decoders(schema)

    @SOME
    @given(VALUES[kind], st.randoms(use_true_random=False))
    def check(value: Any, choose: random.Random) -> None:
        text = encode(value)
        assert text == encode_in_python(value)
        parsed = parse(text).read()
        assert outcome(decode, parsed) == outcome(decode_in_python, parsed)
        other = changed(value, choose)
        assert outcome(encode, other) == outcome(encode_in_python, other)
        other = changed(parsed, choose, _ODD_PARSED)
        assert outcome(decode, other) == outcome(decode_in_python, other)

    check()


@pytest.mark.parametrize(("schema", "value"), list(samples()), ids=lambda each: f"{each!r:.30}")
def test_changed_values_have_the_outcome_of_python(schema: Schema[Any], value: Any) -> None:
    encode, encode_in_python = encoders(schema)
    decode, decode_in_python = decoders(schema)
    parsed, choose = parse(encode_in_python(value)).read(), random.Random(5)
    for _ in range(600):
        other = changed(value, choose)
        assert outcome(encode, other) == outcome(encode_in_python, other)
        other = changed(parsed, choose, _ODD_PARSED)
        assert outcome(decode, other) == outcome(decode_in_python, other)


def _unused(*arguments: object) -> Any:
    pytest.fail("the accelerator has given up")


def test_ordinary_values_are_not_given_up() -> None:
    schema = schema_of(Whole)
    makers, takers = _Encoders(schema), Decoders(schema)
    encode = accelerated.encoder_of(makers._plan, makers._function, _unused)
    text = encode(WHOLE)
    assert text == makers.in_python(WHOLE)
    decode = accelerated.decoder_of(takers.plan, takers._function, _unused)
    assert decode(parse(text).read()) == WHOLE


def test_keys_of_nothing_and_in_another_case_are_not_given_up() -> None:
    schema = schema_of(Item)
    made = Decoders(schema)
    in_python = {node.number: made._function(node.number) for node in made.plan.nodes}
    in_python[made.plan.root] = _unused
    decode = accelerated.decoder_of(made.plan, in_python.__getitem__, _unused)
    text = '{"NAME":"x","other":[{}],"next":{"name":"y","more":{"Count":1},"COUNT":5},"TAGs":["t"]}'
    assert decode(parse(text).read()) == Item("x", next=Item("y", 5), tags=["t"])


def test_part_of_another_type_at_the_bottom_is_tried_once_in_c_and_once_in_python() -> None:
    tried: list[object] = []

    def counted(value: object) -> str:
        tried.append(value)
        raise EncodeError("not this one")

    value: Any = Bottom()
    for _ in range(30):
        value = Link(value)
    with mock.patch.object(Bottom, "marshal_json", counted, create=True):
        with pytest.raises(EncodeError):
            _Encoders(schema_of(Link)).root(value)
    assert len(tried) <= 2


def test_value_that_nests_deeply_is_left_to_python() -> None:
    encode, in_python = encoders(schema_of(Item))
    item = Item("end")
    for _ in range(120):
        item = Item("link", next=item)
    text = encode(item)
    assert text == in_python(item)
    assert decoders(schema_of(Item))[0](parse(text).read()) == item


def test_interrupt_comes_out_as_it_was_raised() -> None:
    schema = schema_of(list[Any])
    makers = _Encoders(schema)
    interrupt = KeyboardInterrupt()
    raising = mock.Mock(side_effect=interrupt)
    encode = accelerated.encoder_of(makers._plan, lambda number: raising, _unused)
    with pytest.raises(KeyboardInterrupt) as caught:
        encode([1])
    assert caught.value is interrupt


def test_list_that_changes_while_it_is_encoded_does_no_harm() -> None:
    schema = schema_of(list[Any])
    makers = _Encoders(schema)
    items: list[Any] = list(range(10))

    def shrink(value: object) -> str:
        items.clear()
        return "1"

    encode = accelerated.encoder_of(makers._plan, lambda number: shrink, _unused)
    assert encode(items) == "[1]"


def test_part_that_cannot_travel_is_told_when_it_comes() -> None:
    schema = schema_of(list[int])
    with mock.patch.object(accelerated, "encoder_of", side_effect=SchemaError("none", "")):
        assert _Encoders(schema).root([1]) == "[1]"
    with mock.patch.object(accelerated, "decoder_of", side_effect=SchemaError("none", "")):
        assert Decoders(schema).root([1]) == [1]


@pytest.mark.parametrize(
    "row", [None, (), (7, 0, 1, 5, -1), (99, 0, 1, -1, -1), (0, 1, 1, 9, 0), (1, 0, 0, -1, -1)]
)
def test_row_that_cannot_be_run_is_refused(row: Any) -> None:
    if row:
        row = (*row, str, None)
    for make, rest in (
        (_accelerator.JsonEncoder, ((),)),
        (_accelerator.JsonDecoder, ({}, None, 0, (5,))),
    ):
        with pytest.raises((TypeError, ValueError, SystemError)):
            make(((*row, *rest) if row else row,), 0, _unused, _unused)


def test_references_are_given_back() -> None:
    schema = schema_of(Whole)
    encode, decode = encoders(schema)[0], decoders(schema)[0]
    parsed = parse(encode(WHOLE)).read()
    odd = attrs.evolve(WHOLE, anything=object())
    repeated = (*parsed, *parsed)

    def work() -> None:
        encode(WHOLE)
        decode(parsed)
        outcome(encode, odd)
        outcome(decode, repeated)
        outcome(decode, [1])

    for _ in range(3):
        work()
    gc.collect()
    counts = partial(map, sys.getrefcount, (Item, Whole, parsed, WHOLE))
    held, blocks = list(counts()), sys.getallocatedblocks()
    for _ in range(100):
        work()
    gc.collect()
    assert sys.getallocatedblocks() - blocks < 100
    assert all(after - before < 20 for before, after in zip(held, counts(), strict=True))


# --- the import -----------------------------------------------------------------------------------

# Says in which thread the module is imported, whose import a signal handler must not interrupt.
IMPORTS: Final = """
import sys
import threading

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "rpcgen.gojson.accelerated":
            print(threading.current_thread() is threading.main_thread())

sys.meta_path.insert(0, Finder())
from rpcgen.gojson.parse import parse
from rpcgen.schema import schema_of
"""


@pytest.mark.parametrize(
    "code",
    [
        "from rpcgen.gojson.encode import encode; encode(schema_of(int), 1)",
        "from rpcgen.gojson.decode import decode; decode(schema_of(int), parse('1'))",
    ],
    ids=["encode", "decode"],
)
def test_first_value_imports_apart(code: str) -> None:
    environ = {name: value for name, value in os.environ.items() if name != VARIABLE}
    run = subprocess.run(
        [sys.executable, "-c", IMPORTS + code], env=environ, capture_output=True, text=True
    )
    assert (run.stdout, run.stderr) == ("False\n", "")
