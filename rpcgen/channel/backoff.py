"""`Reconnect` and `Backoff`: how long to wait between two attempts of the same thing."""

from __future__ import annotations

from random import Random
from typing import Final

from attrs import field, frozen

from rpcgen.protocol.call_options import checked_interval

__all__ = ["Backoff", "Reconnect"]

# More than this many times in a row, the limit is not doubled: it is far beyond any there is.
_MAX_DOUBLINGS: Final = 60


@frozen
class Reconnect:
    """Times at which a channel connects again to a server that it has lost, or has not found.

    The n-th attempt in vain is followed by a random time of at most ``first * 2**n`` (full
    jitter), so that the clients of a server which has come back do not all connect at once.

    Args:
        first: Maximum time in seconds after the first attempt in vain.
        most: Maximum time in seconds after any.

    Raises:
        TypeError: A time is no number.
        ValueError: A time is not above 0, or ``most`` is below ``first``.
    """

    first: float = field(default=0.05)
    most: float = field(default=5.0)

    def __attrs_post_init__(self) -> None:
        for name, seconds in (("first", self.first), ("most", self.most)):
            if checked_interval(name, seconds) is None:
                raise ValueError(f"{name}={seconds!r}: write a number of seconds")
        if self.most < self.first:
            raise ValueError(f"most={self.most!r} is below first={self.first!r}: write more")


class Backoff:
    """Times between the attempts at one server.

    Args:
        first: Maximum time in seconds after the first attempt in vain.
        most: Maximum time in seconds after any.
        random: Where chance comes from.
    """

    def __init__(self, first: float, most: float, random: Random) -> None:
        self._first = first
        self._most = most
        self._random = random
        self._failures = 0

    def fail(self) -> float:
        """Take note of an attempt in vain; return the time in seconds until the next one."""
        limit = min(self._first * 2.0 ** min(self._failures, _MAX_DOUBLINGS), self._most)
        self._failures += 1
        return self._random.uniform(0.0, limit)

    def reset(self) -> None:
        """Take note of success: the next attempt in vain is the first again."""
        self._failures = 0
