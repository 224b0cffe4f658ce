"""`ChannelSettings`: what a channel was told, checked."""

from __future__ import annotations

from typing import Any

import pytest

from rpcgen import Reconnect, Retry
from rpcgen.channel.options import ChannelSettings, channel_settings


def settings(**options: Any) -> ChannelSettings:
    return channel_settings(options)[0]  # type: ignore[arg-type]


def test_channel_that_is_told_nothing_has_defaults() -> None:
    assert settings() == ChannelSettings(Reconnect(), 1, None, "least_pending")


def test_channel_has_what_it_is_told() -> None:
    reconnect, retry = Reconnect(first=1.0), Retry(attempts=5)
    found = settings(reconnect=reconnect, connections=4, retry=retry, balance="first")
    assert found == ChannelSettings(reconnect, 4, retry, "first")


def test_true_is_the_usual_reconnect() -> None:
    assert settings(reconnect=True).reconnect == Reconnect()


def test_options_of_connections_are_handed_on() -> None:
    _, rest = channel_settings({"reconnect": True, "codec": "json", "timeout": 1.0})
    assert rest == {"codec": "json", "timeout": 1.0}


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"reconnect": 1}, TypeError, "write True, or Reconnect"),
        ({"reconnect": False}, ValueError, "leave it out"),
        ({"connections": 0}, ValueError, "write 1 to"),
        ({"connections": 5000}, ValueError, "write 1 to"),
        ({"connections": "4"}, TypeError, "a number of connections"),
        ({"connections": True}, TypeError, "a number of connections"),
        ({"retry": True}, TypeError, r"write Retry\("),
        ({"balance": "best"}, ValueError, "'least_pending' or 'round_robin' or 'first'"),
        ({"reconnects": True}, TypeError, r"dial\(\) got an unexpected option 'reconnects'"),
        ({"keepalive": 0}, ValueError, "keepalive"),
    ],
    ids=str,
)
def test_option_that_cannot_be_is_refused(
    options: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        settings(**options)
