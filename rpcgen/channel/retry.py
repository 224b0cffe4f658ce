"""`Retry`: which calls are made again, when, and how many of them."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from attrs import define, frozen

from rpcgen.code import Code
from rpcgen.errors import RpcError, ServerError, ShutdownError
from rpcgen.method import Method
from rpcgen.protocol.call_options import CallSettings, checked_interval

from .backoff import Backoff
from .servers import FAULTS

__all__ = [
    "BURST",
    "MOST_BACKOFF_S",
    "MOST_UNWRITTEN",
    "Budget",
    "Request",
    "Retries",
    "Retry",
    "is_repeatable",
    "may_pass",
]

BURST: Final = 10.0
"""Number of retries that a channel may make at once, before its calls have earned any."""

MOST_BACKOFF_S: Final = 5.0
"""Maximum time in seconds between two attempts of one call."""

MOST_UNWRITTEN: Final = 16
"""Number of connections that a call finds closed or drained until that counts as an attempt."""

# Codes of errors that another attempt, perhaps elsewhere, may not meet again.
_PASSING: Final = frozenset([Code.UNAVAILABLE, Code.RESOURCE_EXHAUSTED])


@frozen
class Retry:
    """Limits on how often a channel makes a call again that has failed.

    Only calls that were not started (refused by the server as such, never written, or named so
    by its drain notice), and those of methods that are ``@idempotent``; only after errors that
    pass, `Code.UNAVAILABLE` and `Code.RESOURCE_EXHAUSTED`; and never beyond the call's deadline.

    Args:
        attempts: Maximum number of attempts, the first included.
        backoff: Maximum time in seconds before the first retry; twice as long before each
            further one, up to 5 s; each time a random part of it.
        budget: Number of retries that each call adds to what all calls of the channel may use,
            which begins with 10 and is never more: in an outage, 0.1 means at most 10 % more
            calls. Attempts that no server has seen cost nothing.

    Raises:
        TypeError: A value is no number.
        ValueError: A number is out of range.
    """

    attempts: int = 3
    backoff: float = 0.05
    budget: float = 0.1

    def __attrs_post_init__(self) -> None:
        if not _is_number(self.attempts, int):
            raise TypeError(f"attempts={self.attempts!r}: write a number of attempts")
        if self.attempts < 1:
            raise ValueError(f"attempts={self.attempts!r}: write 1 or more; 1 is no retry")
        if checked_interval("backoff", self.backoff) is None:
            raise ValueError(f"backoff={self.backoff!r}: write a number of seconds")
        if not _is_number(self.budget, (int, float)):
            raise TypeError(f"budget={self.budget!r}: write a number of retries for each call")
        if not 0.0 <= self.budget <= 1.0:
            raise ValueError(f"budget={self.budget!r}: write a number from 0 to 1")


@define(eq=False)
class Request:
    """The call that is attempted: what is called, and how."""

    method: Method[Any, Any]
    args: object
    settings: CallSettings


class Budget:
    """The retries that a channel may make: calls earn them, so that an outage is not doubled.

    Args:
        earned: Number of retries that a call earns.
    """

    def __init__(self, earned: float) -> None:
        self._earned = earned
        self.tokens = BURST
        self.is_short = False
        """True if calls can earn any more."""

    def earn(self) -> None:
        """Take note of a call."""
        self.tokens = min(self.tokens + self._earned, BURST)
        self.is_short = self.tokens < BURST

    def spend(self) -> bool:
        """Return True if there is another retry, which is spent then."""
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        self.is_short = True
        return True


class Retries:
    """The attempts of one call that has failed once.

    Args:
        retry: What the channel was told; None: no call is made again.
        budget: That of the channel.
        random: Where chance comes from.
    """

    def __init__(self, retry: Retry | None, budget: Budget, random: Random) -> None:
        self._left = 0 if retry is None else retry.attempts - 1
        first = Retry().backoff if retry is None else retry.backoff
        self._backoff = Backoff(first, max(first, MOST_BACKOFF_S), random)
        self._budget = budget
        self._unwritten = 0
        # True once an attempt may have been begun by a server.
        self._may_have_started = False

    def take_unwritten(self) -> bool:
        """Take note that a connection was found closed, or drained, before the call was begun.

        Returns:
            True if the call should just take another one, which is no retry.
        """
        self._unwritten += 1
        return self._unwritten <= MOST_UNWRITTEN

    def delay(
        self, method: Method[Any, Any], error: RpcError, deadline: float | None, now: float
    ) -> float | None:
        """Return the time in seconds until the next attempt, None if there is to be none.

        Args:
            method: What was called.
            error: How the last attempt has ended.
            deadline: Time of the clock at which the call is given up, in seconds; None: never.
            now: Time of the clock, in seconds.
        """
        if error.started is not False:
            self._may_have_started = True
        if self._left <= 0 or not is_repeatable(method, error):
            return None
        is_unseen = error.started is False and not isinstance(error, ServerError)
        # A server that shuts down in good order has named the call: it can go to another at once.
        is_handed_back = is_unseen and isinstance(error, ShutdownError)
        delay = 0.0 if is_handed_back else self._backoff.fail()
        if deadline is not None and now + delay >= deadline:
            return None
        # The next connection may be one to the same server, whose notice is still on its way.
        if is_handed_back and self.take_unwritten():
            return delay
        if not is_unseen and not self._budget.spend():
            return None
        self._left -= 1
        return delay

    def last(self, error: RpcError) -> RpcError:
        """Return the error of the call, which says of all attempts what is known of the last."""
        if self._may_have_started and error.started is False:
            error.started = None
        return error


def is_repeatable(method: Method[Any, Any], error: RpcError) -> bool:
    """Return True if a call that has ended so may be made again, and that may help."""
    return error.code in _PASSING and (error.started is False or method.idempotent)


def may_pass(error: RpcError) -> bool:
    """Return True for an error that has to do with servers, rather than with what was called."""
    return error.code in _PASSING or error.code in FAULTS


def _is_number(value: object, kinds: type | tuple[type, ...]) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)
