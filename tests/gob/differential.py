"""What must hold between `rpcgen.gob` and Go's ``encoding/gob``, for any type and values.

Each function raises `AssertionError` where the two differ, but for the
differences that are meant:

* Go cannot encode a value in a map or an interface by methods that its type has
  on the pointer (``big.Int``); here there are no pointers.
* Go keeps the nanoseconds of a ``time.Duration`` and years that `datetime`
  does not have.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from rpcgen import gob
from rpcgen.errors import DecodeError, EncodeError, TruncatedError
from rpcgen.schema import schema_of

from .oracle import Json, Oracle
from .shapes import NAMED, Shape, annotation, go_type, registered, to_json
from .tokens import tokens

__all__ = [
    "check_chunks",
    "check_evolution",
    "check_same_bytes",
    "check_values",
    "encode_with_go",
]


def check_values(oracle: Oracle, shape: Shape, values: Sequence[Any]) -> None:
    """Values sent one after the other on one stream arrive alike, whoever sends and receives."""
    theirs = encode_with_go(oracle, shape, values)
    try:
        ours = _encode(shape, values)
    except EncodeError:
        assert theirs is None, "Go encodes it"
        return
    wanted = [go_type(shape)] * len(values)
    by_go = oracle.decode(ours, wanted)
    assert not by_go.error, by_go.error
    if theirs is None:
        return  # encoded here, not in Go: see above
    assert by_go == oracle.decode(theirs, wanted)

    decoder = gob.Decoder(theirs)
    here = [to_json(shape, decoder.decode(schema_of(annotation(shape)))) for _ in values]
    assert here == list(by_go.values)
    assert not decoder.pending
    assert len(list(gob.Decoder(theirs))) == len(values)  # without a schema
    passed_over = gob.Decoder(theirs)
    for _ in values:
        passed_over.skip()
    assert not passed_over.pending


def check_same_bytes(shape: Shape, values: Sequence[Any]) -> None:
    """Values are the same bytes here and in Go, but for type ids.

    No map in them may have two entries, whose order is random in Go. Each time
    there is a new process of Go, because the names inside type definitions
    depend on where a process met the type first.
    """
    with Oracle.start() as oracle:
        theirs = encode_with_go(oracle, shape, values)
    if theirs is None:
        return
    ours = _encode(shape, values)
    here, there = tokens(ours), tokens(theirs)
    assert here == there, f"{ours.hex()}\nbut Go {theirs.hex()}\n{here}\n{there}"


def check_evolution(oracle: Oracle, sent: Shape, value: Any, wanted: Shape) -> None:
    """A value sent as one type and received as another gives what Go gives, or fails as in Go."""
    data = encode_with_go(oracle, sent, [value])
    if data is None:
        return
    by_go = oracle.decode(data, [go_type(wanted)])
    here = _decoded(wanted, data)
    if isinstance(here, DecodeError):
        assert by_go.error, f"Go decodes it to {by_go.values}, but here: {here}"
    else:
        if by_go.error and _holds_interfaces(sent):
            return  # Go cannot skip each of them, such as a nil in a slice, or all types inside
        assert not by_go.error, f"Go says {by_go.error!r}, but here it is {here}"
        assert here == by_go.values[0]


def _holds_interfaces(shape: Shape, named: frozenset[str] = frozenset()) -> bool:
    """Say whether there are interface values somewhere in the shape."""
    if shape == "any" or shape[0] == "union":
        return True
    if isinstance(shape, str):
        if shape in named or shape not in NAMED:
            return False
        return _holds_interfaces(NAMED[shape][1], named | {shape})
    if shape[0] == "struct":
        return any(_holds_interfaces(field, named) for _, field in shape[1])
    parts = (part for part in shape[1:] if isinstance(part, str | tuple))
    return any(_holds_interfaces(part, named) for part in parts)


def _decoded(shape: Shape, data: bytes) -> Json | DecodeError:
    try:
        value = gob.loads(data, schema_of(annotation(shape)))
    except DecodeError as error:
        return error
    return to_json(shape, value)


def check_chunks(oracle: Oracle, shape: Shape, values: Sequence[Any], cuts: Sequence[int]) -> None:
    """A stream decodes alike however it is cut into pieces."""
    data = encode_with_go(oracle, shape, values)
    if data is None:
        return
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    decoder = gob.Decoder()
    schema = schema_of(annotation(shape))
    here: list[Json] = []
    for start, end in itertools.pairwise(places):
        decoder.feed(data[start:end])
        while len(here) < len(values):
            try:
                here.append(to_json(shape, decoder.decode(schema)))
            except TruncatedError:
                break
    assert here == list(oracle.decode(data, [go_type(shape)] * len(values)).values)


def _encode(shape: Shape, values: Sequence[Any]) -> bytes:
    encoder = gob.Encoder()
    schema = schema_of(annotation(shape))
    return b"".join([encoder.encode(value, schema) for value in values])


def encode_with_go(oracle: Oracle, shape: Shape, values: Sequence[Any]) -> bytes | None:
    """Return Go's bytes, or None if Go cannot encode one of the values."""
    for name, each in list(registered().items()):
        oracle.register(name, go_type(each))
    items = [(go_type(shape), to_json(shape, value)) for value in values]
    encoded = oracle.encode(*items)
    return None if encoded.error else encoded.data
