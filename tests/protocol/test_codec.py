"""Codecs as the protocols see them: which of the optional interfaces a codec has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from rpcgen.errors import TruncatedError
from rpcgen.method import Method
from rpcgen.protocol import (
    ClientProtocol,
    GobClientCodec,
    GobServerCodec,
    JsonClientCodec,
    JsonServerCodec,
    Request,
)
from rpcgen.protocol.codec import (
    buffered_codec,
    checked,
    described_types,
    encode_plain,
    extended_codec,
    get_buffer,
    is_large,
    joined,
    measured_codec,
    next_header,
)
from rpcgen.schema import Schema, schema_of
from tests.behaviour.linecodec import LineClientCodec, LineServerCodec

ECHO = Method[str, str]("Text.Echo")
TEXT = schema_of(str)


class AbleCodec(LineServerCodec):
    """A codec of a user's own that has every optional member, and no base of ours."""

    pending = 1 << 20
    ahead = 1 << 20
    needed = 1 << 20

    def __init__(self) -> None:
        super().__init__()
        self.memory = bytearray(10)
        self.fed = b""

    def get_buffer(self) -> memoryview:
        return memoryview(self.memory)

    def buffer_updated(self, nbytes: int) -> None:
        self.fed += self.memory[:nbytes]


def test_measured_codec_asks_a_subclass_that_has_its_own_pending() -> None:
    class Counting(GobServerCodec):
        pending = 1

    codec = measured_codec(Counting())
    assert codec is not None
    assert codec.pending


def test_measured_codec_of_a_codec_that_does_not_tell() -> None:
    assert measured_codec(LineServerCodec()) is None


@pytest.mark.parametrize("codec", [GobClientCodec(), GobServerCodec(), AbleCodec()], ids=type)
def test_codec_with_all_members_is_measured_and_buffered(codec: Any) -> None:
    assert (measured_codec(codec), buffered_codec(codec)) == (codec, codec)


@pytest.mark.parametrize("codec", [JsonClientCodec(), JsonServerCodec()], ids=type)
def test_json_is_measured_alone(codec: Any) -> None:
    assert (measured_codec(codec), buffered_codec(codec)) == (codec, None)


def test_described_types_of_a_codec_that_tells() -> None:
    codec = GobClientCodec()
    assert described_types(codec) is codec.described


def test_described_types_of_a_codec_that_does_not_tell() -> None:
    assert described_types(LineClientCodec()) is None


@pytest.mark.parametrize(
    "codec", [GobClientCodec(), GobServerCodec(), JsonClientCodec(), JsonServerCodec()], ids=type
)
def test_codecs_of_ours_are_extended(codec: Any) -> None:
    assert extended_codec(codec) is codec


@pytest.mark.parametrize("codec", [LineClientCodec(), LineServerCodec()], ids=type)
def test_extended_codec_of_one_that_knows_plain_headers_alone(codec: Any) -> None:
    assert extended_codec(codec) is None


def test_space_is_the_memory_of_the_codec() -> None:
    codec = AbleCodec()
    view = get_buffer(codec)
    assert view is not None
    assert view.obj is codec.memory


def test_space_is_not_given_for_a_length_alone() -> None:
    codec = AbleCodec()
    codec.pending = 100
    assert get_buffer(codec) is None


@pytest.mark.parametrize("codec", [None, AbleCodec()])
def test_is_large_if_the_codec_tells(codec: AbleCodec | None) -> None:
    assert is_large(codec) == (codec is not None)


def test_checked_leaves_a_codec_of_the_package_alone() -> None:
    codec = GobClientCodec()
    assert checked(codec, codec.encode_request) == codec.encode_request


def test_plain_messages_are_encoded_without_a_header_where_the_codec_can() -> None:
    codec = GobClientCodec()
    assert encode_plain(codec, codec.encode_request, Request) == codec.encode_plain


@pytest.mark.parametrize("codec", [JsonClientCodec(), LineClientCodec()], ids=type)
def test_plain_messages_are_encoded_with_a_header_as_a_rule(codec: Any) -> None:
    encode = encode_plain(codec, codec.encode_request, Request)
    request = Request("Text.Echo", 7)
    assert encode("Text.Echo", 7, TEXT, "x") == codec.encode_request(request, TEXT, "x")


def test_plain_messages_are_encoded_by_a_subclass_of_a_user() -> None:
    class Own(GobClientCodec):
        def encode_request(
            self, request: Request, schema: Schema[Any], args: object
        ) -> Sequence[bytes]:
            return [f"{request.service_method} {request.seq}".encode()]

    codec = Own()
    encode = encode_plain(codec, codec.encode_request, Request)
    assert encode("Text.Echo", 7, TEXT, "x") == [b"Text.Echo 7"]


@pytest.mark.parametrize("codec", [GobServerCodec(), JsonServerCodec()], ids=type)
def test_next_header_of_a_codec_that_tells_is_none_at_the_end(codec: Any) -> None:
    assert next_header(codec, codec.decode_request_header)() is None


def test_next_header_of_a_codec_that_does_not_tell_fails_at_the_end() -> None:
    codec = LineServerCodec()
    with pytest.raises(TruncatedError):
        next_header(codec, codec.decode_request_header)()


@pytest.mark.parametrize(
    "pair", [(GobClientCodec, GobServerCodec), (JsonClientCodec, JsonServerCodec)], ids=str
)
def test_next_header_is_the_one_that_has_come(pair: Any) -> None:
    client, server = pair[0](), pair[1]()
    server.feed(b"".join(client.encode_request(Request("Text.Echo", 1), TEXT, "x")))
    header = next_header(server, server.decode_request_header)()
    assert header is not None
    assert (header.service_method, header.seq) == ("Text.Echo", 1)


class OddCodec(LineClientCodec):
    """Encodes what the test pleases."""

    def __init__(self, encoded: Any) -> None:
        super().__init__()
        self.encoded = encoded

    def encode_request(
        self, request: Request, schema: Schema[Any], args: object
    ) -> Sequence[bytes]:
        encoded: Sequence[bytes] = self.encoded
        return encoded


@pytest.mark.parametrize("encoded", [b"a request", "text", [5], ["x"]])
def test_request_that_is_no_sequence_of_bytes_is_refused_with_a_way_out(encoded: object) -> None:
    client = ClientProtocol[str](OddCodec(encoded))
    text = r"^OddCodec has encoded (int|str), which is no bytes: return a sequence of bytes"
    with pytest.raises(TypeError, match=text):
        client.encode_parts(0, ECHO, "x")


def test_request_of_nothing_is_refused() -> None:
    client = ClientProtocol[str](OddCodec([]))
    with pytest.raises(TypeError, match="the other side would wait forever"):
        client.encode(0, ECHO, "x")


@pytest.mark.parametrize("parts", [[b"abc"], [b"a", b"bc"]])
def test_joined_is_the_bytes_of_all(parts: list[bytes]) -> None:
    assert joined(parts) == b"abc"
