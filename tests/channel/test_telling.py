"""What is logged of a channel's servers; `test_behaviour` shows when."""

from __future__ import annotations

import logging
from random import Random

import pytest

from rpcgen import DisconnectedError
from rpcgen.channel.backoff import Backoff
from rpcgen.channel.resolver import Endpoint
from rpcgen.channel.servers import FAILURES, Server
from rpcgen.channel.telling import tell_ejected, tell_reached_again, tell_unreachable
from rpcgen.errors import DialError


def server_at(address: str) -> Server[object]:
    return Server(Endpoint(address), Backoff(1.0, 1.0, Random(1)))


def test_reason_of_an_attempt_in_vain_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "rpcgen.client")
    tell_unreachable(DialError("cannot connect to tcp://a:1: refused"))
    expected = "cannot connect to tcp://a:1: refused; tried again when calls ask for it"
    assert caplog.messages == [expected]


@pytest.mark.parametrize("address", ["a:1", "unix:///a.sock", "tls://a:1"])
def test_address_of_a_server_that_is_back_is_logged(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "rpcgen.client")
    tell_reached_again(server_at(address))
    assert caplog.messages == [f"{address} is connected to again"]


def test_password_of_a_broker_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "rpcgen.client")
    tell_reached_again(server_at("nats://me:secret@a:4222"))
    assert caplog.messages == ["nats://a:4222 is connected to again"]


def test_ejection_is_logged_with_its_length_and_reason(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "rpcgen.client")
    server = server_at("a:1")
    for _ in range(FAILURES):
        server.health.fail(DisconnectedError())
    server.health.eject(1000.0)
    tell_ejected(server, DisconnectedError("the end"), 1000.0)
    expected = "a:1 gets no calls for 1 s: its last 5 have failed, this one with: the end"
    assert caplog.messages == [expected]


def test_nothing_is_told_of_a_level_that_is_off(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "rpcgen.client")
    tell_unreachable(DialError("refused"))
    assert caplog.messages == []
