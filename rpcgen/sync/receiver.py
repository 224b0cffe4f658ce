"""`Receiver`: takes the replies off a client's connection and ends the calls that they answer."""

from __future__ import annotations

import errno
import os
import select
import time
from _thread import get_ident
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from rpcgen._interrupts import reraise_interrupt
from rpcgen.net.spin import AdaptiveSpin
from rpcgen.protocol import ClientProtocol, Completion

from .call import Call
from .request_writer import RequestWriter
from .sections import Sections, Token
from .stream import Stream

__all__ = ["Receiver", "deliver"]

# Seconds to wait where another thread takes what comes, which is told by nobody.
_PAUSE_S: Final = 0.001


class Receiver:
    """Both directions of a client's connection, for the threads that wait; see `Duplex`."""

    def __init__(
        self,
        protocol: ClientProtocol[Call[Any]],
        stream: Stream,
        writer: RequestWriter,
        sections: Sections,
        spin: AdaptiveSpin,
    ) -> None:
        self._protocol = protocol
        self._stream = stream
        self._writer = writer
        self._sections = sections
        self._claims = sections.claims
        # Bytes that have come and are being dealt with: an exception may leave them to the next.
        self._received: list[bytes] = []
        # True while an exception leaves the codec's state half changed.
        self._is_decoding = False
        self._look = partial(stream.receive_nowait, self._received)
        self.spin = spin
        """Experience that says whether it pays to spin."""
        self._look_or_spin = partial(spin.poll_until, self._look)

    @property
    def is_blocked(self) -> bool:
        return self._writer.is_blocked

    def transfer(self, token: Token, seconds: float, whole: bool) -> bool:
        # Asked first, as most often no message is cut.
        is_cut = self._protocol.is_cut
        view = self._protocol.get_buffer() if is_cut and self._stream.is_plaintext else None
        if view is None and self._take(self._look_or_spin, token):
            return True
        if self._writer.is_blocked:
            whole = False  # the other side may send the rest only after it has got more
            events = self._poll(select.POLLIN | select.POLLOUT, seconds)
            if events & select.POLLOUT:
                self._writer.flush()
            if events in (0, select.POLLOUT):
                return events != 0
        elif not (whole and view) and not self._poll(select.POLLIN, seconds):
            # The awaited call may never have been sent: an exception from outside can come between
            # a thread that has sent its own request and the others that rely on it.
            self._writer.flush()
            return False
        return self._take(self._look if view is None else lambda: self._fill(whole), token)

    def send(self, seconds: float) -> None:
        if self._poll(select.POLLOUT, seconds):
            self._writer.flush()

    def is_readable(self) -> bool:
        return bool(self._poll(select.POLLIN, 0))

    def look(self) -> None:
        """Deal with what has come to a connection that nobody reads, without waiting."""
        if not self._claims:
            self._take(self._look, [get_ident()])

    def receive_rest(self) -> None:
        """Deal with what had come before the connection has failed, without waiting for more."""
        token: Token = [get_ident()]
        if self._claims.get("take", [0])[0] == token[0]:
            return  # this has interrupted a thread that deals with it
        while not self._protocol.closed and self._take(self._look, token):
            pass

    def leave(self) -> None:
        """End the connection to a server that is shutting down, once all calls are over."""
        if not self._protocol.pending:
            self._protocol.fail_all()
            self._stream.shutdown()

    def _take(self, look: Callable[[], bool | None], token: Token) -> bool:
        """Deal with what ``look`` puts into the list, and return whether it did."""
        claims, received = self._claims, self._received
        try:
            if claims.setdefault("take", token) is not token:
                return self._stand_by()
            try:
                if not received and not look():
                    del claims["take"]
                    return False
            except OSError as error:
                self.fail(error)
            self._is_decoding = True
            if received:
                data, protocol = received[0], self._protocol
                deliver(protocol, protocol.take(data) if data else protocol.fail_all())
                received.clear()
            self._is_decoding = False
            del claims["take"]
            if self._protocol.is_draining:
                self.leave()
        except BaseException as error:
            # While nothing is decoded, or decrypted, an exception from outside does no harm.
            if not self._is_decoding and self._stream.is_plaintext and claims.get("take") is token:
                del claims["take"]
            self._sections.leave("take", token, error)
            raise
        return True

    def _stand_by(self) -> bool:
        """Wait a moment for the thread that takes what comes."""
        self._sections.check(thorough=False)
        if self._protocol.closed or self._protocol.closing:
            deliver(self._protocol, self._protocol.fail_all())
        time.sleep(_PAUSE_S)
        return True

    def _fill(self, whole: bool) -> bool:
        """Receive into the memory that the codec offers for the rest of a large message."""
        view = self._protocol.get_buffer()
        if view is None:  # another thread was here
            return False
        self._is_decoding = True
        try:
            count = self._stream.read_into(view, whole=whole)
        except BlockingIOError as error:
            if error.errno is None:  # none of the system's
                raise
            self._is_decoding = False
            return False  # another thread has taken it
        if count:
            deliver(self._protocol, self._protocol.take_filled(count))
            if self._protocol.is_draining:
                self.leave()
        else:
            self._received.append(b"")
        return True

    def fail(self, error: OSError) -> None:
        """End all calls: nothing can be read any more."""
        reraise_interrupt(error)
        self._received.clear()
        deliver(self._protocol, self._protocol.fail_all(f"reading response: {error}"))

    def _poll(self, events: int, seconds: float) -> int:
        descriptor = self._stream.fileno()
        if descriptor < 0:  # another thread has closed it
            error = OSError(errno.EBADF, os.strerror(errno.EBADF))
            deliver(self._protocol, self._protocol.fail_all(f"reading response: {error}"))
            return 0
        poll = select.poll()
        poll.register(descriptor, events)
        if self._claims:
            self._sections.check(thorough=False)
        ready = poll.poll(seconds * 1000)
        return ready[0][1] if ready else 0


def deliver(protocol: ClientProtocol[Call[Any]], completions: list[Completion[Call[Any]]]) -> None:
    """End calls, and only then forget them; see `ClientProtocol.take`."""
    for each in completions:
        each.waiter._finish(each.reply, each.error, each.metadata)
    protocol.forget_all(completions)
