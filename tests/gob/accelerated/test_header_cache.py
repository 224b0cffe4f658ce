"""`HeaderDecoder` with the accelerator; what it decodes is tested with all implementations."""

from __future__ import annotations

import gc
import weakref
from unittest import mock

import pytest
from attrs import define

from rpcgen.gob import decoder, encoder, header_cache
from rpcgen.schema import Schema, schema_of
from rpcgen.types import Uint64

pytest.importorskip("rpcgen._accelerator", reason="the accelerator is not compiled")

from rpcgen.gob.accelerated.decoder import Decoder
from rpcgen.gob.accelerated.header_cache import HeaderDecoder


@define
class Head:
    """A header that is made by storing what it holds."""

    service_method: str = ""
    seq: Uint64 = 0
    error: str = ""


@define(slots=False)
class DictHead:
    """A header that is made by calling its class."""

    service_method: str = ""
    seq: Uint64 = 0


HEAD: Schema[Head] = schema_of(Head)
DICT_HEAD: Schema[DictHead] = schema_of(DictHead)


def fed(headers: HeaderDecoder[Head], stream: encoder.Encoder, header: Head) -> HeaderDecoder[Head]:
    headers.stream.feed(stream.encode(header))
    return headers


def known_headers() -> tuple[HeaderDecoder[Head], encoder.Encoder]:
    """Return what has met a header of ``A.B``, and the stream that it came on."""
    headers, stream = (
        HeaderDecoder(Decoder(), Head, HEAD, HEAD, lambda head: head),
        encoder.Encoder(),
    )
    for _ in range(2):
        fed(headers, stream, Head("A.B", 1)).decode()
    return headers, stream


def test_known_header_is_not_left_to_python() -> None:
    headers, stream = known_headers()
    with mock.patch.object(header_cache.HeaderDecoder, "next", side_effect=AssertionError):
        assert fed(headers, stream, Head("A.B", 2)).decode() == Head("A.B", 2)
        assert fed(headers, stream, Head("A.B", 3)).next() == Head("A.B", 3)


def test_header_of_a_class_without_slots_is_made_by_calling_it() -> None:
    headers, stream = (
        HeaderDecoder(Decoder(), DictHead, DICT_HEAD, DICT_HEAD, lambda head: head),
        encoder.Encoder(),
    )
    found = []
    for seq in range(1, 5):
        headers.stream.feed(stream.encode(DictHead("A.B", seq)))
        found.append(headers.decode())
    assert found == [DictHead("A.B", seq) for seq in range(1, 5)]


def test_stream_in_python_is_refused() -> None:
    with pytest.raises(TypeError, match="a Stream"):
        HeaderDecoder(decoder.Decoder(), Head, HEAD, HEAD, lambda head: head)  # type: ignore[arg-type]


def test_headers_and_stream_are_gone_without_the_collector() -> None:
    headers, _ = known_headers()
    stream = weakref.ref(headers.stream)
    gc.disable()
    try:
        del headers
        assert stream() is None
    finally:
        gc.enable()
