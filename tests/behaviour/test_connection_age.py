"""Connections that end because they are old."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from time import monotonic

import pytest

from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import RpcError
from rpcgen.protocol import GobClientCodec
from rpcgen.protocol.headers import NOTICE_SEQ, ExtendedRequest, Feature
from tests.support.apis import APIS, Api, ApiClient, ApiServer, ServerOptions
from tests.support.services import ARRIVED, RELEASE, WAIT, Arrival
from tests.support.timeouts import TIMEOUT_S

AGE = 0.05


@pytest.fixture(params=["sync", "asyncio"])
def server(request: pytest.FixtureRequest) -> Iterator[ApiServer]:
    options = ServerOptions(max_connection_age=AGE)
    with APIS[request.param].serving("127.0.0.1:0", server=options) as server:
        yield server


@pytest.fixture(params=["sync", "asyncio"])
def api(request: pytest.FixtureRequest) -> Api:
    return APIS[request.param]


def end_of(client: ApiClient) -> RpcError:
    """Call until the connection takes no more calls, and return how the last one ended."""
    deadline = monotonic() + TIMEOUT_S
    while monotonic() < deadline:
        try:
            client.call(ARITH_MULTIPLY, Args(7, 8))
        except RpcError as error:
            return error
    raise AssertionError("the connection goes on")


def test_old_connection_begins_no_more_calls(server: ApiServer, api: Api) -> None:
    with api.dial(server.address, call_timeout=TIMEOUT_S) as client:
        assert end_of(client).started is False


def test_old_connection_answers_what_is_under_way(server: ApiServer, api: Api, gate: str) -> None:
    with api.dial(server.address, call_timeout=TIMEOUT_S) as client:
        call = client.go(WAIT, gate)
        # By another connection: this one may be old by now. The first call of one is never refused.
        with api.dial(server.address, call_timeout=TIMEOUT_S) as other:
            other.call(ARRIVED, Arrival(gate, 1))
        end_of(client)
        with api.dial(server.address) as other:
            other.call(RELEASE, gate)
        assert call.result() == gate


def test_server_goes_on_with_new_connections(server: ApiServer, api: Api) -> None:
    with api.dial(server.address, call_timeout=TIMEOUT_S) as client:
        end_of(client)
    with api.dial(server.address) as other:
        assert other.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_client_that_does_not_know_the_notice_stays(server: ApiServer, api: Api) -> None:
    with api.dial(server.address) as stock:
        for _ in range(2):
            with api.dial(server.address, call_timeout=TIMEOUT_S) as client:
                end_of(client)
        assert stock.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_server_hangs_up_on_a_client_that_does_not(server: ApiServer) -> None:
    codec = GobClientCodec()
    request = ExtendedRequest(ARITH_MULTIPLY.name, 0, features=Feature.DRAIN_NOTICE)
    host, _, port = server.address.removeprefix("tcp://").rpartition(":")
    with socket.create_connection((host, int(port)), TIMEOUT_S) as client:
        client.sendall(b"".join(codec.encode_request(request, ARITH_MULTIPLY.request, Args(7, 8))))
        while data := client.recv(1 << 16):
            codec.feed(data)
    replies = [codec.decode_response_header().seq]
    codec.decode_response_body(ARITH_MULTIPLY.response)
    replies.append(codec.decode_response_header().seq)
    assert replies == [0, NOTICE_SEQ]
