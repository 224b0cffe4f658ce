from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rpcgen.protocol import RawResponse, Registry, ServerProtocol, server_protocol
from rpcgen.protocol.http import HttpServerProtocol
from rpcgen.protocol.server_session import Stage
from rpcgen.protocol.serving import (
    DRAIN_LINGER_S,
    AgeStep,
    ConnectionAge,
    ConnectionLimits,
    ConnectionTimer,
)

from .messages import DOUBLE, request_bytes

if TYPE_CHECKING:
    from rpcgen.protocol.server_session import ServerSession

CONNECTED = [RawResponse(b"HTTP/1.0 200 Connected to Go RPC\n\n")]


def test_protocol_without_http() -> None:
    assert isinstance(server_protocol(Registry(), "gob", None), ServerProtocol)


def test_protocol_with_http() -> None:
    assert isinstance(server_protocol(Registry(), "gob", None, "/_goRPC_"), HttpServerProtocol)


def test_default_path_is_that_of_the_registry() -> None:
    registry = Registry()
    registry.handle_http("/rpc")
    protocol = server_protocol(registry, "gob", None, "/_goRPC_")
    assert protocol.receive(b"CONNECT /rpc HTTP/1.0\n\n") == CONNECTED


def test_path_of_the_listener_comes_first() -> None:
    registry = Registry()
    registry.handle_http("/rpc")
    protocol = server_protocol(registry, "gob", None, "/listener")
    assert protocol.receive(b"CONNECT /listener HTTP/1.0\n\n") == CONNECTED


def test_limits_have_defaults() -> None:
    limits = ConnectionLimits()
    assert (limits.header_timeout, limits.body_timeout, limits.idle_timeout) == (30, 300, None)
    assert (limits.max_connections, limits.max_calls_per_connection) == (None, 1024)


@pytest.mark.parametrize(
    "name",
    ["header_timeout", "body_timeout", "idle_timeout", "max_connections", "max_connection_age"],
)
@pytest.mark.parametrize("limit", [0, -1, float("nan")])
def test_limit_must_be_greater_than_zero(name: str, limit: float) -> None:
    with pytest.raises(ValueError, match=rf"{name}=.* must be greater than 0"):
        ConnectionLimits(**{name: limit})  # type: ignore[arg-type]


def test_calls_per_connection_have_a_limit() -> None:
    with pytest.raises(ValueError, match="max_calls_per_connection"):
        ConnectionLimits(max_calls_per_connection=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("seconds", [0.1, 1.0, 1000.0])
def test_interval_is_shorter_than_each_limit(seconds: float) -> None:
    assert ConnectionLimits(idle_timeout=seconds).interval < seconds


def timer() -> ConnectionTimer:
    return ConnectionTimer(ConnectionLimits(header_timeout=10.0), 0.0)


def test_timer_tells_what_is_overdue() -> None:
    message, header = object(), timer()
    assert header.overdue(Stage.HEADER, message, 1.0) == ""
    assert header.overdue(Stage.HEADER, message, 10.9) == ""
    overdue = header.overdue(Stage.HEADER, message, 11.0)
    assert overdue == "the rest of a request's header did not come within 10 s"


def test_timer_begins_again_with_another_message() -> None:
    header = timer()
    header.overdue(Stage.HEADER, object(), 1.0)
    assert header.overdue(Stage.HEADER, object(), 11.0) == ""


def test_timer_begins_again_with_another_stage() -> None:
    message, header = object(), timer()
    header.overdue(Stage.BODY, message, 1.0)
    assert header.overdue(Stage.HEADER, message, 11.0) == ""


def test_timer_begins_again_when_it_is_told_to() -> None:
    message, header = object(), timer()
    header.overdue(Stage.HEADER, message, 1.0)
    header.restart(5.0)
    assert header.overdue(Stage.HEADER, message, 11.0) == ""


def test_stage_without_a_limit_is_never_overdue() -> None:
    assert timer().overdue(Stage.IDLE, None, 1e9) == ""


REQUEST = request_bytes(("Math.Double", 0, 4))


def served_protocol(http_path: str = "") -> ServerSession:
    registry = Registry()
    registry.register_name("Math", [DOUBLE.handler(lambda number: 2 * number)])
    return server_protocol(registry, "gob", None, http_path)


def test_stage_before_a_request() -> None:
    assert served_protocol().stage == (Stage.IDLE, None)


def test_stage_in_a_header() -> None:
    protocol = served_protocol()
    protocol.receive(REQUEST[:5])
    assert protocol.stage[0] is Stage.HEADER


def test_stage_in_a_body() -> None:
    protocol = served_protocol()
    protocol.receive(REQUEST[:-1])
    assert protocol.stage[0] is Stage.BODY


def test_stage_after_a_request() -> None:
    protocol = served_protocol()
    protocol.receive(REQUEST)
    assert protocol.stage == (Stage.IDLE, None)


def test_stage_of_the_same_message_stays() -> None:
    protocol = served_protocol()
    protocol.receive(REQUEST[:5])
    before = protocol.stage
    protocol.receive(REQUEST[5:7])
    assert protocol.stage[1] is before[1]


def test_stage_of_the_next_message_is_another() -> None:
    protocol = served_protocol()
    protocol.receive(REQUEST[:5])
    before = protocol.stage
    protocol.receive(REQUEST[5:] + b"\x10")
    assert protocol.stage[0] is Stage.HEADER
    assert protocol.stage[1] is not before[1]


def test_stage_of_http_before_its_request() -> None:
    protocol = served_protocol("/_goRPC_")
    assert protocol.stage[0] is Stage.HANDSHAKE
    protocol.receive(b"CONNECT ")
    assert protocol.stage[0] is Stage.HANDSHAKE


def test_stage_of_http_in_a_posted_body() -> None:
    protocol = served_protocol("/_goRPC_")
    protocol.receive(b"POST /_goRPC_ HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
    assert protocol.stage[0] is Stage.BODY


def test_stage_of_http_after_connect() -> None:
    protocol = served_protocol("/_goRPC_")
    protocol.receive(b"CONNECT /_goRPC_ HTTP/1.0\n\n")
    assert protocol.stage == (Stage.IDLE, None)


def test_young_connection_goes_on() -> None:
    age = ConnectionAge(ConnectionLimits(max_connection_age=100.0), 0.0)
    assert age.step(89.0, True) is AgeStep.NONE


def test_connection_has_no_age_by_itself() -> None:
    assert ConnectionAge(ConnectionLimits(), 0.0).step(1e9, True) is AgeStep.NONE


def test_old_connection_is_drained_once_and_closed_once() -> None:
    age = ConnectionAge(ConnectionLimits(max_connection_age=100.0), 0.0)
    times = [111.0, 111.1, 111.0 + DRAIN_LINGER_S, 200.0]
    assert [age.step(now, True) for now in times] == [
        AgeStep.DRAIN,
        AgeStep.NONE,
        AgeStep.CLOSE,
        AgeStep.NONE,
    ]


def test_old_connection_is_drained_once_its_client_knows_the_notice() -> None:
    age = ConnectionAge(ConnectionLimits(max_connection_age=100.0), 0.0)
    assert (age.step(111.0, False), age.step(112.0, True)) == (AgeStep.NONE, AgeStep.DRAIN)


def test_connections_of_one_moment_end_at_different_times() -> None:
    limits = ConnectionLimits(max_connection_age=100.0)
    ages = [ConnectionAge(limits, 0.0) for _ in range(50)]
    drained = sum(age.step(100.0, True) is AgeStep.DRAIN for age in ages)
    assert 0 < drained < 50


def test_age_is_looked_at_in_time() -> None:
    assert ConnectionLimits(max_connection_age=0.1).interval < 0.1


def test_connection_of_a_broker_lasts_and_its_calls_do_not_wait() -> None:
    limits = ConnectionLimits(max_connection_age=1.0, idle_timeout=1.0, max_calls=7).of_broker()
    assert ConnectionAge(limits, 0.0).step(1e9, False) is AgeStep.NONE
    assert limits.seconds(Stage.IDLE) is None
    assert (limits.overload, limits.max_calls) == ("refuse", 7)
