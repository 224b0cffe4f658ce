"""Broken gob streams: whole ones with some bytes changed, and what decoding them must not do."""

from __future__ import annotations

import random
import re
import tracemalloc
from collections.abc import Callable
from functools import cache
from typing import Final

from attrs import define, frozen

from rpcgen import gob
from rpcgen.errors import DecodeError, TruncatedError
from rpcgen.schema import Schema

from .gotypes import UnsupportedTypeError
from .vectors import CASES, vectors

__all__ = ["Seed", "Tally", "feed_to_everything", "mutated", "seeds_of_vectors"]


@frozen(eq=False)
class Seed:
    """A whole stream, and the schema of its first value."""

    data: bytes
    schema: Schema[object] | None
    registry: gob.Registry | None = None


@cache
def seeds_of_vectors() -> tuple[Seed, ...]:
    """Return the streams of the conformance vectors that are not too long to be of use."""
    known = vectors()
    seeds = []
    for case in CASES:
        data = bytes.fromhex(case["hex"])
        if not 0 < len(data) < 2000:
            continue
        go_type = case.get("go_type") or case.get("go_types", [None])[0]
        try:
            schema = known.schema(go_type) if go_type else None
        except UnsupportedTypeError:
            schema = None
        seeds.append(Seed(data, schema, known.registry))
    return tuple(seeds)


# --- changes --------------------------------------------------------------------------------------

# Numbers as gob writes them, which say too much: counts, lengths, ids.
_NUMBERS: Final = tuple(
    bytes.fromhex(each)
    for each in """
    00 01 02 03 04 05 06 07 08 09 0e 10 11 12 7f ff80 ff81 ff82 ff83 ff84 ffff fe0100 feffff
    fd010000 fc7fffffff fcffffffff fb0100000000 f87fffffffffffffff f8ffffffffffffffff f7 f8 80 ff
    """.split()
)

# Definitions of type 64 as hostile as they come: types that contain themselves, huge arrays.
_BODIES: Final = (
    "7f 02 01 02ff8000 01ff80 00 00",  # type T []T
    "7f 01 01 02ff8000 01ff80 01fe0200 00 00",  # type T [256]T
    "7f 01 01 02ff8000 0104 01fcfffffffe 00 00",  # [1<<31 - 1]int
    "7f 01 01 02ff8000 0104 01f8fffffffffffffffe 00 00",  # [1<<63 - 1]int
    "7f 01 01 02ff8000 0104 0101 00 00",  # [-1]int
    "7f 03 01 02ff8000 0101 010141 01ff80 00 00 00",  # type T struct{ A T }
    "7f 03 01 02ff8000 0102 010141 01ff80 00 010142 01ff80 00 00 00",  # struct{ A, B T }
    "7f 04 01 02ff8000 01ff80 01ff80 00 00",  # type T map[T]T
    "7f 04 01 02ff8000 010a 0110 00 00",  # map[[]byte]any
    "7f 05 01 02ff8000 00 00",  # a GobEncoder
    "7f 00",  # nothing
)
_DEFINITIONS: Final = tuple(bytes([len(body)]) + body for body in map(bytes.fromhex, _BODIES))


def mutated(data: bytes, choose: random.Random, others: tuple[Seed, ...]) -> bytes:
    """Return ``data`` with one to six changes; ``others`` are streams to take pieces from."""
    out = bytearray(data)
    for _ in range(choose.choice((1, 1, 1, 2, 3, 6))):
        choose.choice(_CHANGES)(out, choose, others)
    return bytes(out)


def _change_bit(out: bytearray, choose: random.Random, others: tuple[Seed, ...]) -> None:
    if out:
        out[choose.randrange(len(out))] ^= 1 << choose.randrange(8)


def _change_byte(out: bytearray, choose: random.Random, others: tuple[Seed, ...]) -> None:
    if out:
        out[choose.randrange(len(out))] = choose.randrange(256)


def _add_to_byte(out: bytearray, choose: random.Random, others: tuple[Seed, ...]) -> None:
    if out:
        place = choose.randrange(len(out))
        out[place] = (out[place] + choose.choice((-2, -1, 1, 2))) % 256


def _put_number(out: bytearray, choose: random.Random, others: tuple[Seed, ...]) -> None:
    place = choose.randrange(len(out) + 1)
    out[place : place + choose.randrange(3)] = choose.choice(_NUMBERS)


def _put_definition(out: bytearray, choose: random.Random, others: tuple[Seed, ...]) -> None:
    place = choose.choice((0, 0, choose.randrange(len(out) + 1)))
    out[place:place] = choose.choice(_DEFINITIONS)


def _delete(out: bytearray, choose: random.Random, others: tuple[Seed, ...]) -> None:
    place = choose.randrange(len(out) + 1)
    del out[place : place + choose.randrange(1, 9)]


def _repeat(out: bytearray, choose: random.Random, others: tuple[Seed, ...]) -> None:
    place = choose.randrange(len(out) + 1)
    piece = out[place : place + choose.randrange(1, 33)]
    out[place:place] = piece * choose.choice((1, 1, 2, 8))


def _truncate(out: bytearray, choose: random.Random, others: tuple[Seed, ...]) -> None:
    del out[choose.randrange(len(out) + 1) :]


def _splice(out: bytearray, choose: random.Random, others: tuple[Seed, ...]) -> None:
    other = choose.choice(others).data
    start = choose.randrange(len(other))
    place = choose.randrange(len(out) + 1)
    out[place : place + choose.randrange(9)] = other[start : start + choose.randrange(1, 65)]


def _mend_length(out: bytearray, choose: random.Random, others: tuple[Seed, ...]) -> None:
    """Make the first message as long as the bytes that there are, so that it is looked into."""
    if len(out) > 1 and out[0] < 0x80:
        out[0] = min(len(out) - 1, 0x7F)


_CHANGES: Final[tuple[Callable[[bytearray, random.Random, tuple[Seed, ...]], None], ...]] = (
    _change_bit,
    _change_byte,
    _change_byte,
    _add_to_byte,
    _put_number,
    _put_number,
    _put_definition,
    _delete,
    _repeat,
    _truncate,
    _splice,
    _mend_length,
)


# --- decoding -------------------------------------------------------------------------------------


# What nobody says about bytes, but Python about code.
_FAULT: Final = re.compile(
    r"(?:Assertion|Attribute|Index|Indentation|Key|Lookup|Name|NotImplemented|Runtime|Syntax"
    r"|SystemError|Type|UnboundLocal|ZeroDivision)Error"
)


@define
class Tally:
    """What came of the inputs."""

    inputs: int = 0
    decodings: int = 0
    values: int = 0
    errors: int = 0
    # The most memory that decoding one input took at once, in bytes, and that input.
    peak: int = 0
    peak_input: bytes = b""


def feed_to_everything(data: bytes, seed: Seed, choose: random.Random, tally: Tally) -> None:
    """Decode ``data`` in each way that there is. Raises whatever is not a `DecodeError`.

    Every eighth time, memory is looked at, which makes all slower.
    """
    tally.inputs += 1
    if tally.inputs % 8:
        _feed(data, seed, choose, tally)
        return
    tracemalloc.start()
    try:
        _feed(data, seed, choose, tally)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    if peak > tally.peak:
        tally.peak, tally.peak_input = peak, data


def _feed(data: bytes, seed: Seed, choose: random.Random, tally: Tally) -> None:
    ways: list[Callable[[], int]] = [
        lambda: _loads(data, None),
        lambda: _decode(data, None, seed.registry),
        lambda: _decode_pieces(data, seed, choose),
        lambda: _skip(data, seed.registry),
        lambda: _dump(data),
    ]
    if seed.schema is not None:
        ways.append(lambda: _decode(data, seed.schema, seed.registry))
    for way in ways:
        tally.decodings += 1
        try:
            tally.values += way()
        except DecodeError as error:
            tally.errors += 1
            text = str(error)
        else:
            text = ""
        assert not _FAULT.search(text), f"a fault of ours, dressed up as: {text}"


def _decoder(data: bytes, registry: gob.Registry | None) -> gob.Decoder:
    return gob.Decoder(data) if registry is None else gob.Decoder(data, registry=registry)


def _loads(data: bytes, schema: Schema[object] | None) -> int:
    gob.loads(data, schema)
    return 1


def _decode(data: bytes, schema: Schema[object] | None, registry: gob.Registry | None) -> int:
    """Decode value after value, over errors as far as the decoder can go on after them."""
    decoder = _decoder(data, registry)
    count = failures = 0
    while decoder.pending and failures < 3:
        left = decoder.pending
        try:
            decoder.decode(schema)
            count += 1
        except DecodeError:
            failures += 1
            if decoder.pending == left:
                raise
    return count


def _decode_pieces(data: bytes, seed: Seed, choose: random.Random) -> int:
    """Feed a decoder bit by bit; what it says must be what it says of the whole."""
    whole = _outcome(_decoder(b"", seed.registry), [data], seed.schema)
    pieces = []
    start = 0
    while start < len(data):
        end = start + choose.choice((1, 2, 3, 7, 50))
        pieces.append(data[start:end])
        start = end
    cut_up = _outcome(_decoder(b"", seed.registry), pieces, seed.schema)
    assert repr(cut_up) == repr(whole), f"{cut_up!r} in pieces, {whole!r} whole"
    return 0


def _outcome(
    decoder: gob.Decoder, pieces: list[bytes], schema: Schema[object] | None
) -> tuple[object, str]:
    error = "truncated"
    for piece in pieces:
        decoder.feed(piece)
        try:
            return decoder.decode(schema), ""
        except TruncatedError:
            continue
        except DecodeError as broken:
            return None, str(broken)
    return None, error


def _skip(data: bytes, registry: gob.Registry | None) -> int:
    decoder = _decoder(data, registry)
    count = 0
    while decoder.pending:
        decoder.skip()
        count += 1
    return count


def _dump(data: bytes) -> int:
    gob.dump(data)
    return 0
