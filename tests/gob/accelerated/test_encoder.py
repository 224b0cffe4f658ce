"""`Encoder` with the accelerator; what it encodes is tested with all implementations."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from rpcgen.errors import EncodeError
from rpcgen.gob import encoder
from tests.gob.accelerated_examples import Branch, Leaf, Plain, Twig

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


BRANCH = Branch(Leaf("a", 1), Twig([1, "b", None, [2], {"k": 3}]), [], {"c": Leaf("d", 2)})


def test_classes_in_interfaces_that_have_gone_out_are_not_left_to_python() -> None:
    streams = Encoder(), encoder.Encoder()
    for stream in streams:
        stream.encode(BRANCH, Branch)
    wanted = streams[1].encode(BRANCH, Branch)
    with mock.patch.object(encoder.Encoder, "encode_interface", side_effect=AssertionError):
        assert streams[0].encode(BRANCH, Branch) == wanted
        assert streams[0].encode_all([(BRANCH, Branch)]) == wanted


def test_classes_in_interfaces_are_forgotten_with_the_value_that_has_described_them() -> None:
    streams, bad = (Encoder(), encoder.Encoder()), [BRANCH, object()]
    found: list[list[bytes]] = [[], []]
    for stream, messages in zip(streams, found, strict=True):
        with pytest.raises(EncodeError):
            stream.encode(bad, list[Any])
        messages += [stream.encode(BRANCH, Branch), stream.encode(BRANCH, Branch)]
    assert found[0] == found[1]


def test_large_text_in_an_interface_is_the_same() -> None:
    streams = Encoder(), encoder.Encoder()
    for size in (1, 127, 128, 255, 256, 40_000, 70_000, 5):
        value = [Leaf("x" * size, 1), b"y" * size]
        first, second = [stream.encode(value, list[Any]) for stream in streams]
        assert first == second


def test_class_that_is_no_member_has_the_error_of_python() -> None:
    streams, texts = (Encoder(), encoder.Encoder()), []
    for stream in streams:
        stream.encode([Leaf("a", 1)], list[Any])
        stream.encode([Twig([])], list[Leaf | Twig])
        with pytest.raises(EncodeError) as caught:
            stream.encode([Plain("x")], list[Leaf | Twig])
        texts.append(str(caught.value))
    assert texts[0] == texts[1]
