from __future__ import annotations

import pytest

from rpcgen import Retry
from rpcgen.channel.resolver import Endpoint
from rpcgen.errors import DialError
from rpcgen.nats.dialing import brokers_of, checked_broker_options


@pytest.mark.parametrize(
    "target",
    [
        "nats://a:1/Stock",
        "nats://me:secret@a:1",
        "tls://a",
        ["nats://a:1", "nats://b:1"],
    ],
)
def test_target_names_brokers(target: str | list[str]) -> None:
    found: list[Endpoint] = []
    brokers_of(target)().start(found.extend, lambda error: None)
    wanted = [target] if isinstance(target, str) else target
    assert [each.address for each in found] == [each.removesuffix("/Stock") for each in wanted]


def test_target_that_is_no_broker_is_an_error() -> None:
    with pytest.raises(DialError, match="no broker"):
        brokers_of("tcp://a:1")
    with pytest.raises(ValueError, match="at least one"):
        brokers_of([])
    with pytest.raises(TypeError, match="no broker"):
        brokers_of(7)  # type: ignore[arg-type]


def test_options_of_a_channel_are_taken() -> None:
    retry = Retry(attempts=7)
    settings, options = checked_broker_options({"via": "nats", "retry": retry, "timeout": 3.0})
    assert (settings.retry, options) == (retry, {"timeout": 3.0})


def test_calls_that_no_server_has_begun_are_made_again_unless_that_is_refused() -> None:
    usual, _ = checked_broker_options({"via": "nats"})
    refused, _ = checked_broker_options({"via": "nats", "retry": None})
    assert (usual.retry, refused.retry) == (Retry(), None)


def test_option_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(ValueError, match="write 'nats'"):
        checked_broker_options({"via": "pigeon"})  # type: ignore[typeddict-item]
    with pytest.raises(ValueError, match="in gob alone"):
        checked_broker_options({"via": "nats", "codec": "json"})
    with pytest.raises(TypeError, match="unexpected option"):
        checked_broker_options({"via": "nats", "speed": 3})  # type: ignore[typeddict-unknown-key]
