"""Balancing: which of several servers gets the next call."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, Final, Literal, Protocol, TypeAlias, get_args

from .servers import Server

__all__ = ["BALANCES", "Balance", "Balancer", "balancer"]

Balance: TypeAlias = Literal["least_pending", "round_robin", "first"]
"""``least_pending``: of two that chance picks, the one with fewer calls under way;
``round_robin``: each in turn; ``first``: the first in the list that can be reached."""

BALANCES: Final[tuple[str, ...]] = get_args(Balance)


class Balancer(Protocol):
    """Chooses a server, and says which are to be connected to."""

    def choose(self, ready: Sequence[Server[Any]]) -> Server[Any]:
        """Return the server for the next call.

        Args:
            ready: Those that can take it, at least one, in the resolver's order.
        """
        ...

    def choose_by_weight(self, ready: Sequence[Server[Any]]) -> Server[Any]:
        """Do the same where their weights differ."""
        ...

    def wanted(self, servers: Sequence[Server[Any]], now: float) -> list[Server[Any]]:
        """Return the servers without a connection that should have one, and may be tried now.

        Args:
            servers: All of one priority, in the resolver's order.
            now: Time of the clock, in seconds.
        """
        ...


class _All:
    """Connects to all servers."""

    def wanted(self, servers: Sequence[Server[Any]], now: float) -> list[Server[Any]]:
        return [
            each
            for each in servers
            if not each.lines and not each.is_connecting and each.due <= now
        ]


class LeastPending(_All):
    """Chooses the less busy one of two.

    As good as looking at all of them, nearly, and clients that see the same server idle do not
    all run to it.
    """

    def __init__(self, random: Random) -> None:
        self._random = random.random
        self._choices = random.choices

    def choose(self, ready: Sequence[Server[Any]]) -> Server[Any]:
        """Return the less busy one of two that chance picks."""
        count = len(ready)
        if count == 1:
            return ready[0]
        first = int(self._random() * count)
        second = int(self._random() * (count - 1))
        if second >= first:
            second += 1
        one, other = ready[first], ready[second]
        return one if one.pending <= other.pending else other

    def choose_by_weight(self, ready: Sequence[Server[Any]]) -> Server[Any]:
        """Return the one with less to do for its weight, of two that chance picks by weight."""
        one, other = self._choices(ready, [each.endpoint.weight for each in ready], k=2)
        is_less = one.pending * other.endpoint.weight <= other.pending * one.endpoint.weight
        return one if is_less else other


class RoundRobin(_All):
    """Chooses one after the other."""

    def __init__(self, random: Random) -> None:
        # Clients that begin at the same time do not all begin with the same server.
        self._turn = random.randrange(1 << 16)

    def choose(self, ready: Sequence[Server[Any]]) -> Server[Any]:
        """Return the next one."""
        self._turn += 1
        return ready[self._turn % len(ready)]

    def choose_by_weight(self, ready: Sequence[Server[Any]]) -> Server[Any]:
        """Return the one that has waited for its turn longest, for its weight."""
        for each in ready:
            each.credit += each.endpoint.weight
        chosen = max(ready, key=_credit)
        chosen.credit -= sum(each.endpoint.weight for each in ready)
        return chosen


class First:
    """Chooses the first one, and connects to others only where those before cannot be reached."""

    def choose(self, ready: Sequence[Server[Any]]) -> Server[Any]:
        """Return the first one."""
        return ready[0]

    choose_by_weight = choose

    def wanted(self, servers: Sequence[Server[Any]], now: float) -> list[Server[Any]]:
        """Return the first one that may be tried, unless one before is there or on its way."""
        for each in servers:
            if each.health.is_ejected(now):
                continue
            if each.lines or each.is_connecting:
                return []
            if each.due <= now:
                return [each]
        return []


def _credit(server: Server[Any]) -> float:
    return server.credit


def balancer(balance: Balance, random: Random) -> Balancer:
    """Return the balancer of this name.

    Args:
        balance: Its name.
        random: Where chance comes from.
    """
    if balance == "first":
        return First()
    return LeastPending(random) if balance == "least_pending" else RoundRobin(random)
