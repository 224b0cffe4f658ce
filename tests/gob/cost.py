"""Gob streams that look for cost, described so that they can be changed, and what they cost.

A stream is a `Genome`: types, and values made of patterns. `measured` reads it
in one of the `WAYS`, as servers and clients do, and says what that has cost in
memory and time.
"""

from __future__ import annotations

import gc
import random
import time
import tracemalloc
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from attrs import define, evolve, field, frozen

from rpcgen import gob
from rpcgen.errors import DecodeError, TruncatedError
from rpcgen.gob.decode import functions as decode_functions
from rpcgen.gob.numbers import int_bytes, uint_bytes
from rpcgen.gob.source import forget
from rpcgen.protocol.gob_codec import GobClientCodec, GobServerCodec
from rpcgen.schema import schema_of
from rpcgen.types import BigRat

from .messages import Dir, Tree

__all__ = [
    "LIMITS",
    "WAYS",
    "Cost",
    "Genome",
    "Type",
    "Values",
    "changed",
    "drawn",
    "kept_bound",
    "measured",
    "memory_bound",
    "rendered",
    "seconds_of",
    "time_bound",
]

LIMITS: Final = gob.Limits(decoded=4 << 20)
"""Limits with little memory for values, so that streams need not be long."""

# What a stream may cost that brings next to nothing: its decoder, and the code that is free.
_SPARE_MEMORY: Final = 4 << 20
_SPARE_KEPT: Final = 1 << 19
_SPARE_SECONDS: Final = 0.3
_MEMORY_PER_BYTE: Final = 40
_SECONDS_PER_BYTE: Final = 10e-6
# Estimates of memory are on the high side, but Python rounds up what it takes.
_TOLERANCE: Final = 1.25


# --- what is read -----------------------------------------------------------------------------


@define
class Kinds:
    """A message of types whose values, keys or zeros may cost something."""

    names: dict[str, int] = field(factory=dict)
    ids: dict[uuid.UUID, int] = field(factory=dict)
    points: dict[complex, str] = field(factory=dict)
    numbers: dict[int, float] = field(factory=dict)
    anything: dict[str, Any] = field(factory=dict)
    ratios: list[BigRat] = field(factory=list)
    rows: list[list[str]] = field(factory=list)
    kinds: list[Kinds] = field(factory=list)
    dirs: list[Dir] = field(factory=list)
    octets: bytes = b""
    text: str = ""
    next: Kinds | None = None
    value: Any = None


_SCHEMAS: Final[dict[str, Any]] = {
    "kinds": schema_of(Kinds),
    "tree": schema_of(Tree),
    "dir": schema_of(Dir),
    "lists": schema_of(list[list[int]]),
    "texts": schema_of(list[str]),
    "ids": schema_of(dict[uuid.UUID, int]),
    "addresses": schema_of(dict[int, bytes]),
    "any": schema_of(list[Any]),
    "untyped": None,
}

# Names of fields that the messages above have, and some that they lack.
_NAMES: Final = [
    *"Names IDs Points Numbers Anything Ratios Rows Kinds Dirs Octets Text Next Value".split(),
    *"Value Left Right Size Files Kids ServiceMethod Seq Error A B".split(),
]

_BASIC: Final = (1, 2, 3, 4, 5, 6, 7, 8)


# --- streams ----------------------------------------------------------------------------------


@frozen
class Type:
    """A definition. ``parts`` are ids, those of other types counted from 64 modulo their number."""

    kind: int  # the field of wireType: 1 array, 2 slice, 3 struct, 4 map, 5 to 7 opaque
    parts: tuple[int, ...]
    names: int = 0
    name_size: int = 1
    repeated: int = 1


@frozen
class Values:
    """Messages with values of one type, all alike."""

    type: int
    repeated: int = 1
    size: int = 10
    depth: int = 3
    seed: int = 0
    # Says so much more, or less, than there is.
    lie: int = 0


@frozen
class Genome:
    """A stream, how much of it comes at a time, and by whom it is read."""

    types: tuple[Type, ...]
    values: tuple[Values, ...]
    way: str
    piece: int = 0


def rendered(genome: Genome, most: int = 100_000) -> bytes:
    """Return the bytes of a stream, of at most about so many."""
    return _Renderer(genome, most).stream()


class _Renderer:
    def __init__(self, genome: Genome, most: int) -> None:
        self._genome = genome
        self._left = most
        self._types: list[Type] = []
        for each in genome.types:
            self._types += [each] * min(each.repeated, 5000)
        self._defined = 0

    def stream(self) -> bytes:
        parts = []
        header = None
        if self._genome.way in ("server", "client"):
            header = self._header_type()
            parts.append(header)
        parts += [self._definition(number) for number in range(len(self._types))]
        for each in self._genome.values:
            message = self._value(each)
            repeated = min(each.repeated, 1 + max(0, self._left) // (len(message) + 1))
            self._left -= len(message) * repeated
            if header is None:
                parts.append(message * repeated)
            else:
                parts += [self._header(seq) + message for seq in range(repeated)]
        return b"".join(parts)

    def _id(self, part: int) -> int:
        return part if part < 64 else 64 + (part - 64) % max(1, len(self._types))

    # --- types

    def _definition(self, number: int) -> bytes:
        if self._left < 0:
            return b""
        each = self._types[number]
        choose = random.Random(each.names + number)
        name = b"T" * each.name_size
        common = b"\1\1" + uint_bytes(len(name)) + name + b"\0" if name else b"\1\0"
        ids = [self._id(part) for part in each.parts]
        match each.kind:
            case 1:
                rest = (
                    b"\1"
                    + int_bytes(ids[0])
                    + b"\1"
                    + int_bytes(choose.choice([0, 1, 2, 16, 1 << 40]))
                )
            case 2:
                rest = b"\1" + int_bytes(ids[0])
            case 3:
                rest = b"\1" + uint_bytes(len(ids)) + b"".join(self._fields(ids, each, choose))
            case 4:
                rest = b"\1" + int_bytes(ids[0]) + b"\1" + int_bytes(ids[-1])
            case _:
                rest = b""
        body = int_bytes(-64 - number) + uint_bytes(each.kind) + common + rest + b"\0\0"
        self._left -= len(body)
        return uint_bytes(len(body)) + body

    def _fields(self, ids: list[int], each: Type, choose: random.Random) -> list[bytes]:
        fields = []
        for number, id in enumerate(ids):
            if each.names % 3 == 0:
                name = choose.choice(_NAMES).encode()
            else:
                name = b"F%d" % number if each.names % 3 == 1 else b"f"
            fields.append(b"\1" + uint_bytes(len(name)) + name + b"\1" + int_bytes(id) + b"\0")
        return fields

    # --- values

    def _value(self, each: Values) -> bytes:
        id = self._id(each.type)
        choose = random.Random(each.seed)
        budget = [min(each.size, 20_000)]
        body = self._part(id, each.depth, budget, choose, each.lie)
        known = self._types[id - 64] if id >= 64 and id - 64 < len(self._types) else None
        start = b"" if known is not None and known.kind == 3 else b"\0"
        body = int_bytes(id) + start + body
        return uint_bytes(len(body)) + body

    def _part(
        self, id: int, depth: int, budget: list[int], choose: random.Random, lie: int
    ) -> bytes:
        budget[0] -= 1
        known = self._types[id - 64] if 64 <= id < 64 + len(self._types) else None
        if known is None:
            return self._basic(id, depth, budget, choose, lie)
        ids = [self._id(part) for part in known.parts]
        if known.kind == 3:
            return self._struct(ids, depth, budget, choose, lie)
        if known.kind > 4:
            octets = choose.randbytes(choose.choice([0, 1, 4, 16, 100]))
            return uint_bytes(len(octets)) + octets
        count = 0 if depth < 0 else max(0, min(budget[0], choose.choice([1, 2, 16, 1000, 20_000])))
        elements = ids[:1] if known.kind < 4 else [ids[0], ids[-1]]
        out = []
        made = 0
        for _ in range(count):
            if budget[0] < 0:
                break
            out += [self._part(part, depth - 1, budget, choose, lie) for part in elements]
            made += 1
        return uint_bytes(max(0, made + lie)) + b"".join(out)

    def _struct(
        self, ids: list[int], depth: int, budget: list[int], choose: random.Random, lie: int
    ) -> bytes:
        out, last = [], -1
        share = choose.choice([0, 1, 1])
        for number, id in enumerate(ids):
            if depth < 0 or budget[0] < 0 or not share:
                break
            out.append(uint_bytes(number - last) + self._part(id, depth - 1, budget, choose, lie))
            last = number
        return b"".join(out) + b"\0"

    def _basic(
        self, id: int, depth: int, budget: list[int], choose: random.Random, lie: int
    ) -> bytes:
        match id:
            case 5 | 6:
                octets = choose.choice([b"", b"a", b"ab", "\u0101".encode(), b"k%d" % budget[0]])
                return uint_bytes(len(octets)) + octets
            case 7:
                return b"\x40\x40"
            case 8:
                return self._interface(depth, budget, choose, lie)
        return uint_bytes(choose.choice([0, 1, 127, 1 << 16, budget[0] & 0xFFFF, 1 << 62]))

    def _interface(self, depth: int, budget: list[int], choose: random.Random, lie: int) -> bytes:
        if depth < 0:
            return b"\0"
        id = 64 + choose.randrange(max(1, len(self._types)))
        known = self._types[id - 64] if self._types else None
        start = b"" if known is not None and known.kind == 3 else b"\0"
        body = start + self._part(id, depth - 1, budget, choose, lie)
        return b"\3int" + int_bytes(id) + uint_bytes(len(body)) + body

    # --- headers

    def _header_type(self) -> bytes:
        fields = [(b"ServiceMethod", 6), (b"Seq", 3), (b"Error", 6), (b"Extra", 64)]
        described = b"".join(
            b"\1" + uint_bytes(len(name)) + name + b"\1" + int_bytes(id) + b"\0"
            for name, id in fields
        )
        body = int_bytes(-30_000) + b"\3\1\1\1R\0\1\4" + described + b"\0\0"
        return uint_bytes(len(body)) + body

    def _header(self, seq: int) -> bytes:
        name = b"M%d" % (seq % 1000)
        body = int_bytes(30_000) + b"\1" + uint_bytes(len(name)) + name + b"\1" + uint_bytes(seq)
        return uint_bytes(len(body) + 1) + body + b"\0"


# --- change -----------------------------------------------------------------------------------


def drawn(choose: random.Random) -> Genome:
    """Return a small stream."""
    types = tuple(_drawn_type(choose) for _ in range(choose.choice([1, 1, 2, 3, 5])))
    values = tuple(_drawn_values(choose) for _ in range(choose.choice([1, 1, 2, 4])))
    return Genome(types, values, choose.choice(list(WAYS)), choose.choice([0, 0, 0, 100, 5000]))


def _drawn_type(choose: random.Random) -> Type:
    count = choose.choice([0, 1, 2, 2, 5, 30])
    parts = tuple(choose.choice([*_BASIC, *range(64, 70)]) for _ in range(max(2, count)))
    return Type(
        choose.choice([1, 2, 2, 3, 3, 3, 3, 4, 4, 5, 6]),
        parts,
        choose.randrange(30),
        choose.choice([0, 1, 1, 10]),
        choose.choice([1, 1, 1, 2, 40]),
    )


def _drawn_values(choose: random.Random) -> Values:
    return Values(
        choose.choice([*_BASIC, *range(64, 80), *range(64, 80)]),
        choose.choice([1, 1, 5, 100]),
        choose.choice([1, 10, 100, 5000]),
        choose.choice([0, 1, 2, 4, 10, 98, 120]),
        choose.randrange(1000),
        choose.choice([0, 0, 0, 1, -1, 1 << 20]),
    )


def changed(genome: Genome, choose: random.Random) -> Genome:
    """Return a stream that differs in one or two things, most often by being more of them."""
    for _ in range(choose.choice([1, 1, 2, 3])):
        genome = choose.choice(_CHANGES)(genome, choose)
    return genome


def _more_types(genome: Genome, choose: random.Random) -> Genome:
    index = choose.randrange(len(genome.types))
    return _with_type(genome, index, repeated=_scaled(genome.types[index].repeated, choose, 5000))


def _more_fields(genome: Genome, choose: random.Random) -> Genome:
    index = choose.randrange(len(genome.types))
    parts = genome.types[index].parts
    parts = (parts * choose.choice([2, 3, 10]))[:40_000] if choose.random() < 0.7 else parts[:2]
    return _with_type(genome, index, parts=parts)


def _other_part(genome: Genome, choose: random.Random) -> Genome:
    index = choose.randrange(len(genome.types))
    parts = list(genome.types[index].parts)
    parts[choose.randrange(len(parts))] = choose.choice([*_BASIC, *range(64, 90)])
    return _with_type(genome, index, parts=tuple(parts))


def _other_type(genome: Genome, choose: random.Random) -> Genome:
    index = choose.randrange(len(genome.types))
    return evolve(
        genome,
        types=(*genome.types[:index], _drawn_type(choose), *genome.types[index + 1 :]),
    )


def _added_type(genome: Genome, choose: random.Random) -> Genome:
    return evolve(genome, types=(*genome.types, _drawn_type(choose))[-20:])


def _other_names(genome: Genome, choose: random.Random) -> Genome:
    index = choose.randrange(len(genome.types))
    name_size = _scaled(genome.types[index].name_size + 1, choose, 50_000)
    return _with_type(genome, index, names=choose.randrange(30), name_size=name_size)


def _more_values(genome: Genome, choose: random.Random) -> Genome:
    index = choose.randrange(len(genome.values))
    each = genome.values[index]
    return _with_values(genome, index, repeated=_scaled(each.repeated, choose, 100_000))


def _larger_values(genome: Genome, choose: random.Random) -> Genome:
    index = choose.randrange(len(genome.values))
    each = genome.values[index]
    return _with_values(
        genome,
        index,
        size=_scaled(each.size, choose, 20_000),
        depth=choose.choice([each.depth, 0, 2, 5, 50, 99, 110]),
    )


def _other_values(genome: Genome, choose: random.Random) -> Genome:
    index = choose.randrange(len(genome.values))
    return _with_values(
        genome,
        index,
        seed=choose.randrange(1000),
        type=choose.choice([*_BASIC, *range(64, 80)]),
        lie=choose.choice([0, 0, 1, 1 << 20]),
    )


def _added_values(genome: Genome, choose: random.Random) -> Genome:
    return evolve(genome, values=(*genome.values, _drawn_values(choose))[-20:])


def _other_way(genome: Genome, choose: random.Random) -> Genome:
    return evolve(genome, way=choose.choice(list(WAYS)), piece=choose.choice([0, 0, 50, 5000]))


def _scaled(number: int, choose: random.Random, most: int) -> int:
    return max(1, min(most, int(number * choose.choice([0.3, 2, 2, 5, 20]))))


def _with_type(genome: Genome, index: int, **changes: Any) -> Genome:
    new = evolve(genome.types[index], **changes)
    return evolve(genome, types=(*genome.types[:index], new, *genome.types[index + 1 :]))


def _with_values(genome: Genome, index: int, **changes: Any) -> Genome:
    new = evolve(genome.values[index], **changes)
    return evolve(genome, values=(*genome.values[:index], new, *genome.values[index + 1 :]))


_CHANGES: Final[list[Callable[[Genome, random.Random], Genome]]] = [
    _more_types,
    _more_fields,
    _other_part,
    _other_type,
    _added_type,
    _other_names,
    _more_values,
    _larger_values,
    _other_values,
    _added_values,
    _other_way,
]


# --- reading ----------------------------------------------------------------------------------


@frozen
class Cost:
    """Bytes in memory at most and for good, and seconds of the processor, to read a stream."""

    peak: int
    kept: int
    seconds: float


def _decoded(data: bytes, piece: int, schema: Any) -> object:
    decoder = gob.Decoder(limits=LIMITS)
    for part in _pieces(data, piece):
        decoder.feed(part)
        _until_truncated(lambda: decoder.decode(schema))
    return decoder


def _skipped(data: bytes, piece: int) -> object:
    decoder = gob.Decoder(limits=LIMITS)
    for part in _pieces(data, piece):
        decoder.feed(part)
        _until_truncated(decoder.skip)
    return decoder


def _served(data: bytes, piece: int) -> object:
    codec = GobServerCodec(LIMITS)
    for part in _pieces(data, piece):
        codec.feed(part)
        _until_truncated(codec.decode_request_header, lambda: codec.decode_request_body(None))
    return codec


def _answered(data: bytes, piece: int) -> object:
    codec = GobClientCodec(LIMITS)
    for part in _pieces(data, piece):
        codec.feed(part)
        _until_truncated(codec.decode_response_header, lambda: codec.decode_response_body(None))
    return codec


def _pieces(data: bytes, size: int) -> list[bytes]:
    size = max(size, len(data) // 200) if size else len(data)
    return [data[at : at + size] for at in range(0, len(data), size or 1)]


def _until_truncated(*steps: Callable[[], object]) -> None:
    """Take the steps in turn until no more is there, as readers of streams do."""
    while True:
        for step in steps:
            last: DecodeError | None = None
            try:
                step()
            except TruncatedError:
                return
            except DecodeError as error:
                last = error
            if last is not None and _is_final(step, last):
                return


def _is_final(step: Callable[[], object], error: DecodeError) -> bool:
    """Say whether a stream is over, which fails for ever in the same way."""
    try:
        step()
    except DecodeError as again:
        return str(again) == str(error)
    return False


WAYS: Final[dict[str, Callable[[bytes, int], object]]] = {
    "skip": _skipped,
    "server": _served,
    "client": _answered,
    **{name: partial(_decoded, schema=schema) for name, schema in _SCHEMAS.items()},
}
"""The ways to read a stream, by name: whatever the bytes, they end without an exception."""

_NOT_ASKED_FOR: Final = ("skip", "server", "client")


def measured(genome: Genome, data: bytes) -> Cost:
    """Read a stream twice: once for the time, once for the memory."""
    seconds = seconds_of(genome, data)
    return Cost(*memory_of(lambda: WAYS[genome.way](data, genome.piece)), seconds)


def seconds_of(genome: Genome, data: bytes) -> float:
    """Return the seconds of the processor to read a stream whose types nobody has seen before."""
    for function, _ in decode_functions._cache._known.values():
        forget(function)
    decode_functions._cache = decode_functions.FunctionCache()
    start = time.process_time()
    WAYS[genome.way](data, genome.piece)
    return time.process_time() - start


def memory_of(read: Callable[[], object]) -> tuple[int, int]:
    """Return how many bytes it took at most, and how many are left while its result is there."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        result = read()
        peak = tracemalloc.get_traced_memory()[1]
        gc.collect()
        after = tracemalloc.get_traced_memory()[0]
        del result
    finally:
        tracemalloc.stop()
    return peak - before, after - before


def memory_bound(genome: Genome, size: int) -> int:
    """Return how many bytes in memory a stream of so many bytes may take."""
    bound = _SPARE_MEMORY + _MEMORY_PER_BYTE * size
    if genome.way not in _NOT_ASKED_FOR:
        bound += int(LIMITS.decoded * _TOLERANCE)
    return bound


def kept_bound(size: int) -> int:
    """Return how many bytes a stream of so many bytes may leave in memory."""
    return _SPARE_KEPT + _MEMORY_PER_BYTE * size


def time_bound(size: int) -> float:
    """Return how many seconds a stream of so many bytes may take."""
    return _SPARE_SECONDS + _SECONDS_PER_BYTE * size
