"""Leader and followers: of the threads that wait for replies, one reads for all.

A thread of its own for reading would cost two thread switches a call, more
than the whole rest of a round trip. So a thread that waits for a reply reads
itself if nobody else does (it leads), and hands each reply that is not its own
to the call that it answers. A thread that finds somebody reading sleeps (it
follows) until its reply has come, or until the leader leaves and it is its turn.

Who leads is a matter of speed alone: what must be done by one thread at a time
is a section of its own (see `sections`), and a follower wakes up by itself from
time to time. So nothing is lost with a leader that does not step down, since an
exception came in between, or that does not get to read, since a signal handler
runs in its thread and waits for another one.
"""

from __future__ import annotations

import threading
from _thread import get_ident
from typing import Final, Protocol

from rpcgen._interrupts import reraise_interrupt
from rpcgen.net import clock

from .sections import Sections, Token, check_replies_to_nobody

__all__ = ["Waitable", "Duplex", "Releasable", "LeaderFollower", "notify"]

# Maximum sleep of a follower, in seconds: after that it looks again whether its wait is over, and
# whether somebody reads and writes. In all other cases it is woken.
_MAX_SLEEP_S: Final = 0.5

# Maximum wait for room to write, in seconds, of a thread that is not the leader: its reply does
# not wake it meanwhile.
_MAX_WAIT_WRITABLE_S: Final = 0.01


class Releasable(Protocol):
    """Something to release when a wait is over: the lock that a thread sleeps on, or the like."""

    def release(self) -> None:
        """Tell that the wait is over, unless that was told before."""
        ...


class Waitable(Protocol):
    """Object to wait for, private to the package in all fields, since one is a `Call`."""

    _waiters: list[Releasable]
    """Released, each of them, once ``_is_done`` is true: see `notify`."""

    @property
    def _is_done(self) -> bool:
        """True once the wait is over."""
        ...


class Duplex(Protocol):
    """Both directions of a connection, as the threads that wait need them."""

    @property
    def is_blocked(self) -> bool:
        """True while something is left to send that the connection did not take at once."""
        ...

    def transfer(self, token: Token, seconds: float, whole: bool) -> bool:
        """Deal with what has come, and send what can be sent; wait for one of them.

        Args:
            token: What to claim sections with, of the frame that calls.
            seconds: The longest time to wait for it.
            whole: True if it may take longer to receive the rest of a large message.

        Returns:
            True if something has come or could be sent.
        """
        ...

    def send(self, seconds: float) -> None:
        """Send what can be sent; wait up to so many seconds until something can be."""
        ...

    def is_readable(self) -> bool:
        """Return True if something has come that nobody has dealt with."""
        ...


class LeaderFollower:
    """Chooses the thread that reads: one of those that wait."""

    def __init__(self, duplex: Duplex, sections: Sections) -> None:
        self._duplex = duplex
        self._sections = sections
        # The token of the leader, if there is one.
        self._leader: dict[None, Token] = {}
        # The locks that sleeping threads wait for; a dict for its atomic popitem.
        self._followers: dict[Releasable, None] = {}

    def wait(self, waitable: Waitable, deadline: float | None) -> bool:
        """Wait until something is done; read for everybody meanwhile, or follow who does.

        Args:
            waitable: What to wait for.
            deadline: When to give up, in seconds of `rpcgen.net.clock`; None waits forever.

        Returns:
            True if it is over, False at the deadline.

        Raises:
            RpcError: This thread was interrupted in the middle of a section, or while it
                encodes a reply of a server.
        """
        token = [get_ident()]
        leader, claims, left = self._leader, self._sections.claims, _MAX_SLEEP_S
        is_idle = False
        try:
            while not waitable._is_done:
                if deadline is not None:
                    left = min(deadline - clock.monotonic(), clock.max_sleep)
                    if left <= 0:
                        break
                if is_idle:
                    check_replies_to_nobody()
                    if claims:
                        self._sections.check(thorough=True)
                holder = leader.setdefault(None, token)
                if holder is not token and holder[0] == token[0]:
                    # A frame below, which this one has interrupted, or one that is gone.
                    holder = leader[None] = token
                if holder is token:
                    is_idle = not self._duplex.transfer(token, left, deadline is None)
                elif self._duplex.is_blocked:
                    self._duplex.send(min(left, _MAX_WAIT_WRITABLE_S))
                else:
                    self._wait_as_follower(waitable, left, token)
        finally:
            if leader.get(None) is token:
                # Gone, if a signal handler came just now, and has led and stepped down itself.
                leader.pop(None, None)
            if self._followers and not leader:
                self.notify_follower()
        return waitable._is_done

    def _wait_as_follower(self, waitable: Waitable, seconds: float, token: Token) -> None:
        waiter = threading.Lock()
        waiter.acquire()
        waitable._waiters.append(waiter)
        self._followers[waiter] = None
        # Enlisted first and looked at again afterwards: whoever ends the wait, or steps down,
        # does it the other way round, so one of the two sees the other.
        try:
            if waitable._is_done or not self._leader:
                return
            # A variable would hold the claim, which then looks as if it were not lost.
            if any(claim[0] == token[0] for claim in tuple(self._sections.claims.values())):
                self._sections.check(thorough=False)
            if waiter.acquire(True, seconds):
                return
            # Nobody has woken this thread for long.
            check_replies_to_nobody()
            self._sections.check(thorough=True)
            self._duplex.send(0)  # in case an exception has ended the thread that was to do it
            if self._duplex.is_readable():
                self._leader[None] = token
        finally:
            self._followers.pop(waiter, None)
            waitable._waiters.remove(waiter)

    def notify_follower(self) -> None:
        """Wake a thread that follows, if there is one: nobody leads."""
        try:
            waiter, _ = self._followers.popitem()
        except KeyError as error:
            reraise_interrupt(error)
            return
        _release(waiter)


def notify(waitable: Waitable) -> None:
    """Wake every thread that sleeps until ``waitable`` is done, which it is now."""
    for waiter in tuple(waitable._waiters):
        _release(waiter)


def _release(waiter: Releasable) -> None:
    try:
        waiter.release()
    except RuntimeError as error:
        # Already released: its thread has two reasons to wake up.
        reraise_interrupt(error)
