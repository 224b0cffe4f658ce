"""Arguments of `dial` where one connection is not enough.

Imported by every client, and with it nothing else of a channel.
"""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from rpcgen.protocol import DialOptions

from .schemes import is_resolved

if TYPE_CHECKING:
    import os

    from .backoff import Reconnect
    from .balance import Balance
    from .resolver import Resolver
    from .retry import Retry

__all__ = ["NAMES", "ChannelOptions", "Target", "needs_channel"]

Target: TypeAlias = "str | Sequence[str] | Resolver"
"""An address, several, or what finds some."""


class ChannelOptions(DialOptions, total=False):
    """Options of `dial` besides the address; one of these makes it return a channel.

    ``reconnect``: True, or how a lost server is connected to again. ``connections``: maximum number
    of connections to each server, which are opened when those that there are have calls under way.
    ``retry``: which calls are made again (default: none, and ``Retry()`` with ``via``).
    ``balance``: which server gets the next call, ``least_pending`` (default), ``round_robin`` or
    ``first``. ``timeout`` bounds each attempt to connect (default: 20 s). ``via``: ``nats`` to have
    calls travel by the NATS broker that is dialed, to any server that takes such, instead of
    connecting to servers that are found there. ``credentials``: path of a file that says who one is
    to such a broker: credentials (``.creds``), or the seed of an NKEY.
    """

    reconnect: Reconnect | bool
    connections: int
    retry: Retry | None
    balance: Balance
    via: Literal["nats"] | None
    credentials: str | os.PathLike[str] | None


NAMES: Final = ChannelOptions.__optional_keys__ - DialOptions.__optional_keys__
"""Names of the options that only a channel has."""

# Values that say nothing.
_ABSENT: Final = {"reconnect": False, "retry": None, "via": None, "credentials": None}


def needs_channel(target: object, options: MutableMapping[str, Any]) -> bool:
    """Return True if what `dial` is told needs a channel, rather than one connection.

    Args:
        target: What is dialed.
        options: Those of `dial`; of those for one connection, what says nothing is taken away.
    """
    if not isinstance(target, str) or is_resolved(target):
        return True
    said = options.keys() & NAMES
    if any(options[name] is not _ABSENT.get(name, said) for name in said):
        return True
    for name in said:
        del options[name]
    return False
