"""`ChannelSettings`: what a channel was told, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from attrs import field, frozen

from rpcgen.protocol import DialOptions
from rpcgen.protocol.codecs import check_codec_options
from rpcgen.protocol.options import check_options

from .backoff import Reconnect
from .balance import BALANCES, Balance
from .retry import Retry
from .target import NAMES, ChannelOptions

__all__ = ["ChannelSettings", "channel_settings"]

_MOST_CONNECTIONS: Final = 1024


@frozen
class ChannelSettings:
    """Options of a channel, checked.

    Attributes:
        reconnect: How servers that are lost are connected to again.
        connections: Maximum number of connections to each server.
        retry: Which calls are made again; None: none.
        balance: Which server gets the next call.
    """

    reconnect: Reconnect = field(factory=Reconnect)
    connections: int = 1
    retry: Retry | None = None
    balance: Balance = "least_pending"


def channel_settings(options: ChannelOptions) -> tuple[ChannelSettings, DialOptions]:
    """Return what a channel was told, and what its connections are.

    Raises:
        TypeError: There is an option of another name, or one is of the wrong type.
        ValueError: An option has a value that it cannot have.
    """
    check_codec_options(options, ChannelOptions.__optional_keys__, "dial")
    rest = {name: value for name, value in options.items() if name not in NAMES}
    dial_options = cast("DialOptions", rest)
    check_options(dial_options)
    settings = ChannelSettings(
        _reconnect(options),
        _connections(options),
        _retry(options),
        _balance(options),
    )
    return settings, dial_options


def _reconnect(options: Mapping[str, Any]) -> Reconnect:
    reconnect = options.get("reconnect", True)
    if isinstance(reconnect, Reconnect):
        return reconnect
    if reconnect is True:
        return Reconnect()
    if reconnect is False:
        raise ValueError(
            "reconnect=False: several servers or connections are a channel, which connects again"
            " by itself: leave it out"
        )
    raise TypeError(f"reconnect={reconnect!r}: write True, or Reconnect(first=0.05, most=5.0)")


def _connections(options: Mapping[str, Any]) -> int:
    connections = options.get("connections", 1)
    if not isinstance(connections, int) or isinstance(connections, bool):
        raise TypeError(f"connections={connections!r}: write a number of connections")
    if not 1 <= connections <= _MOST_CONNECTIONS:
        raise ValueError(f"connections={connections!r}: write 1 to {_MOST_CONNECTIONS}")
    return connections


def _retry(options: Mapping[str, Any]) -> Retry | None:
    retry = options.get("retry")
    if retry is None or isinstance(retry, Retry):
        return retry
    raise TypeError(f"retry={retry!r}: write Retry(attempts=3, backoff=0.05, budget=0.1)")


def _balance(options: Mapping[str, Any]) -> Balance:
    balance = options.get("balance", "least_pending")
    if balance not in BALANCES:
        choices = " or ".join(map(repr, BALANCES))
        raise ValueError(f"balance={balance!r}: write {choices}")
    return cast("Balance", balance)
