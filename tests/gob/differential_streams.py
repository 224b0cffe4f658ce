"""Streams of headers and bodies, broken and fed in pieces: the implementations beside each other.

A part of `tests.gob.differential_fuzz`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, Final

from rpcgen import gob
from rpcgen._implementation import IMPLEMENTATIONS
from rpcgen.errors import DecodeError, EncodeError, TruncatedError
from rpcgen.gob.encoder import Encoder
from rpcgen.protocol.headers import EXTENDED_REQUEST, REQUEST, ExtendedRequest, Request
from rpcgen.schema import Schema

from .mutation import mutated, seeds_of_vectors

__all__ = ["in_pieces", "stream_of_calls", "stream_outcomes"]

_METHODS: Final = ("A.B", "Arith.Multiply", "A.B", "", "x" * 130, "ünïcode.M")
_SEQS: Final = (1, 2, 3, 127, 128, 255, 256, 65535, 65536, 0, 2**32, 2**64 - 1)
_TIMEOUTS: Final = (0, 0, 5 * 10**9, 5 * 10**9, 1, 63, 64, -1, 2**63 - 1)
_METADATA: Final[tuple[dict[str, str] | None, ...]] = (None, None, None, {"tenant": "north"}, {})
_MOST_FAILURES: Final = 3


def stream_of_calls(value: Any, schema: Schema[Any], choose: random.Random) -> bytes:
    """Return headers with bodies, some of which are changed; empty if the value does not encode."""
    encoder, parts = Encoder(), list[bytes]()
    try:
        for _ in range(choose.randrange(2, 9)):
            header = _header(choose)
            is_extended = isinstance(header, ExtendedRequest)
            sent = encoder.encode(header, EXTENDED_REQUEST if is_extended else REQUEST)
            parts += [_perhaps_broken(sent, choose), encoder.encode(value, schema)]
    except EncodeError:
        return b""
    return _perhaps_broken(b"".join(parts), choose)


def _header(choose: random.Random) -> Request:
    method, seq = choose.choice(_METHODS), choose.choice(_SEQS)
    if choose.random() < 0.5:
        return Request(method, seq)
    return ExtendedRequest(method, seq, choose.choice(_TIMEOUTS), choose.choice(_METADATA))


def _perhaps_broken(data: bytes, choose: random.Random) -> bytes:
    return mutated(data, choose, seeds_of_vectors()) if choose.random() < 0.05 else data


def in_pieces(data: bytes, choose: random.Random) -> list[bytes]:
    """Cut bytes into pieces: one, a few, or many small ones."""
    most = choose.choice((0, 1, 3, 30, min(len(data), 200)))
    cuts = sorted(choose.randrange(len(data) + 1) for _ in range(choose.randrange(most + 1)))
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def stream_outcomes(
    name: str, pieces: list[bytes], schema: Schema[Any], limits: gob.Limits
) -> list[object]:
    """Return what comes of a stream with one of the implementations."""
    chosen = IMPLEMENTATIONS[name]
    decoder = import_module(chosen.decoder).Decoder(limits=limits)
    headers = import_module(chosen.headers).HeaderDecoder(
        decoder, Request, REQUEST, EXTENDED_REQUEST, _finish, ExtendedRequest, _like
    )
    return list(_outcomes(decoder, headers, pieces, schema))


def _outcomes(
    decoder: Any, headers: Any, pieces: list[bytes], schema: Schema[Any]
) -> Iterator[object]:
    waits_for_header, failures = True, 0
    for piece in pieces:
        decoder.feed(piece)
        while failures < _MOST_FAILURES:
            step: Callable[[], object] = (
                headers.next if waits_for_header else _body(decoder, schema)
            )
            try:
                found = step()
            except TruncatedError as error:
                yield str(error), decoder.pending, decoder.needed, decoder.ahead
                break
            except (DecodeError, RecursionError) as error:
                failures += 1
                yield f"{type(error).__name__}: {error}", decoder.pending, list(decoder.types)
                continue
            if found is None and waits_for_header:
                yield "nothing", decoder.pending, decoder.needed
                break
            yield repr(found), decoder.pending, decoder.ahead
            waits_for_header = not waits_for_header


def _body(decoder: Any, schema: Schema[Any]) -> Callable[[], object]:
    return lambda: (decoder.decode(schema),)


def _finish(header: Request) -> Request:
    if isinstance(header, ExtendedRequest) and (header.timeout or header.metadata):
        return header
    return Request(header.service_method, header.seq)


def _like(known: Request, method: str, seq: int) -> Request:
    assert isinstance(known, ExtendedRequest)
    return ExtendedRequest(method, seq, known.timeout, dict(known.metadata or {}) or None)
