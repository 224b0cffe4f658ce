"""The implementations of gob beside each other: same values, errors and bytes, whatever comes.

::

    python -m tests.gob.differential_fuzz --seconds 600 --seed 7

Draws types and values, changes values and the bytes of messages, and has each
implementation encode and decode them: with limits, and in streams that go on
after an error. Stops at the first difference and prints what shows it; else
prints how many inputs there were, and how many of them were values. Under the
sanitizers it is the session ``sanitize`` of nox.
"""

# ruff: noqa: T201 - a command, which prints

from __future__ import annotations

import argparse
import copy
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import Any, Final
from unittest import mock

import attrs
from attrs import define, frozen
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from rpcgen import gob
from rpcgen._implementation import IMPLEMENTATIONS
from rpcgen.errors import DecodeError, EncodeError
from rpcgen.gob.decode import stream_functions
from rpcgen.schema import Schema, schema_of

from . import accelerated_examples
from .differential_streams import in_pieces, stream_of_calls, stream_outcomes
from .mutation import Seed, mutated, seeds_of_vectors
from .shapes import annotation
from .strategies import top_level_shapes, values

__all__ = ["Tally", "compare", "drawn_samples", "main", "own_samples"]

_ENCODERS: Final = {
    name: import_module(each.encoder).Encoder for name, each in IMPLEMENTATIONS.items()
}
_DUMPS: Final = {name: import_module(each.encoder).dumps for name, each in IMPLEMENTATIONS.items()}
_LOADS: Final = {name: import_module(each.decoder).loads for name, each in IMPLEMENTATIONS.items()}
_DECODERS: Final = {
    name: import_module(each.decoder).Decoder for name, each in IMPLEMENTATIONS.items()
}

# Values that come up where others are expected.
_ODD: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, 1, -1, 127, 128, 255, 256, -129, 2**31, 2**63, -(2**63) - 1, 2**64),
    *(0.0, -0.0, 1.5, 1e300, 1e-50, float("nan"), float("inf"), 1j, -0j, 3.5e38),
    *("", "text", "ünïcode", "\ud800", "\udc80", "x" * 40_000, b"", b"raw", b"\xff" * 40_000),
    *(bytearray(b"raw"), (), (1, 2), [], [1], [None], {}, {"a": 1}, {1: "a"}, object()),
)
_MOST_FAILURES: Final = 3


@frozen(eq=False)
class Sample:
    """A value and the schema it fits."""

    value: Any
    schema: Schema[Any]


@define
class Tally:
    """What came of the inputs."""

    encoded: int = 0
    encode_errors: int = 0
    decoded: int = 0
    decode_errors: int = 0
    streamed: int = 0
    """Headers and bodies, and errors instead of them, of streams in pieces."""

    @property
    def inputs(self) -> int:
        single = self.encoded + self.encode_errors + self.decoded + self.decode_errors
        return single + self.streamed


def own_samples() -> list[Sample]:
    """Return values of classes of each kind."""
    return [Sample(value, schema_of(kind)) for kind, value in accelerated_examples.samples()]


def drawn_samples(number: int, count: int) -> list[Sample]:
    """Draw types and values of them."""
    found: list[Sample] = []

    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def collect(data: st.DataObject) -> None:
        shape = data.draw(top_level_shapes())
        found.append(Sample(data.draw(values(shape)), schema_of(annotation(shape))))

    collect()
    return found


def compare(sample: Sample, choose: random.Random, tally: Tally) -> None:
    """Compare the implementations on a value, a changed one, and changed bytes of it.

    Raises:
        AssertionError: They differ.
    """
    strings = choose.choice(("strict", "strict", "surrogateescape"))
    changed = _changed(copy.deepcopy(sample.value), choose)
    _compare_encoders([sample.value, changed, sample.value], sample.schema, strings, tally)
    whole = _stream(sample)
    if whole is not None:
        broken, alone = _broken(*whole, choose)
        runs = broken, (whole[0], alone, whole[0])
        _compare_decoders(*runs, sample.schema, strings, choose, tally)
    if choose.random() < 0.3:
        _compare_streams(sample, choose, tally)


def _stream(sample: Sample) -> tuple[bytes, bytes] | None:
    """Return definitions with a value, and another message of the value."""
    encoder = _ENCODERS["python"]()
    try:
        return encoder.encode(sample.value, sample.schema), encoder.encode(
            sample.value, sample.schema
        )
    except EncodeError:
        return None


# --- encoding -------------------------------------------------------------------------------------


def _compare_encoders(run: list[Any], schema: Schema[Any], strings: str, tally: Tally) -> None:
    outcomes = {}
    for name, make in _ENCODERS.items():
        encoder, single = make(strings=strings), partial(_DUMPS[name], strings=strings)
        outcomes[name] = [_encoded(encoder.encode, value, schema) for value in run]
        outcomes[name] += [_encoded(_in_parts(encoder), value, schema) for value in run]
        outcomes[name] += [_encoded(single, value, schema) for value in run]
    _same(outcomes, lambda: f"values {run!r:.2000}\nschema {schema}\nstrings {strings}")
    failed = sum(isinstance(each, str) for each in next(iter(outcomes.values())))
    tally.encode_errors += failed
    tally.encoded += 3 * len(run) - failed


def _in_parts(encoder: gob.Encoder) -> Callable[[Any, Any], bytes]:
    return lambda value, schema: b"".join(encoder.encode_parts([(value, schema)]))


def _encoded(encode: Callable[[Any, Any], bytes], value: Any, schema: Schema[Any]) -> bytes | str:
    try:
        return encode(value, schema)
    except (EncodeError, RecursionError) as error:
        return _told(error)


def _changed(value: Any, choose: random.Random) -> Any:
    """Return the value with something else in one place of it."""
    places = list(_places(value))
    if not places or choose.random() < 0.1:
        return choose.choice(_ODD)
    try:
        choose.choice(places)(choose.choice(_ODD))
    except (TypeError, ValueError, AttributeError):
        pass  # a key that cannot be hashed, a class that looks at its values
    return value


def _places(value: Any, depth: int = 0) -> Iterator[Callable[[Any], None]]:
    """Yield functions that replace a part of a value, for each part."""
    if depth > 6:
        return
    if attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield partial(object.__setattr__, value, field.name)
            yield from _places(getattr(value, field.name), depth + 1)
    elif isinstance(value, list):
        for index, part in enumerate(value[:20]):
            yield partial(value.__setitem__, index)
            yield from _places(part, depth + 1)
    elif isinstance(value, dict):
        for key, part in list(value.items())[:20]:
            yield partial(value.__setitem__, key)
            yield from _places(part, depth + 1)
        if value:
            yield partial(_add_key, value)


def _add_key(value: dict[Any, Any], key: Any) -> None:
    value[key] = next(iter(value.values()))


# --- decoding -------------------------------------------------------------------------------------


def _broken(first: bytes, second: bytes, choose: random.Random) -> tuple[bytes, bytes]:
    """Return a stream with changes: anywhere, or in the body of a message that is whole.

    And a stream of a single value with them.
    """
    others = seeds_of_vectors()
    if choose.random() < 0.2:
        return mutated(first + second, choose, others), mutated(first, choose, others)
    start = 1 if second[0] < 128 else 257 - second[0]
    body = second[start:]
    if choose.random() < 0.9:
        body = mutated(body, choose, (*others, Seed(body, None)))
    size = len(body)
    length = bytes([size]) if size < 128 else b"\xfc" + size.to_bytes(4)
    definitions = first[: len(first) - len(second)]
    # What values bring along is known from the second one of a stream on.
    known = second if choose.random() < 0.5 else b""
    return first + known + length + body + second, definitions + length + body


def _compare_decoders(
    data: bytes,
    singles: Sequence[bytes],
    schema: Schema[Any],
    strings: str,
    choose: random.Random,
    tally: Tally,
) -> None:
    limits = _limits(choose)
    pieces = in_pieces(data, choose) if choose.random() < 0.3 else [data]
    outcomes = {}
    # The interpreter counts memory otherwise than functions do, so it is not to stand in for one.
    with mock.patch.object(stream_functions, "FREE_LINES", 1_000_000):
        for name, make in _DECODERS.items():
            decoder = make(strings=strings, limits=limits)
            outcomes[name] = list(_decoded(decoder, pieces, schema))
            load = partial(_LOADS[name], strings=strings)
            # More than once: what comes again takes a shorter way.
            outcomes[name] += [_loaded(load, each, schema) for each in singles]
    _same(
        outcomes,
        lambda: f"pieces {pieces}\nsingles {singles}\nschema {schema}\n{limits} {strings}",
    )
    failed = sum(not isinstance(each, tuple) for each in next(iter(outcomes.values())))
    tally.decode_errors += failed
    tally.decoded += len(next(iter(outcomes.values()))) - failed


def _limits(choose: random.Random) -> gob.Limits:
    return gob.Limits(
        decoded=choose.choice((1 << 28, 1 << 28, 200, 2000, 20_000)),
        depth=choose.choice((100, 100, 9, 3)),
        collisions=choose.choice((100, 1)),
    )


def _compare_streams(sample: Sample, choose: random.Random, tally: Tally) -> None:
    """Compare the implementations on headers and bodies that come in pieces."""
    data = stream_of_calls(sample.value, sample.schema, choose)
    pieces, limits = in_pieces(data, choose), _limits(choose)
    with mock.patch.object(stream_functions, "FREE_LINES", 1_000_000):
        outcomes = {
            name: stream_outcomes(name, pieces, sample.schema, limits) for name in IMPLEMENTATIONS
        }
    _same(outcomes, lambda: f"pieces {pieces}\nschema {sample.schema}\n{limits}")
    tally.streamed += len(next(iter(outcomes.values())))


def _decoded(decoder: gob.Decoder, pieces: list[bytes], schema: Schema[Any]) -> Iterator[object]:
    """Yield each value with how much is left after it, and errors as far as the stream goes on."""
    for piece in pieces:
        decoder.feed(piece)
        failures = 0
        while decoder.pending and failures < _MOST_FAILURES:
            left = decoder.pending
            try:
                value = decoder.decode(schema)
                yield repr(value), decoder.pending
            except (DecodeError, RecursionError) as error:
                failures += 1
                yield f"{_told(error)}, {decoder.pending} left, {list(decoder.types)}"
                if decoder.pending == left:
                    break


def _loaded(load: Callable[[bytes, Any], Any], data: bytes, schema: Schema[Any]) -> object:
    try:
        return (repr(load(data, schema)),)
    except (DecodeError, RecursionError) as error:
        return _told(error)


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _same(outcomes: dict[str, Any], inputs: Callable[[], str]) -> None:
    (first, expected), *others = outcomes.items()
    for name, outcome in others:
        if outcome != expected:
            raise AssertionError(
                f"{inputs()}\n{first}: {expected!r:.1000}\n{name}: {outcome!r:.1000}"
            )


# --- the command ----------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.gob.differential_fuzz")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    if len(IMPLEMENTATIONS) < 2:
        print("there is one implementation: nothing to compare", file=sys.stderr)
        return 2
    choose, tally, number = random.Random(options.seed), Tally(), options.seed * 1_000_000
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        number += 1
        samples = own_samples() + drawn_samples(number, 40)
        for _ in range(100 * len(samples)):
            compare(choose.choice(samples), choose, tally)
            if time.monotonic() > end:
                break
        print(f"{tally.inputs} inputs", file=sys.stderr)
    print(f"no difference between {', '.join(IMPLEMENTATIONS)}: {tally}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
