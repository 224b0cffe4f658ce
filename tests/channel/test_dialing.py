"""What `dial` makes of its arguments, where they need a channel."""

from __future__ import annotations

import pytest

from rpcgen.channel.dialing import (
    CONNECT_S,
    attempt_options,
    cannot_connect,
    connection_options,
    not_greeted,
    resolver_for,
)
from rpcgen.channel.resolver import Endpoint, StaticResolver
from rpcgen.errors import DeadlineExceededError, DialError, RpcError


def found(target: object) -> list[Endpoint]:
    """Return the servers of a target."""
    endpoints: list[Endpoint] = []

    def fail(error: RpcError, /) -> None:
        raise AssertionError(f"not found: {error}")

    resolver_for(target)().start(endpoints.extend, fail)  # type: ignore[arg-type]
    return endpoints


def test_address_is_one_server() -> None:
    assert found("tcp://a:1") == [Endpoint("tcp://a:1")]


def test_list_is_one_server_each() -> None:
    assert found(["a:1", "unix:///b.sock"]) == [Endpoint("a:1"), Endpoint("unix:///b.sock")]


def test_resolver_is_taken_as_it_is() -> None:
    resolver = StaticResolver(["a:1"])
    assert resolver_for(resolver)() is resolver


def test_list_may_change_afterwards() -> None:
    addresses = ["a:1"]
    make = resolver_for(addresses)
    addresses.append("b:1")
    endpoints: list[Endpoint] = []
    make().start(endpoints.extend, lambda error: None)
    assert endpoints == [Endpoint("a:1")]


@pytest.mark.parametrize(
    ("target", "error", "text"),
    [
        ([], ValueError, "at least one"),
        (["a"], DialError, "not host:port"),
        ("ftp://a:1", DialError, "no known kind"),
        (["dns://a:1"], DialError, "no known kind"),
        (7, TypeError, "cannot be dialed"),
        ([7], TypeError, "7 is no address"),
    ],
    ids=str,
)
def test_target_that_is_none_is_refused(target: object, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        resolver_for(target)  # type: ignore[arg-type]


def test_address_that_finds_servers_is_to_be_dialed_without_a_list() -> None:
    with pytest.raises(DialError, match="in a list: dial it by itself"):
        resolver_for(["tcp://a:1", "dns://b:1"])


def test_connections_get_no_options_of_calls() -> None:
    options = connection_options({"call_timeout": 1.0, "metadata": {}, "codec": "json"})
    assert options == {"codec": "json", "timeout": CONNECT_S}


def test_connections_take_no_longer_than_they_are_told() -> None:
    assert connection_options({"timeout": 1.5}) == {"timeout": 1.5}


def test_attempt_has_the_codec_and_the_time_that_are_said() -> None:
    options, seconds = attempt_options({"timeout": 1.5, "codec": "gob"}, Endpoint("a:1", "json"))
    assert (options, seconds) == ({"timeout": 1.5, "codec": "json"}, 1.5)


def test_attempt_without_a_limit_is_to_be_answered_nevertheless() -> None:
    assert attempt_options({"timeout": None}, Endpoint("a:1")) == ({"timeout": None}, 30.0)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            DeadlineExceededError("late"),
            "cannot connect to a:1: the server does not answer in time",
        ),
        (DialError("no"), "cannot connect to a:1: the server does not answer: no"),
    ],
    ids=["late", "other"],
)
def test_server_that_does_not_answer_is_named(error: RpcError, text: str) -> None:
    assert str(not_greeted(Endpoint("a:1"), error)) == text


def test_attempt_fails_with_its_own_error_where_it_is_one_of_ours() -> None:
    error = DialError("no")
    assert cannot_connect(Endpoint("a:1"), error) is error


def test_attempt_fails_with_a_dial_error_else() -> None:
    error = OSError("odd")
    failure = cannot_connect(Endpoint("a:1"), error)
    assert (str(failure), failure.__cause__) == ("cannot connect to a:1: odd", error)


def test_attempt_to_reach_a_broker_fails_without_its_password() -> None:
    broker = Endpoint("nats://me:secret@a:1")
    expected = "cannot connect to nats://a:1: "
    assert str(cannot_connect(broker, OSError("odd"))) == expected + "odd"
    assert str(not_greeted(broker, DialError("no"))).startswith(expected)
