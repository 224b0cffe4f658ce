"""`Resolver`: finds the servers behind one name, and says whenever they are others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, Protocol, runtime_checkable

from attrs import field, frozen
from attrs.validators import gt

from rpcgen.errors import RpcError
from rpcgen.protocol import CodecName

__all__ = [
    "Endpoint",
    "Failed",
    "Resolver",
    "StaticResolver",
    "Update",
    "without_password",
]

# User, and password if there is one, of a broker: paths of sockets may have an @ of their own.
_USER: Final = re.compile(r"(?<=://)(?<!unix://)[^/?#]*@")


def without_password(address: str) -> str:
    """Return an address as it may be shown: without a user.

    Args:
        address: The address.
    """
    return _USER.sub("", address, count=1)


@frozen
class Endpoint:
    """One server that a resolver has found.

    Two are the same server if address and codec are equal: its connections are kept then.

    Attributes:
        address: Where it is, as `dial` takes it: ``tcp://host:port``, ``unix:///path.sock``.
        codec: What it speaks; None: the ``codec`` that `dial` was told.
        metadata: What else is known of it, such as version and zone; for people and tools.
        weight: Its share of the calls beside that of others, above 0; see `balance=`.
        priority: Servers of a higher number are connected to where none of a lower one can be
            reached.
    """

    address: str
    codec: CodecName | None = None
    metadata: Mapping[str, str] = field(factory=dict, eq=False)
    weight: float = field(default=1.0, eq=False, validator=gt(0))
    priority: int = field(default=0, eq=False)


class Update(Protocol):
    """Takes what a resolver has found."""

    def __call__(self, endpoints: Sequence[Endpoint], /) -> None:
        """Take all servers that there are now; those that were known and are not among them leave.

        What runs on a server that leaves is answered; no further calls go there.
        """
        ...


class Failed(Protocol):
    """Takes why a resolver has found nothing."""

    def __call__(self, error: RpcError, /) -> None:
        """Take the error that calls get while no server is known; those that are known stay."""
        ...


@runtime_checkable
class Resolver(Protocol):
    """Finds servers for a channel: `dial` takes one in the place of an address.

    One works for both APIs. Its methods are called from an event loop, too: none of them waits
    for anything, so that one which must ask somebody has a thread for it. It belongs to one
    channel.
    """

    def start(self, update: Update, failed: Failed) -> None:
        """Begin to look for servers, and tell of them from now on.

        Called once, before anything else; and once more in a child process after a fork, where
        threads and connections of the parent's are not to be used.

        Args:
            update: Called with all servers that there are, at once or later, and whenever they
                are others; from any thread, also before this returns.
            failed: Called where looking has failed, instead; from any thread. The resolver tries
                again by itself.
        """
        ...

    def resolve_soon(self) -> None:
        """Look again before it is time: a connection has ended, or none could be made.

        Called from any thread, and as often as that happens: a resolver sees to it that it does
        not ask others more often than they can bear.
        """
        ...

    def close(self) -> None:
        """Look no more, and leave no thread, task or connection. Called once, or not at all."""
        ...


class StaticResolver:
    """Resolver of a list that does not change.

    Args:
        addresses: Where the servers are.
    """

    def __init__(self, addresses: Sequence[str]) -> None:
        self._endpoints = tuple(Endpoint(address) for address in addresses)

    def start(self, update: Update, failed: Failed) -> None:
        """Tell of the servers; see `Resolver.start`."""
        update(self._endpoints)

    def resolve_soon(self) -> None:
        """Do nothing: the list is what it is."""

    def close(self) -> None:
        """Do nothing."""
