"""Arguments of `dial`, of both APIs, where calls travel by a broker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, cast

from attrs import evolve

from rpcgen.channel.options import ChannelSettings, channel_settings
from rpcgen.channel.resolver import Resolver, StaticResolver, without_password
from rpcgen.channel.retry import Retry
from rpcgen.protocol import DialOptions
from rpcgen.protocol.frames import FrameClientCodec
from rpcgen.resolve.brokers import Brokers, split_urls
from rpcgen.resolve.nats_connection import Client, connect_once

if TYPE_CHECKING:
    from rpcgen.channel.target import ChannelOptions, Target

__all__ = [
    "brokers_of",
    "checked_broker_options",
    "connect_to_broker",
    "frame_codec",
    "known_brokers",
]

_NATS: Final = "nats"


def checked_broker_options(options: ChannelOptions) -> tuple[ChannelSettings, DialOptions]:
    """Return what a channel is told, and its connections to a broker.

    Raises:
        TypeError: There is no option of this name, or it is of the wrong type.
        ValueError: An option has a value that it cannot have.
    """
    via = options.get("via")
    if via != _NATS:
        raise ValueError(f"via={via!r}: write 'nats', or leave it out")
    codec = options.get("codec", "gob")
    if codec != "gob":
        raise ValueError(f"codec={codec!r}: calls travel by a broker in gob alone")
    # A broker does not know which servers are busy, or gone: a call is passed on by its client.
    return channel_settings({"retry": Retry(), **options})


def brokers_of(target: Target) -> Callable[[], Resolver]:
    """Return what makes the resolver of the brokers of a target.

    Raises:
        DialError: An address is no broker's.
        TypeError: The target is no address.
        ValueError: The list of addresses is empty.
    """
    brokers = [broker for broker, _ in split_urls(target)]
    return lambda: StaticResolver(brokers)


async def connect_to_broker(
    broker: str, options: DialOptions, known: Brokers, ended: Callable[[], object]
) -> Client:
    """Return a client's connection to a broker, which is not made again; see `connect_once`.

    Args:
        broker: ``nats://host:port``.
        options: Those of `dial`.
        known: All brokers, and how to connect to them.
        ended: Called when it has ended.

    Raises:
        DialError: There is no connection to be had.
    """
    only = evolve(known, urls=(without_password(broker),))
    return await connect_once(only, "rpcgen client", ended, options.get("timeout"))


def known_brokers(target: Target, options: ChannelOptions) -> Brokers:
    """Return the brokers of a target for which `brokers_of` returns something.

    Raises:
        DialError: The credentials cannot be read.
        ImportError: The package for credentials is missing.
        TypeError: ``tls`` or ``credentials`` is of the wrong type.
        ValueError: Addresses do not go together, or the credentials are none.
    """
    return Brokers.of(
        cast("str | Sequence[str]", target), options.get("tls"), options.get("credentials")
    )


def frame_codec(options: DialOptions, most: int) -> FrameClientCodec:
    """Return the codec of a client.

    Args:
        options: Those of `dial`.
        most: Maximum size of a request in bytes.
    """
    return FrameClientCodec(
        options.get("limits"),
        most,
        strings=options.get("strings", "strict"),
        strict_names=options.get("strict_names", False),
    )
