"""`Decoder` with the accelerator; what it decodes is tested with all implementations."""

from __future__ import annotations

from unittest import mock

import pytest

from rpcgen.errors import DecodeError
from rpcgen.gob import encoder
from tests.gob.accelerated_examples import Plain

pytest.importorskip("rpcgen._accelerator", reason="the accelerator is not compiled")

from rpcgen.gob.accelerated.decoder import Decoder, loads


def test_large_bytes_in_chunks_are_put_together_once() -> None:
    stream, raw = encoder.Encoder(), b"x" * 300_000
    decoder = Decoder(stream.encode([raw], list[bytes]))
    assert decoder.decode(list[bytes]) == [raw]
    data = stream.encode([raw], list[bytes])
    for start in range(0, len(data), 65_536):
        decoder.feed(data[start : start + 65_536])
    with mock.patch.object(decoder, "across", wraps=decoder.across) as across:
        assert decoder.decode(list[bytes]) == [raw]
    across.assert_called_once()


def test_large_value_without_bytes_in_chunks_arrives() -> None:
    stream, values = encoder.Encoder(), [Plain(f"name {n}", n) for n in range(20_000)]
    decoder = Decoder(stream.encode(values, list[Plain]))
    assert decoder.decode(list[Plain]) == values
    data = stream.encode(values, list[Plain])
    decoder.feed(data[:1000])
    decoder.feed(data[1000:])
    assert decoder.decode(list[Plain]) == values


def test_loads_refuses_what_follows_the_value() -> None:
    with pytest.raises(DecodeError, match="there is more after the value"):
        loads(encoder.dumps(1, int) * 2, int)
