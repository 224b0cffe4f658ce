from __future__ import annotations

from typing import Annotated, Any

import pytest
from attrs import define

from rpcgen.errors import DecodeError, EncodeError
from rpcgen.gob import Encoder, Limits
from rpcgen.protocol import GobServerCodec, Request
from rpcgen.protocol.headers import EXTENDED_REQUEST, REQUEST, ExtendedRequest
from rpcgen.protocol.message_streams import MessageReader, MessageWriter, Pool
from rpcgen.schema import schema_of

from .messages import Pair

PAIR = schema_of(Pair)
HEADER = Request("Math.Sum")


@define
class Box:
    """Holds a value of any type, which brings its definition along."""

    value: Any = None


def writer() -> MessageWriter:
    return MessageWriter(Request, REQUEST, EXTENDED_REQUEST, "strict")


def reader() -> MessageReader[GobServerCodec]:
    return MessageReader(GobServerCodec)


def read(reader: MessageReader[GobServerCodec], message: bytes, schema: Any = PAIR) -> Any:
    reading = reader.begin(message)
    header = reading.header = reading.header or reading.codec.decode_request_header()
    body = reading.codec.decode_request_body(schema)
    reader.end(reading)
    return header, body


def go_message(*values: object) -> bytes:
    """Return values as Go's encoder would write them: definitions where they are needed first."""
    encoder = Encoder()
    return b"".join(encoder.encode(each) for each in values)


@pytest.mark.parametrize(
    "header", [HEADER, ExtendedRequest("Math.Sum", 0, 5, {"a": "b"}, "key")], ids=["plain", "more"]
)
def test_second_message_is_the_same_bytes(header: Request) -> None:
    one = writer()
    assert one.encode(header, PAIR, Pair(1, 2)) == one.encode(header, PAIR, Pair(1, 2))


def test_message_of_another_method_has_its_name() -> None:
    one = writer()
    one.encode(HEADER, PAIR, Pair(1, 2))
    other = Request("Math.Product")
    assert read(reader(), one.encode(other, PAIR, Pair(3, 4))) == (other, Pair(3, 4))


def test_message_of_an_interface_is_encoded_by_a_fresh_encoder() -> None:
    one, box = writer(), schema_of(Box)
    messages = [one.encode(HEADER, box, Box(each)) for each in (1, "two", 1)]
    assert [read(reader(), each, box)[1] for each in messages] == [Box(1), Box("two"), Box(1)]


def test_what_does_not_fit_is_an_encode_error() -> None:
    one = writer()
    for _ in range(2):
        with pytest.raises(EncodeError):
            one.encode(HEADER, PAIR, "no pair")
    assert one.encode(HEADER, PAIR, Pair(1, 2)) == writer().encode(HEADER, PAIR, Pair(1, 2))


def test_codec_is_kept_for_messages_of_the_same_definitions() -> None:
    one, message = reader(), writer().encode(HEADER, PAIR, Pair(1, 2))
    read(one, message)
    first = one.begin(message)
    first.codec.decode_request_body(PAIR)
    one.end(first)
    assert one.begin(message).codec is first.codec


def test_definitions_in_the_middle_are_read_each_time() -> None:
    one, message = reader(), go_message(HEADER, Pair(1, 2))
    assert [read(one, message) for _ in range(3)] == [(HEADER, Pair(1, 2))] * 3


def test_messages_of_both_orders_are_read_in_turn() -> None:
    one = reader()
    messages = [writer().encode(HEADER, PAIR, Pair(1, 2)), go_message(HEADER, Pair(1, 2))]
    assert [read(one, each) for each in messages * 3] == [(HEADER, Pair(1, 2))] * 6


def test_message_without_a_value_is_refused() -> None:
    with pytest.raises(DecodeError):
        reader().begin(b"")


def test_pool_keeps_no_more_codecs_than_it_needs() -> None:
    one, message = reader(), writer().encode(HEADER, PAIR, Pair(1, 2))
    begun = [one.begin(message) for _ in range(8)]
    for each in begun:
        each.codec.decode_request_header()
        each.codec.decode_request_body(PAIR)
        one.end(each)
    assert len(begun[0].pool.idle) == 2


def test_definitions_that_are_long_are_not_kept() -> None:
    names = [f"field_{each:0300}" for each in range(20)]
    long = define(type("Long", (), {"__annotations__": dict.fromkeys(names, int)}))
    one = reader()
    message = writer().encode(HEADER, schema_of(long), long(*range(20)))
    pool = one.begin(message).pool
    one.begin(writer().encode(HEADER, PAIR, Pair(1, 2)))
    assert one.begin(message).pool is not pool


def test_number_of_pools_is_bounded() -> None:
    one = reader()
    pools: list[Pool[GobServerCodec]] = []
    for each in range(600):
        name = Annotated[int, each]
        cls = define(type(f"T{each}", (), {"__annotations__": {"a": name}}))
        pools.append(one.begin(go_message(cls(1), Pair())).pool)
    assert len({id(each) for each in pools}) == 600
    assert len(one._pools) <= 256


def test_limits_are_those_of_the_codec() -> None:
    one = MessageReader(lambda: GobServerCodec(Limits(message=64)))
    message = writer().encode(HEADER, schema_of(str), "x" * 200)
    codec = one.begin(message).codec
    codec.decode_request_header()
    with pytest.raises(DecodeError):
        codec.decode_request_body(schema_of(str))


def test_header_is_known_by_its_bytes() -> None:
    one, header = reader(), ExtendedRequest("Math.Sum", 0, 5, {"a": "b"}, "key")
    message = writer().encode(header, PAIR, Pair(1, 2))
    read(one, message)
    assert one.begin(message).header == header


def test_header_that_is_known_may_be_changed() -> None:
    one, header = reader(), ExtendedRequest("Math.Sum", 0, 5, {"a": "b"}, "key")
    message = writer().encode(header, PAIR, Pair(1, 2))
    for _ in range(3):
        found, _ = read(one, message)
        assert found == header
        found.metadata.clear()
        found.seq = 7


def test_header_whose_body_is_none_is_not_known() -> None:
    one = reader()
    read(one, writer().encode(Request("Math.Root"), PAIR, Pair(1, 2)))
    message = writer().encode(HEADER, PAIR, Pair(1, 2))
    with pytest.raises(DecodeError):
        read(one, message, schema_of(str))
    assert one.begin(message).header is None


def test_metadata_above_the_limit_fails_each_message() -> None:
    one = MessageReader(lambda: GobServerCodec(Limits(metadata=8)))
    header = ExtendedRequest("Math.Sum", 0, 0, {"a": "b" * 20})
    message = writer().encode(header, PAIR, Pair(1, 2))
    read(one, writer().encode(ExtendedRequest("Math.Sum", 0, 5), PAIR, Pair(1, 2)))
    for _ in range(2):
        with pytest.raises(DecodeError, match="metadata"):
            read(one, message)
