"""Streams of single values: what all values of a schema have in common is kept, and no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from rpcgen import gob
from rpcgen.errors import DecodeError, EncodeError, TruncatedError
from rpcgen.gob.decoder import Decoder
from rpcgen.gob.encoder import Encoder
from rpcgen.gob.single import DEFAULT_LIMITS, SingleDecoder, SingleEncoder
from rpcgen.schema import schema_of

from .examples import Holder, Item, Order, Point, Point3

_ORDER = Order(1, [Item("a", 1.5, ["x"])], {"k": 5}, "note")


@pytest.fixture
def made() -> mock.Mock:
    """Count the encoders and decoders that are made."""
    return mock.Mock()


def _encoder(made: mock.Mock) -> SingleEncoder:
    made.side_effect = Encoder
    return SingleEncoder(made)


def _decoder(made: mock.Mock) -> Callable[..., Any]:
    made.side_effect = Decoder
    decode = SingleDecoder(made).decode

    def loads(data: Any, schema: Any, limits: gob.Limits = DEFAULT_LIMITS) -> Any:
        return decode(data, schema, "strict", False, limits)

    return loads


@pytest.mark.parametrize("schema", [Order, schema_of(Order), None])
def test_values_of_a_schema_share_an_encoder(made: mock.Mock, schema: Any) -> None:
    single = _encoder(made)
    expected = Encoder().encode(_ORDER, Order)
    assert [single.encode(_ORDER, schema, "strict") for _ in range(3)] == [expected] * 3
    made.assert_called_once()


def test_strings_are_told_apart(made: mock.Mock) -> None:
    single = _encoder(made)
    for _ in range(2):
        assert single.encode("\udcff", str, "surrogateescape").endswith(b"\xff")
        with pytest.raises(EncodeError):
            single.encode("\udcff", str, "strict")


def test_value_that_fails_leaves_the_encoder_as_it_was(made: mock.Mock) -> None:
    single = _encoder(made)
    expected = single.encode(Point(1, 2), Point, "strict")
    with pytest.raises(EncodeError):
        single.encode(Point("x", 2), Point, "strict")  # type: ignore[arg-type]
    assert single.encode(Point(1, 2), Point, "strict") == expected


def test_values_whose_definitions_differ_have_an_encoder_each(made: mock.Mock) -> None:
    single = _encoder(made)
    for value in (Holder(1), Holder([1]), Holder(None)):
        data = single.encode(value, Holder, "strict")
        assert data == Encoder().encode(value, Holder)
    assert made.call_count == 3


def test_value_without_a_schema_is_inferred_each_time(made: mock.Mock) -> None:
    single = _encoder(made)
    for value in ([1], ["a"], {"k": 1.5}):
        assert single.encode(value, None, "strict") == Encoder().encode(value)


def test_annotation_that_cannot_be_hashed_is_refused_as_ever(made: mock.Mock) -> None:
    with pytest.raises(EncodeError, match="unhashable"):
        _encoder(made).encode(1, [], "strict")


def test_number_of_kept_encoders_is_bounded(
    made: mock.Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rpcgen.gob.single._MOST_KEPT", 2)
    single = _encoder(made)
    for schema in (int, float, str, int):
        single.encode(schema(), schema, "strict")
    assert made.call_count == 4


def test_values_of_a_schema_share_a_decoder(made: mock.Mock) -> None:
    loads, data = _decoder(made), gob.dumps(_ORDER, Order)
    assert [loads(data, Order) for _ in range(3)] == [_ORDER] * 3
    made.assert_called_once()


def test_other_definitions_are_read_for_themselves(made: mock.Mock) -> None:
    loads = _decoder(made)
    for _ in range(2):
        assert loads(gob.dumps(Point(1, 2)), Point) == Point(1, 2)
        assert loads(gob.dumps(Point3(1, 2, 3, "")), Point) == Point(1, 2)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda data: data + b"\3", "there is more after the value"),
        (lambda data: data * 2, "there is more after the value|second definition"),
        (lambda data: data[:-1], "unexpected EOF"),
        (lambda data: data[:-1] + b"\x09", "field beyond"),
    ],
)
def test_stream_that_is_wrong_has_its_error_whatever_came_before(
    made: mock.Mock, change: Callable[[bytes], bytes], error: str
) -> None:
    loads, data = _decoder(made), gob.dumps(_ORDER, Order)
    for _ in range(2):
        assert loads(data, Order) == _ORDER
        with pytest.raises(DecodeError, match=error):
            loads(change(data), Order)


def test_stream_that_is_cut_off_in_its_definitions_is_truncated(made: mock.Mock) -> None:
    loads, data = _decoder(made), gob.dumps(_ORDER, Order)
    loads(data, Order)
    for end in range(0, len(data), 7):
        with pytest.raises(TruncatedError):
            loads(data[:end], Order)


def test_values_that_bring_types_have_a_decoder_each(made: mock.Mock) -> None:
    loads, data = _decoder(made), gob.dumps(Holder([1]), Holder)
    for _ in range(3):
        assert loads(data, Holder) == Holder([1])
    assert made.call_count == 3


def test_bytes_are_taken_out_of_a_bytearray(made: mock.Mock) -> None:
    loads, data = _decoder(made), gob.dumps([b"raw"], list[bytes])
    for _ in range(2):
        loads(data, list[bytes])
        (raw,) = loads(bytearray(data), list[bytes])
        assert type(raw) is bytes


def test_limits_are_those_of_the_call(made: mock.Mock) -> None:
    loads, data = _decoder(made), gob.dumps(list(range(1000)), list[int])
    loads(data, list[int])
    with pytest.raises(DecodeError, match=r"Limits\.decoded"):
        loads(data, list[int], gob.Limits(decoded=100))


def test_decoder_that_is_kept_holds_no_data(made: mock.Mock) -> None:
    single = SingleDecoder(Decoder)
    raw = gob.dumps([b"x" * 100_000], list[bytes])
    for _ in range(2):
        single.decode(raw, list[bytes], "strict", False, DEFAULT_LIMITS)
    (pool,) = single.strict.values()
    assert [vars(decoder)["_data"] for decoder in pool.idle] == [b""]
