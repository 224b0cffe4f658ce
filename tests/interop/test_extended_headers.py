"""Headers with more than Go's: stock Go takes them without a notice, and Go reads their fields."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, fields

from generated.arith import Args
from rpcgen import TruncatedError
from rpcgen.protocol import CodecName, Request, Response, client_codec, server_codec
from rpcgen.protocol.headers import (
    NOTICE_SEQ,
    CancelArgs,
    ExtendedRequest,
    ExtendedResponse,
    Feature,
)
from rpcgen.schema import Empty, Schema, schema_of
from tests import golang
from tests.support.sockets import connect
from tests.support.timeouts import PROGRAM_TIMEOUT_S

from .gopeer import GoClient, GoServer
from .wire import silent_server

each_codec = pytest.mark.parametrize("codec", ["gob", "json"])

ARGS: Schema[Args] = schema_of(Args)
NUMBER: Schema[int] = schema_of(int)
NOTHING = Empty()


@define
class NotFound:
    """Fields of an exception of a method."""

    key: str = ""


FEATURES = Feature.DRAIN_NOTICE | Feature.LARGE_HEADERS
MANY = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tenant": "é"}

# Requests of one connection: plain ones between those with more.
REQUESTS = [
    Request("Arith.Multiply", 0),
    ExtendedRequest("Arith.Multiply", 1, 5_000_000_000, features=FEATURES),
    ExtendedRequest("Arith.Multiply", 2, 4_999_900_000),
    ExtendedRequest("Arith.Multiply", 3, 4_999_800_000),
    Request("Arith.Multiply", 4),
    ExtendedRequest("Arith.Multiply", 300, 1, {"tenant": "a"}, "key", 3, True, 65536, 31),
    ExtendedRequest("Arith.Multiply", 70_000, 1 << 62, key="k"),
    Request("Arith.Multiply", 70_001),
]

# Responses to seven calls, each to be 56 or an error.
RESPONSES = [
    Response("Arith.Multiply", 0),
    ExtendedResponse("Arith.Multiply", 1, features=FEATURES),
    ExtendedResponse("Arith.Multiply", 2, metadata={"tenant": "a"}),
    Response("Arith.Multiply", 3, "plain"),
    ExtendedResponse("Arith.Multiply", 4, "late", code=4, unstarted=True),
    ExtendedResponse("Arith.Multiply", 5, "no key", 5, "kv.NotFound", metadata=MANY),
    ExtendedResponse("Arith.Multiply", 6, "", 0, "", False, {"a": ""}, 1, True, 65536, 31, 9),
]


class Talk:
    """One side of a connection, which sends and receives messages of a codec of ours."""

    def __init__(self, connection: socket.socket, codec: Any) -> None:
        self.codec = codec
        self._connection = connection

    def send(self, *parts: bytes) -> None:
        self._connection.sendall(b"".join(parts))

    def receive(self, decode: Callable[[], Any]) -> Any:
        """Return what ``decode`` does, once enough has come."""
        while True:
            try:
                return decode()
            except TruncatedError:
                data = self._connection.recv(65536)
                assert data, "the peer has hung up"
                self.codec.feed(data)

    def call(self, request: Request, args: object, schema: Schema[Any]) -> tuple[Response, Any]:
        """Send a request, and return the header and the number that come back."""
        self.send(*self.codec.encode_request(request, schema, args))
        header = self.receive(self.codec.decode_response_header)
        wanted = None if header.error else NUMBER
        return header, self.receive(lambda: self.codec.decode_response_body(wanted))


@each_codec
def test_stock_server_answers_requests_with_more_fields(
    codec: CodecName, go_server: GoServer
) -> None:
    with connect(go_server.tcp if codec == "gob" else go_server.json) as connection:
        talk = Talk(connection, client_codec(codec))
        for request in REQUESTS:
            header, reply = talk.call(request, Args(7, request.seq), ARGS)
            assert (header.seq, header.error, reply) == (request.seq, "", 7 * request.seq)
            assert type(header) is Response


@each_codec
def test_stock_server_answers_requests_with_more_fields_in_one_packet(
    codec: CodecName, go_server: GoServer
) -> None:
    with connect(go_server.tcp if codec == "gob" else go_server.json) as connection:
        talk = Talk(connection, client_codec(codec))
        args = Args(7, 8)
        talk.send(*[p for r in REQUESTS for p in talk.codec.encode_request(r, ARGS, args)])
        answered = {}
        for _ in REQUESTS:
            header = talk.receive(talk.codec.decode_response_header)
            answered[header.seq] = talk.receive(lambda: talk.codec.decode_response_body(NUMBER))
        assert answered == {request.seq: 56 for request in REQUESTS}


@each_codec
def test_stock_server_goes_on_after_a_cancel(codec: CodecName, go_server: GoServer) -> None:
    with connect(go_server.tcp if codec == "gob" else go_server.json) as connection:
        talk = Talk(connection, client_codec(codec))
        for seq in (1, 3):
            cancel = ExtendedRequest("_goRPC_.Cancel", seq, features=FEATURES)
            header, _ = talk.call(cancel, CancelArgs(NOTICE_SEQ), schema_of(CancelArgs))
            assert header.error == "rpc: can't find service _goRPC_.Cancel"
            assert talk.call(Request("Arith.Multiply", seq + 1), Args(7, 8), ARGS)[1] == 56


@each_codec
@pytest.mark.parametrize("asks", [True, False], ids=["said what it takes", "unknown"])
def test_stock_client_takes_responses_with_more_fields(
    codec: CodecName, asks: bool, go_clients: Callable[..., GoClient]
) -> None:
    with silent_server() as (address, accept):
        client = go_clients(address, "tcp", codec)
        with accept() as connection:
            talk = Talk(connection, server_codec(codec))
            if asks:  # in its stead, since a stock one never says it
                talk.codec._extension.takes_large = True
            for prepared in RESPONSES:
                client.go("", "Arith.Multiply", {"A": 7, "B": 8})
                header = talk.receive(talk.codec.decode_request_header)
                talk.receive(lambda: talk.codec.decode_request_body(ARGS))
                response = evolve(prepared, seq=header.seq)
                notice = ExtendedResponse("", NOTICE_SEQ, last=header.seq)
                talk.send(*talk.codec.encode_response(notice, NOTHING, None))
                talk.send(*talk.codec.encode_response(response, *body_of(response)))
                answer = client.done()
                wanted = (None, response.error) if response.error else (56, "")
                assert (answer.reply, answer.error) == wanted


def body_of(response: Response) -> tuple[Schema[Any], object]:
    """Return the schema and the value of what follows a header."""
    if isinstance(response, ExtendedResponse) and response.raised:
        return schema_of(NotFound), NotFound("a key")
    return (NOTHING, None) if response.error else (NUMBER, 56)


def test_plain_request_is_the_same_after_one_with_more_fields() -> None:
    plain, mixed = client_codec("gob"), client_codec("gob")
    sent = []
    for codec in (plain, mixed):
        first = codec.encode_request(Request("Arith.Multiply", 1), ARGS, Args(7, 8))
        if codec is mixed:
            timed = ExtendedRequest("Arith.Multiply", 2, 1)
            codec.encode_request(timed, ARGS, Args(7, 8))
        second = codec.encode_request(Request("Arith.Multiply", 3), ARGS, Args(7, 8))
        sent.append(b"".join([*first, *second]))
    assert sent[0] == sent[1]


# --- the fields, in Go's own types ----------------------------------------------------------------


def read_by_go(kind: str, stream: bytes) -> list[dict[str, Any]]:
    """Return the headers of a gob stream as Go reads them, and the bytes that it makes of them."""
    program = golang.build(Path(__file__).with_name("extended"))
    done = subprocess.run(
        [program, kind], input=stream, capture_output=True, timeout=PROGRAM_TIMEOUT_S, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def fields_in_go(header: Request | Response) -> dict[str, Any]:
    """Return all fields of a header by their names in Go, zeros too."""
    is_request = isinstance(header, Request)
    attributes = fields(ExtendedRequest if is_request else ExtendedResponse)
    values = {each.name: getattr(header, each.name, None) for each in attributes}
    zero = {"metadata": None, "unstarted": False, "more": False, "raised": "", "key": ""}
    named = {}
    for name, value in values.items():
        go = "".join(part.capitalize() for part in name.split("_"))
        named[go] = zero.get(name, 0) if value is None else value
    return named


def test_requests_are_what_go_reads_and_writes() -> None:
    codec = client_codec("gob")
    sent = [b"".join(codec.encode_request(each, NUMBER, each.seq)) for each in REQUESTS]
    lines = read_by_go("requests", b"".join(sent))
    assert [line["Header"] for line in lines] == list(map(fields_in_go, REQUESTS))
    assert [line["Body"] for line in lines] == [each.seq for each in REQUESTS]
    assert [line["Bytes"] for line in lines] == [each.hex() for each in sent]


def test_responses_are_what_go_reads_and_writes() -> None:
    codec: Any = server_codec("gob")
    codec._extension.takes_large = True
    # Go does not choose the order in which it writes a map of several.
    responses = [r for r in RESPONSES if getattr(r, "metadata", None) is not MANY]
    sent = [b"".join(codec.encode_response(each, NUMBER, each.seq)) for each in responses]
    lines = read_by_go("responses", b"".join(sent))
    assert [line["Header"] for line in lines] == list(map(fields_in_go, responses))
    assert [line["Bytes"] for line in lines] == [each.hex() for each in sent]
