from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rpcgen import Response
from rpcgen.protocol import server_codec
from rpcgen.protocol.address import parse_address
from rpcgen.testing.conformance.peer import CaseError, Peer, Target
from rpcgen.testing.conformance.service import ECHO_INT, register_conformance
from rpcgen.testing.scripted_server import (
    ScriptedServer,
    Step,
    receive_any,
    receive_until_end,
    send,
)
from tests.support.apis import Api
from tests.support.sockets import request


def reply(seq: int, error: str = "") -> bytes:
    codec = server_codec("gob")
    codec.feed(request(ECHO_INT, 7))
    codec.decode_request_header()
    return b"".join(codec.encode_response(Response("", seq, error), ECHO_INT.response, 7))


@contextmanager
def peer_of(*steps: Step, timeout: float = 60.0) -> Iterator[Peer]:
    with ScriptedServer([receive_any, *steps]) as server:
        with Target(parse_address(server.address), "gob", timeout).connect() as peer:
            yield peer


def test_reply_is_returned() -> None:
    with peer_of(send(reply(0))) as peer:
        assert peer.call(ECHO_INT, 7) == 7


def test_error_is_a_problem_of_a_call() -> None:
    with peer_of(send(reply(0, "no"))) as peer:
        with pytest.raises(CaseError, match="EchoInt is answered with the error 'no'"):
            peer.call(ECHO_INT, 7)


def test_answer_to_another_request_is_a_problem() -> None:
    with peer_of(send(reply(5))) as peer:
        with pytest.raises(CaseError, match="an answer to request 5, which nobody has made"):
            peer.call(ECHO_INT, 7)


def test_end_instead_of_an_answer_is_a_problem() -> None:
    with peer_of() as peer, pytest.raises(CaseError, match="hangs up instead of an answer"):
        peer.call(ECHO_INT, 7)


def test_silence_is_a_problem() -> None:
    with peer_of(receive_until_end, timeout=0.05) as peer:
        with pytest.raises(CaseError, match="no answer in time"):
            peer.call(ECHO_INT, 7)


def test_nonsense_is_a_problem() -> None:
    with peer_of(send(b"\3\4\0\6")) as peer:
        with pytest.raises(CaseError, match="the answer cannot be read"):
            peer.call(ECHO_INT, 7)


def test_server_that_does_not_hang_up_is_a_problem() -> None:
    with peer_of(receive_until_end, timeout=0.05) as peer:
        peer.send(ECHO_INT, 7)
        with pytest.raises(CaseError, match="does not hang up"):
            peer.expect_end()


def test_refusal_of_connect_is_an_error() -> None:
    refusal = [receive_any, send(b"HTTP/1.0 404 Not Found\r\n\r\n")]
    with ScriptedServer(refusal) as server:
        target = Target(parse_address(f"http://{server.address}"), "gob", 60.0)
        with pytest.raises(ConnectionError, match="404 Not Found"):
            with target.connect():
                pass


def test_unix_sockets_are_reached(api: Api, tmp_path: object) -> None:
    with api.serve(f"unix://{tmp_path}/s", register_conformance) as address:
        with Target(parse_address(address), "gob", 60.0).connect() as peer:
            assert peer.call(ECHO_INT, 7) == 7
