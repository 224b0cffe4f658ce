"""`Encoder` with the accelerator; what it encodes is tested with all implementations."""

from __future__ import annotations

import pytest

from rpcgen.gob import encoder
from tests.gob.accelerated_examples import Plain

pytest.importorskip("rpcgen._accelerator", reason="the accelerator is not compiled")

from rpcgen.gob.accelerated.encoder import Encoder, dumps


def test_stream_is_that_of_python_before_and_after_an_error() -> None:
    streams = Encoder(), encoder.Encoder()
    for value in (Plain("x"), None, Plain("y", 5), Plain("z", 1 << 80), Plain()):
        outcomes: list[object] = []
        for stream in streams:
            try:
                outcomes.append(stream.encode(value, Plain))
            except Exception as error:
                outcomes.append(str(error))
        assert outcomes[0] == outcomes[1]


def test_large_octets_are_not_copied() -> None:
    raw = b"x" * 100_000
    parts = Encoder().encode_parts([(raw, bytes)])
    assert any(part is raw for part in parts)


def test_dumps_takes_surrogates_for_bytes_if_told() -> None:
    assert dumps("\udcff", str, strings="surrogateescape") == encoder.dumps(
        "\udcff", str, strings="surrogateescape"
    )
