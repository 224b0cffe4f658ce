"""Arguments of `dial` that need a channel, and the channel that both APIs make of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

from rpcgen.errors import DeadlineExceededError, DialError, RpcError
from rpcgen.protocol import DialOptions, parse_address
from rpcgen.protocol.client import GREETING_S

from .resolver import Endpoint, Resolver, StaticResolver, without_password
from .schemes import broker_of, broker_resolver, is_resolved, resolver_of

if TYPE_CHECKING:
    from .target import ChannelOptions, Target

__all__ = [
    "CONNECT_S",
    "attempt_options",
    "cannot_connect",
    "connection_options",
    "dialer_for",
    "not_greeted",
    "resolver_for",
]

T = TypeVar("T")

CONNECT_S = 20.0
"""Maximum time in seconds of an attempt to connect, unless `dial` is told another."""

# Options of the channel itself, around all attempts of a call.
_OF_CALLS = ("call_timeout", "metadata", "interceptors")


def resolver_for(target: Target, options: ChannelOptions | None = None) -> Callable[[], Resolver]:
    """Return what makes the resolver of a target, the same one or another each time.

    Args:
        target: Where the servers are, or what finds them.
        options: Those of `dial`.

    Raises:
        DialError: An address is none.
        TypeError: The target is none.
        ValueError: The list of addresses is empty, or there are credentials for no broker.
    """
    tls, credentials = (options or {}).get("tls"), (options or {}).get("credentials")
    if broker_of(target):
        found = broker_resolver(target, tls, credentials)
        return lambda: found
    if credentials is not None:
        raise ValueError("credentials= are for a NATS broker: dial nats://host:4222 with them")
    if isinstance(target, str):
        if is_resolved(target):
            resolver = resolver_of(target)
            return lambda: resolver
        return _static([target])
    if isinstance(target, Resolver):
        return lambda: target
    if not isinstance(target, Sequence):
        raise TypeError(f"{target!r} cannot be dialed: write an address, a list, or a Resolver")
    if not target:
        raise ValueError("there is no address in the list: write at least one")
    return _static([*target])


def _static(addresses: list[str]) -> Callable[[], Resolver]:
    for each in addresses:
        if not isinstance(each, str):
            raise TypeError(f"{each!r} is no address: write host:port, or another in a text")
        if is_resolved(each):
            raise DialError(f"{each!r} is of no known kind in a list: dial it by itself")
        parse_address(each)
    return lambda: StaticResolver(addresses)


def dialer_for(
    target: Target, dial: Callable[[str, DialOptions], T]
) -> Callable[[str, DialOptions], T]:
    """Return what connects to the servers that are found by a target.

    Where a broker is encrypted to, ``tls`` is for that first of all: servers that it names without
    encryption are connected to as it says.

    Args:
        target: Where the servers are, or what finds them.
        dial: Connects to one.
    """
    if not broker_of(target).startswith("nats+tls://"):
        return dial

    def dial_found(address: str, options: DialOptions) -> T:
        if options.get("tls") is not None and not parse_address(address).tls:
            options = {**options, "tls": None}
        return dial(address, options)

    return dial_found


def connection_options(options: DialOptions) -> DialOptions:
    """Return the options of a channel's connections, given those of the channel."""
    own = {name: value for name, value in options.items() if name not in _OF_CALLS}
    return cast("DialOptions", {"timeout": CONNECT_S, **own})


def attempt_options(options: DialOptions, endpoint: Endpoint) -> tuple[DialOptions, float]:
    """Return the options of an attempt to connect, and its maximum time in seconds in all.

    Args:
        options: Those of all connections of the channel.
        endpoint: The server.
    """
    if endpoint.codec is not None:
        options = {**options, "codec": endpoint.codec}
    timeout = options.get("timeout")
    return options, GREETING_S if timeout is None else timeout


def not_greeted(endpoint: Endpoint, error: BaseException) -> DialError:
    """Return why a connection is of no use on which the server has not answered a greeting."""
    reason = f"the server does not answer: {error}"
    if isinstance(error, DeadlineExceededError):
        reason = "the server does not answer in time"
    return DialError(f"cannot connect to {without_password(endpoint.address)}: {reason}")


def cannot_connect(endpoint: Endpoint, error: Exception) -> RpcError:
    """Return why an attempt to connect has failed, whatever it has raised."""
    if isinstance(error, RpcError):
        return error
    failure = DialError(f"cannot connect to {without_password(endpoint.address)}: {error}")
    failure.__cause__ = error
    return failure
