"""What the client's protocol has beyond Go's net/rpc: headers, cancels, typed errors, notices."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from rpcgen import Code, RemoteError
from rpcgen.errors import DeadlineExceededError, EncodeError, ServerError, ShutdownError
from rpcgen.method import Method
from rpcgen.protocol import (
    ClientProtocol,
    Completion,
    GobClientCodec,
    GobServerCodec,
    JsonClientCodec,
    JsonServerCodec,
    Request,
    Response,
    ServerCodec,
)
from rpcgen.protocol.call_options import NO_OPTIONS, CallSettings
from rpcgen.protocol.client import CANCEL
from rpcgen.protocol.headers import NOTICE_SEQ, ExtendedRequest, ExtendedResponse, Feature
from rpcgen.schema import schema_for

from .messages import SUM, Pair


@attrs.define
class MissingError(RemoteError):
    key: str
    code = Code.NOT_FOUND


GET = Method[str, int]("Kv.Get", raises=[(MissingError, "kv: no such key: {key}")])
NAME = "test_client_extended.MissingError"


class Clock:
    """A clock that stands still until the test moves it."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@attrs.define
class Peers:
    """A client's protocol, and the codec at the other end."""

    client: ClientProtocol[Any]
    server: ServerCodec
    clock: Clock

    def request(self, settings: CallSettings = NO_OPTIONS, waiter: object = "w") -> Request:
        """Begin a call and return its header as the server has it."""
        seq = self.client.begin(SUM, waiter, settings)
        self.server.feed(self.client.encode(seq, SUM, Pair(1, 2), settings))
        header = self.server.decode_request_header()
        self.server.decode_request_body(None)
        return header

    def cancel(self, seq: int) -> tuple[int, int] | None:
        """Cancel a call; return the number of the cancel, and of the call as the server has it."""
        cancel = self.client.begin_cancel(seq)
        if cancel is None:
            return None
        self.server.feed(self.client.encode(cancel[0], CANCEL, cancel[1]))
        header = self.server.decode_request_header()
        return header.seq, self.server.decode_request_body(CANCEL.request).seq

    def respond(self, response: Response, body: Any = None) -> list[Completion[Any]]:
        parts = self.server.encode_response(response, schema_for(body), body)
        return self.client.receive(b"".join(parts))


def gob() -> Peers:
    clock = Clock()
    return Peers(ClientProtocol(GobClientCodec(), clock), GobServerCodec(), clock)


def json() -> Peers:
    clock = Clock()
    return Peers(ClientProtocol(JsonClientCodec(), clock), JsonServerCodec(), clock)


@pytest.fixture(params=[gob, json], ids=["gob", "json"])
def peers(request: pytest.FixtureRequest) -> Peers:
    make: Callable[[], Peers] = request.param
    return make()


def error_of(completions: list[Completion[Any]]) -> Any:
    (completion,) = completions
    return completion.error


def test_request_without_options_is_plain(peers: Peers) -> None:
    assert type(peers.request()) is Request


def test_request_with_options_of_no_bytes_is_plain(peers: Peers) -> None:
    assert type(peers.request(CallSettings(wait_for_ready=True))) is Request


def test_request_says_the_time_left(peers: Peers) -> None:
    header = peers.request(CallSettings(deadline=100.25))
    assert isinstance(header, ExtendedRequest)
    assert header.timeout == 250_000_000


def test_request_has_metadata_and_key(peers: Peers) -> None:
    header = peers.request(CallSettings(metadata={"a": "1"}, key="k"))
    assert isinstance(header, ExtendedRequest)
    assert (header.metadata, header.key) == ({"a": "1"}, "k")


def test_first_extended_request_says_features(peers: Peers) -> None:
    settings = CallSettings(deadline=101.0)
    headers: Any = [peers.request(settings) for _ in range(2)]
    expected = Feature.DRAIN_NOTICE | Feature.LARGE_HEADERS
    assert [header.features for header in headers] == [expected, 0]


def test_features_are_said_again_where_they_were_not_encoded() -> None:
    peers, settings = gob(), CallSettings(deadline=101.0)
    seq = peers.client.begin(SUM, "w", settings)
    with pytest.raises(EncodeError):
        peers.client.encode(seq, SUM, Pair(1 << 70, 2), settings)
    header: Any = peers.request(settings)
    assert header.features


def test_encode_after_the_deadline(peers: Peers) -> None:
    seq = peers.client.begin(SUM, "w", settings := CallSettings(deadline=100.0))
    with pytest.raises(DeadlineExceededError, match=r"Math\.Sum: not over at its dead") as caught:
        peers.client.encode(seq, SUM, Pair(1, 2), settings)
    assert caught.value.started is False


@pytest.mark.parametrize("deadline", [1e30, 1e300])
def test_deadline_that_is_centuries_away_fits_the_header(peers: Peers, deadline: float) -> None:
    header: Any = peers.request(CallSettings(deadline))
    assert header.timeout == (1 << 63) - 1


def test_begin_cancel_names_the_request(peers: Peers) -> None:
    seq = peers.client.begin(SUM, "w")
    peers.client.forget(seq)  # never sent
    header = peers.request()
    cancelled = peers.cancel(1)
    assert cancelled is not None
    assert cancelled[1] == header.seq


def test_cancel_is_not_pending(peers: Peers) -> None:
    peers.request()
    peers.client.forget(0)
    peers.cancel(0)
    assert peers.client.pending == 0


def test_reply_to_a_cancel_tells_nobody(peers: Peers) -> None:
    peers.request()
    cancelled = peers.cancel(0)
    assert cancelled is not None
    assert peers.respond(Response(CANCEL.name, cancelled[0]), False) == []


def test_cancel_goes_on_after_a_reply(peers: Peers) -> None:
    peers.request()
    cancelled = peers.cancel(0)
    assert cancelled is not None
    peers.respond(Response(CANCEL.name, cancelled[0]), False)
    peers.request()
    assert peers.cancel(2) is not None


def test_cancel_is_not_sent_to_a_peer_that_does_not_know_it(peers: Peers) -> None:
    peers.request()
    cancelled = peers.cancel(0)
    assert cancelled is not None
    text = "rpc: can't find service _goRPC_.Cancel"
    peers.respond(Response(CANCEL.name, cancelled[0], text))
    peers.request()
    assert peers.cancel(2) is None


def test_ping_is_sent_to_a_peer_that_does_not_know_it(peers: Peers) -> None:
    cancelled = peers.cancel(NOTICE_SEQ)
    assert cancelled is not None
    peers.respond(Response(CANCEL.name, cancelled[0], "rpc: can't find service _goRPC_.Cancel"))
    assert peers.cancel(NOTICE_SEQ) is not None


def test_cancel_after_the_end(peers: Peers) -> None:
    peers.request()
    peers.client.receive_eof()
    assert peers.cancel(0) is None


def test_cancels_that_are_not_answered_are_bounded() -> None:
    peers = gob()
    sent = [peers.client.begin_cancel(0) is not None for _ in range(1100)]
    assert sum(sent) == 1024


def test_cancel_of_a_call_that_was_never_sent_in_json() -> None:
    peers = json()
    seq = peers.client.begin(SUM, "w")
    assert peers.cancel(seq) is None


def test_expire_ends_calls_that_are_late(peers: Peers) -> None:
    peers.request(CallSettings(deadline=101.0), "late")
    peers.request(CallSettings(deadline=103.0), "early")
    peers.request(waiter="never")
    peers.clock.now = 102.0
    late, due = peers.client.expire()
    assert ([each.waiter for each in late], type(error_of(late)), due) == (
        ["late"],
        DeadlineExceededError,
        103.0,
    )


def test_expire_leaves_calls_pending(peers: Peers) -> None:
    peers.request(CallSettings(deadline=101.0))
    peers.clock.now = 102.0
    peers.client.expire()
    assert peers.client.pending == 1


def test_expire_without_deadlines(peers: Peers) -> None:
    peers.request()
    assert peers.client.expire() == ([], None)


class Waiter:
    """Something that can be referred to weakly."""


def test_expire_ends_a_call_that_was_given_up() -> None:
    peers, waiter = gob(), Waiter()
    peers.request(CallSettings(deadline=101.0), waiter)
    peers.client.weaken(0)
    peers.clock.now = 102.0
    late, _ = peers.client.expire()
    assert [each.waiter for each in late] == [waiter]


def test_expire_passes_over_a_call_that_nobody_holds() -> None:
    peers = gob()
    peers.request(CallSettings(deadline=101.0), Waiter())
    peers.client.weaken(0)
    gc.collect()
    assert peers.client.expire() == ([], None)


def test_expire_with_many_pending_does_not_look_all_the_time() -> None:
    client = ClientProtocol[str](GobClientCodec(), clock := Clock())
    for n in range(10_000):
        client.begin(SUM, "w", CallSettings(deadline=100.0 + n / 1e6))
    _, due = client.expire()
    assert due == pytest.approx(clock.now + 0.01)


def test_late_reply_is_passed_over(peers: Peers) -> None:
    header = peers.request(CallSettings(deadline=101.0))
    peers.client.forget(0)
    assert peers.respond(Response("Math.Sum", header.seq), 3) == []


def test_reply_brings_metadata(peers: Peers) -> None:
    header = peers.request()
    (completion,) = peers.respond(
        ExtendedResponse("Math.Sum", header.seq, metadata={"took": "1"}), 3
    )
    assert (completion.reply, completion.metadata) == (3, {"took": "1"})


def test_reply_after_one_with_metadata_has_none(peers: Peers) -> None:
    first, second = peers.request(), peers.request()
    peers.respond(ExtendedResponse("Math.Sum", first.seq, metadata={"took": "1"}), 3)
    (completion,) = peers.respond(Response("Math.Sum", second.seq), 4)
    assert completion.metadata == {}


def test_error_brings_code_and_metadata(peers: Peers) -> None:
    header = peers.request()
    response = ExtendedResponse("", header.seq, "no", code=5, metadata={"a": "1"})
    error = error_of(peers.respond(response))
    assert (str(error), error.code, error.metadata, error.started) == (
        "no",
        Code.NOT_FOUND,
        {"a": "1"},
        None,
    )


def test_error_of_a_call_that_was_not_begun(peers: Peers) -> None:
    header = peers.request()
    error = error_of(peers.respond(ExtendedResponse("", header.seq, "busy", 8, "", True)))
    assert (error.code, error.started) == (Code.RESOURCE_EXHAUSTED, False)


def test_error_of_the_server_at_the_deadline_is_that_of_the_deadline(peers: Peers) -> None:
    header = peers.request(CallSettings(deadline=101.0))
    peers.clock.now = 101.0
    error = error_of(peers.respond(ExtendedResponse("", header.seq, "late", 4, "", True)))
    assert (type(error), error.started) == (DeadlineExceededError, False)


def test_error_of_a_deadline_of_the_server_is_a_server_error(peers: Peers) -> None:
    header = peers.request(CallSettings(deadline=101.0))
    error = error_of(peers.respond(ExtendedResponse("", header.seq, "late", 4)))
    assert (type(error), error.code) == (ServerError, Code.DEADLINE_EXCEEDED)


def test_error_with_a_code_of_the_future_is_unknown(peers: Peers) -> None:
    header = peers.request()
    assert error_of(peers.respond(ExtendedResponse("", header.seq, "x", 99))).code == Code.UNKNOWN


def get(peers: Peers) -> Request:
    seq = peers.client.begin(GET, "w")
    peers.server.feed(peers.client.encode(seq, GET, "x"))
    header = peers.server.decode_request_header()
    peers.server.decode_request_body(None)
    return header


def test_declared_exception_arrives_with_its_fields(peers: Peers) -> None:
    header = get(peers)
    response = ExtendedResponse("", header.seq, "no x", 5, NAME, metadata={"a": "1"})
    error = error_of(peers.respond(response, MissingError("x")))
    assert (type(error), error.key, error.code, error.metadata) == (
        MissingError,
        "x",
        Code.NOT_FOUND,
        {"a": "1"},
    )


def test_declared_exception_in_any_chunks(peers: Peers) -> None:
    header = get(peers)
    response = ExtendedResponse("", header.seq, "no x", 5, NAME)
    error = MissingError("x")
    parts = peers.server.encode_response(response, schema_for(error), error)
    completions = []
    for octet in b"".join(parts):
        completions += peers.client.receive(bytes([octet]))
    assert error_of(completions).key == "x"


def test_exception_that_the_method_does_not_declare_is_a_server_error(peers: Peers) -> None:
    header = get(peers)
    response = ExtendedResponse("", header.seq, "no x", 5, "other.Error")
    error = error_of(peers.respond(response, MissingError("x")))
    assert (type(error), str(error), error.code) == (ServerError, "no x", Code.NOT_FOUND)


def test_exception_whose_fields_do_not_fit_is_a_server_error(peers: Peers) -> None:
    header = get(peers)
    response = ExtendedResponse("", header.seq, "no x", 5, NAME)
    error = error_of(peers.respond(response, 5))
    assert (type(error), str(error)) == (ServerError, "no x")


def test_text_of_another_server_is_the_exception_that_it_stands_for(peers: Peers) -> None:
    header = get(peers)
    error = error_of(peers.respond(Response("", header.seq, "kv: no such key: x")))
    assert (type(error), error.key) == (MissingError, "x")


def test_calls_go_on_after_a_declared_exception(peers: Peers) -> None:
    header = get(peers)
    peers.respond(ExtendedResponse("", header.seq, "no x", 5, NAME), MissingError("x"))
    second = peers.request()
    (completion,) = peers.respond(Response("Math.Sum", second.seq), 3)
    assert completion.reply == 3


def test_features_of_the_server_are_remembered(peers: Peers) -> None:
    header = peers.request()
    peers.respond(ExtendedResponse("Math.Sum", header.seq, features=8), 3)
    assert peers.client.features == Feature.LARGE_HEADERS


def notice(last: int) -> ExtendedResponse:
    return ExtendedResponse("", NOTICE_SEQ, last=last)


def test_drain_notice_ends_the_calls_after_the_last(peers: Peers) -> None:
    headers = [peers.request(waiter=n) for n in range(3)]
    completions = peers.respond(notice(headers[1].seq))
    error = error_of(completions)
    assert (completions[0].waiter, type(error), error.code, error.started) == (
        2,
        ShutdownError,
        Code.UNAVAILABLE,
        False,
    )


def test_drain_notice_leaves_the_other_calls(peers: Peers) -> None:
    headers = [peers.request(waiter=n) for n in range(3)]
    peers.respond(notice(headers[1].seq))
    (completion,) = peers.respond(Response("Math.Sum", headers[1].seq), 3)
    assert (completion.waiter, completion.reply, peers.client.pending) == (1, 3, 1)


def test_drain_notice_ends_the_taking_of_calls(peers: Peers) -> None:
    peers.respond(notice(1))
    assert not peers.client.takes_calls
    with pytest.raises(ShutdownError, match="server is shutting down") as caught:
        peers.client.begin(SUM, "w")
    assert caught.value.started is False


def test_drain_notice_of_the_first_number() -> None:
    peers = gob()
    header = peers.request()
    peers.respond(Response("", NOTICE_SEQ))
    (completion,) = peers.respond(Response("Math.Sum", header.seq), 3)
    assert (completion.reply, peers.client.is_draining) == (3, True)


def test_begin_after_close_was_not_started() -> None:
    peers = gob()
    peers.client.close()
    with pytest.raises(ShutdownError) as caught:
        peers.client.begin(SUM, "w")
    assert caught.value.started is False


class PlainCodec:
    """A codec of a user's own, which knows nothing beyond Go's net/rpc."""

    def __init__(self) -> None:
        self._codec = GobClientCodec()
        self.encode_request = self._codec.encode_request
        self.feed = self._codec.feed
        self.decode_response_header = self._codec.decode_response_header
        self.decode_response_body = self._codec.decode_response_body


def test_codec_of_a_users_own_gets_plain_headers_and_no_cancels() -> None:
    peers = Peers(ClientProtocol(PlainCodec(), Clock()), GobServerCodec(), Clock())
    header = peers.request(CallSettings(deadline=101.0, metadata={"a": "1"}))
    assert (type(header), peers.cancel(0)) == (Request, None)
