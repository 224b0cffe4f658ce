"""The codecs that `benchmarks.codec` compares, each as functions that encode and decode once."""

from __future__ import annotations

import importlib
import importlib.util
import json
import pickle
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import attrs
from attrs import frozen

from rpcgen import gob
from rpcgen.schema import schema_of
from tests import golang

from .messages import Args, Item, Order, Request, order
from .values import numbers

__all__ = ["Contender", "GoProcess", "contenders", "missing"]

# Times a number of operations, in nanoseconds of the processor.
Timer = Callable[[int], int]


@frozen
class Contender:
    """``encode`` and ``decode`` do it once, or (of ``timed``) that many times and tell how long."""

    name: str
    encode: Callable[[], object] | None
    decode: Callable[[], object] | None
    size: int = 0
    timed_encode: Timer | None = None
    timed_decode: Timer | None = None


CALL = (Request("Arith.Multiply", 7), Args(7, 8))
ORDER = order()

# Values of one type, which not every codec has messages for; `benchmarks/go` has the same.
COLLECTIONS: dict[str, tuple[Callable[[], Any], Any]] = {
    "ints": (lambda: numbers(100_000), list[int]),
    "structs": (
        lambda: [Item(f"item {i}", i + 1, i + 0.99, i % 2 == 0) for i in range(10_000)],
        list[Item],
    ),
    "map": (lambda: {f"rate{i:08}": i + 0.1 for i in range(10_000)}, dict[str, float]),
}


def contenders(message: str, go: GoProcess) -> Iterator[Contender]:
    """Yield every codec that is installed, for the message ``call``, ``order`` or a collection."""
    if message in COLLECTIONS:
        make, kind = COLLECTIONS[message]
        values: tuple[Any, ...] = (make(),)
        kinds = [kind]
    else:
        values = CALL if message == "call" else (ORDER,)
        kinds = [type(each) for each in values]
    yield _rpcgen(values, kinds)
    yield Contender(
        "Go encoding/gob",
        None,
        None,
        timed_encode=lambda count: go.time(f"{message}-encode", count),
        timed_decode=lambda count: go.time(f"{message}-decode", count),
    )
    if message in COLLECTIONS:
        if _installed("msgspec"):
            yield _msgspec(values, kinds)
        return
    if _installed("pygob"):
        yield _pygob(values)
    yield _json(values)
    yield _pickle(values)
    if _installed("google.protobuf"):
        yield from _protobuf(message, values)
    if _installed("msgspec"):
        yield _msgspec(values, kinds)


def missing() -> Iterator[str]:
    """Yield a line for each contender that is not installed."""
    if not _installed("pygob"):
        yield "no other gob for Python: PyPI has none that installs; pygob is on GitHub only"
    for module, package in (("google.protobuf", "protobuf"), ("msgspec", "msgspec")):
        if not _installed(module):
            yield f"{package} is not installed: pip install '.[bench]'"


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # of a package that is above it
        return False


# --- gob ------------------------------------------------------------------------------------------


def _rpcgen(values: tuple[Any, ...], kinds: list[Any]) -> Contender:
    """Measure a stream whose types have been sent, as on a connection."""
    encoder, decoder = gob.Encoder(), gob.Decoder()
    schemas = [schema_of(each) for each in kinds]
    decoder.feed(b"".join(map(encoder.encode, values, schemas)))
    data = b"".join(map(encoder.encode, values, schemas))
    for schema in schemas:
        decoder.decode(schema)

    def encode_two() -> bytes:
        return encoder.encode(first, first_schema) + encoder.encode(second, second_schema)

    def decode_two() -> Any:
        decoder.feed(data)
        return decoder.decode(first_schema), decoder.decode(second_schema)

    def encode_one() -> bytes:
        return encoder.encode(first, first_schema)

    def decode_one() -> Any:
        decoder.feed(data)
        return decoder.decode(first_schema)

    first, first_schema = values[0], schemas[0]
    second, second_schema = values[-1], schemas[-1]
    two = len(values) == 2
    return Contender(
        "rpcgen.gob",
        encode_two if two else encode_one,
        decode_two if two else decode_one,
        len(data),
    )


def _pygob(values: tuple[Any, ...]) -> Contender:
    """Measure decoding alone, definitions and all: it makes nothing that is wanted here."""
    pygob: Any = importlib.import_module("pygob")
    streams = [gob.dumps(each) for each in values]

    def decode() -> Any:
        return [pygob.load(each) for each in streams]

    return Contender("pygob (types each time)", None, decode, sum(map(len, streams)))


class GoProcess:
    """Go's own gob; a context manager, which ends the process."""

    def __init__(self) -> None:
        program = golang.build(Path(__file__).parent / "go")
        self._process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> GoProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._process:
            pass

    def time(self, name: str, count: int) -> int:
        """Return what ``count`` operations take of the processor, in nanoseconds."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{name} {count}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


# --- others ---------------------------------------------------------------------------------------


def _json(values: tuple[Any, ...]) -> Contender:
    """Measure JSON to and from the same classes."""

    def plain(value: Any) -> Any:
        if isinstance(value, bytes):
            return value.decode("latin-1")
        return {name: getattr(value, name) for name in names[type(value)]}

    def encode() -> str:
        return json.dumps(values, default=plain)

    def decode() -> Any:
        made = json.loads(text)
        if len(made) == 2:
            return Request(**made[0]), Args(**made[1])
        fields = made[0]
        fields["items"] = [Item(**each) for each in fields["items"]]
        fields["data"] = fields["data"].encode("latin-1")
        return Order(**fields)

    names = {cls: [a.name for a in attrs.fields(cls)] for cls in (Request, Args, Item, Order)}
    text = encode()
    return Contender("json, to objects", encode, decode, len(text))


def _pickle(values: tuple[Any, ...]) -> Contender:
    data = pickle.dumps(values, protocol=5)
    return Contender(
        "pickle",
        lambda: pickle.dumps(values, protocol=5),
        lambda: pickle.loads(data),
        len(data),
    )


def _msgspec(values: tuple[Any, ...], kinds: list[Any]) -> Contender:
    """Measure msgpack by C code, with attrs classes as they are."""
    msgspec: Any = importlib.import_module("msgspec")
    encoder = msgspec.msgpack.Encoder()
    data = encoder.encode(values)
    kind: Any = tuple
    decoder = msgspec.msgpack.Decoder(kind[tuple(kinds)])
    return Contender(
        "msgspec.msgpack (C)",
        lambda: encoder.encode(values),
        lambda: decoder.decode(data),
        len(data),
    )


def _protobuf(message: str, values: tuple[Any, ...]) -> Iterator[Contender]:
    """Measure C code (upb): from and to its own messages, and from and to attrs classes."""
    proto: Any = importlib.import_module(".proto", __package__)
    classes, protos = proto.CLASSES, proto.FIELDS

    def build(value: Any) -> Any:
        name = type(value).__name__
        made = classes[name](**{field: getattr(value, field) for field, _ in protos[name]})
        if name == "Order":
            made.items.extend([build(item) for item in value.items])
            made.rates.update(value.rates)
        return made

    def read(made: Any, cls: Any) -> Any:
        fields = {field: getattr(made, field) for field, _ in protos[cls.__name__]}
        if cls is Order:
            fields["items"] = [read(item, Item) for item in made.items]
            fields["rates"] = dict(made.rates)
        return cls(**fields)

    def parse() -> list[Any]:
        return [kind.FromString(data) for kind, data in zip(kinds, encoded, strict=True)]

    kinds = [classes[type(value).__name__] for value in values]
    built = [build(value) for value in values]
    encoded = [made.SerializeToString() for made in built]
    size = sum(map(len, encoded))
    yield Contender(
        "protobuf (C), its messages",
        lambda: [made.SerializeToString() for made in built],
        parse,
        size,
    )
    yield Contender(
        "protobuf (C), to objects",
        lambda: [build(value).SerializeToString() for value in values],
        lambda: [read(m, type(v)) for m, v in zip(parse(), values, strict=True)],
        size,
    )
