"""`RequestWriter`: the combining writer of the threads that share a client."""

from __future__ import annotations

from _thread import get_ident
from collections import deque
from collections.abc import Callable, Sequence, Sized
from itertools import count
from typing import Any, Final

from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import DisconnectedError, RpcError, ShutdownError
from rpcgen.method import Method
from rpcgen.net import clock
from rpcgen.protocol import ClientProtocol
from rpcgen.protocol.client import CANCEL
from rpcgen.protocol.codec import described_types

from .call import Call
from .sections import Sections, Token
from .stream import Stream

__all__ = ["STALL_S", "RequestWriter"]

STALL_S: Final = 0.005
"""Maximum time in seconds that a thread waits in the system for room, and sees nothing else."""

# Maximum number of buffers in one system call; systems allow 1024 or more.
_MAX_PIECES: Final = 256


class _Doubtful:
    """A length that is another one each time: of what may have changed."""

    def __len__(self) -> int:
        return next(_numbers)


_numbers: Final = count()


class RequestWriter:
    """Combining writer: sends requests, each whole, in the order in which they were encoded.

    A thread that finds another one sending leaves its request in the queue:
    while that one is in the system, which lets the others run, these make the
    next batch. Where many threads share a connection, that saves a third of a
    call. What the connection does not take at once stays in the queue, too, and
    ``is_blocked`` says that somebody has to wait for room and `flush` then.

    Args:
        protocol: What numbers and encodes the calls.
        stream: Where requests go.
        sections: The claims on the client's state.
        receive_rest: Deals with what had come before the connection has failed.
    """

    def __init__(
        self,
        protocol: ClientProtocol[Call[Any]],
        stream: Stream,
        sections: Sections,
        receive_rest: Callable[[], None],
    ) -> None:
        self._protocol = protocol
        self._receive_rest = receive_rest
        self._encode_parts = protocol.encode_parts
        self._stream = stream
        self._sections = sections
        self._claims = sections.claims
        # The types that the stream has described: an encoder that does not tell is in doubt.
        described = described_types(protocol.codec)
        self._described: Sized = _Doubtful() if described is None else described
        # Bytes to be sent: added to in the section `encode`, taken from in the section `send`.
        self._queue: deque[bytes | memoryview] = deque()
        # The calls that the queue has something of, or had since it was last empty.
        self._unsent: dict[int, Call[Any]] = {}
        # Bytes put into the queue, and taken out of it: either is counted in one section alone.
        self._enqueued_count = 0
        self._sent_count = 0
        self.is_blocked = False
        # Why the connection takes nothing any more, empty while it does.
        self._loss = ""
        # Numbers of calls of which the server is to be told that nobody waits for them.
        self._to_cancel: deque[int] = deque()

    @property
    def sent(self) -> int:
        """Number of bytes that were sent from the queue: it grows while the server reads."""
        return self._sent_count

    @property
    def queued(self) -> int:
        """Number of bytes that wait to be sent."""
        return self._enqueued_count - self._sent_count

    def send(self, call: Call[Any], method: Method[Any, Any], args: object) -> None:
        """Encode a request and send what the connection takes at once, or leave it all.

        A call whose request cannot be encoded or sent is over.
        """
        claims, token, seq = self._claims, [get_ident()], call._seq
        described, wire_data, sent = -1, b"", []
        try:
            if claims.setdefault("encode", token) is not token:
                self._sections.enter("encode", token)
            described = len(self._described)
            try:
                parts = self._encode_parts(seq, method, args, call._settings)
            except Exception as error:
                reraise_interrupt(error)
                del claims["encode"]
                if self._to_cancel:
                    self._send_cancels()
                self._refuse(seq, call, error)
                return
            if self._queue or len(parts) > 1 or claims.setdefault("send", token) is not token:
                sent.append(-1)
                self._enqueue(parts, seq, call)
                del claims["encode"]
            else:
                # Nearly every message is small, and goes out whole: so it is not even queued.
                wire_data = self._stream.encrypt(parts[0])
                del claims["encode"]
                self._send_now(wire_data, sent, call)
                del claims["send"]
        except BaseException as error:
            self._recover(token, described, wire_data, sent, call)
            self._sections.leave("encode", token, error)
            self._sections.leave("send", token, error)
            self._protocol.weaken(seq)  # it may never have been sent
            raise
        # A thread that is in the sections looks at these after leaving them.
        if self._queue and "send" not in claims:
            self.flush()
        if self._to_cancel:
            self._send_cancels()

    def cancel(self, seq: int) -> None:
        """Tell the server that nobody waits for a call any more; `NOTICE_SEQ`: send a ping.

        Never waits: a thread that encodes a request does this after it.
        """
        self._to_cancel.append(seq)
        self._send_cancels()

    def _send_cancels(self) -> None:
        claims, token = self._claims, [get_ident()]
        try:
            while self._to_cancel and claims.setdefault("encode", token) is token:
                self._enqueue_cancels()
                del claims["encode"]
        except BaseException as error:
            self._sections.leave("encode", token, error)
            raise
        if self._queue and "send" not in claims:
            self.flush()

    def _enqueue_cancels(self) -> None:
        protocol = self._protocol
        while self._to_cancel:
            cancel = protocol.begin_cancel(self._to_cancel.popleft())
            if cancel is not None:
                seq, args = cancel
                for part in self._encode_parts(seq, CANCEL, args):
                    self._append(part)

    def flush(self, *, wait: bool = False) -> None:
        """Send what the connection takes at once, unless another thread does.

        Args:
            wait: Wait up to `STALL_S` for room, each time that there is none.
        """
        claims, token = self._claims, [get_ident()]
        try:
            # Looked at again after leaving the section: another thread may have put more there
            # and gone, relying on this one.
            while self._queue and claims.setdefault("send", token) is token:
                self.is_blocked = not self._send_queue(wait)
                del claims["send"]
                if self._loss:
                    self._end_unsent()
                if self.is_blocked:
                    return
        except BaseException as error:
            self._sections.leave("send", token, error)
            raise

    def flush_alone(self, deadline: float | None = None) -> None:
        """Send what is left, as long as nothing comes that would have to be read.

        The system waits for room meanwhile, which is faster than to be told of
        each piece of it. It is no more than a guess that the server reads: it
        may be busy with the reply to a call that was given up, and read no
        further before that is taken. So no wait is longer than `STALL_S`, and
        what comes ends this.

        Args:
            deadline: Time of `rpcgen.net.clock` at which this ends, in seconds; None: none.
        """
        while self.is_blocked and self._is_alone() and self._stream.set_send_timeout(STALL_S):
            if self._stream.is_readable() or (
                deadline is not None and clock.monotonic() >= deadline
            ):
                return
            self.flush(wait=True)

    def _is_alone(self) -> bool:
        return self._protocol.expects_one and "send" not in self._claims

    def forget(self, seq: int) -> None:
        """Drop the reference to a call that was given up; its request is sent nevertheless."""
        self._unsent.pop(seq, None)

    def discard(self) -> None:
        """Drop the queue of a connection that is closed, which no thread sends on."""
        self._queue.clear()
        self._unsent.clear()
        self.is_blocked = False

    def _enqueue(self, parts: Sequence[bytes], seq: int, call: Call[Any]) -> None:
        self._unsent[seq] = call
        for part in parts:
            self._append(part)

    def _append(self, part: bytes) -> None:
        wire_data = self._stream.encrypt(part)
        self._enqueued_count += len(wire_data)
        self._queue.append(wire_data)

    def _send_now(self, wire_data: bytes, sent: list[int], call: Call[Any]) -> None:
        """Send a request, and put what does not go at once in front of the queue.

        ``sent`` gets the number of bytes that have gone.
        """
        try:
            self._stream.send_nowait(wire_data, sent)
        except BlockingIOError as error:
            if error.errno is None:  # none of the system's
                raise
            sent.append(0)
        except OSError as error:
            self.fail(error, unstarted=call)
            return
        if sent[0] < len(wire_data):
            self.enqueue_first(wire_data, sent[0], call)

    def enqueue_first(self, wire_data: bytes, sent: int, call: Call[Any]) -> None:
        """Put what did not go of a request in front of the queue; in the section `send`."""
        rest = memoryview(wire_data)[sent:]
        # In front of what other threads may have put there by now.
        self._unsent[call._seq] = call
        self._sent_count -= len(rest)
        self._queue.appendleft(rest)
        self.is_blocked = True

    def _recover(
        self, token: Token, described: int, wire_data: bytes, sent: list[int], call: Call[Any]
    ) -> None:
        """Leave the sections of `send` after an exception, if the stream is still in step.

        It is if the request was not encoded, or described no type; and if it is
        known to have gone, or not to have.

        Args:
            token: That of the sections.
            described: The number of types that were described before.
            wire_data: The request as it goes on the wire, once it is encoded.
            sent: The number of bytes that have gone, if it was tried to send any.
            call: The call.
        """
        claims = self._claims
        if claims.get("encode") is token:
            if not sent and described == len(self._described) and self._stream.is_plaintext:
                if claims.get("send") is token:
                    del claims["send"]
                del claims["encode"]
        elif claims.get("send") is token:
            if not sent:
                self.enqueue_first(wire_data, 0, call)
            elif sent[0] != len(wire_data):
                return
            del claims["send"]

    def _send_queue(self, wait: bool) -> bool:
        """Send from the queue and return whether it is empty."""
        if self._loss:
            return True
        queue, stream = self._queue, self._stream
        try:
            while size := len(queue):
                if size == 1:
                    sent = stream.send(queue[0], wait)
                else:
                    pieces = [queue[i] for i in range(min(size, _MAX_PIECES))]
                    sent = stream.sendmsg(pieces, wait)
                self._drop(sent)
                wait = False
        except BlockingIOError as error:
            if error.errno is None:
                raise
            return False
        except OSError as error:
            self.fail(error)
            return True
        self._unsent.clear()
        return True

    def _drop(self, sent: int) -> None:
        queue = self._queue
        self._sent_count += sent
        while queue:
            size = len(queue[0])
            if sent < size:
                if sent:
                    queue[0] = memoryview(queue[0])[sent:]
                return
            queue.popleft()
            sent -= size

    def fail(self, error: OSError, unstarted: Call[Any] | None = None) -> None:
        """Deal with a connection that takes nothing any more.

        Args:
            error: What the system has said.
            unstarted: The call of whose request it has certainly taken nothing.
        """
        reraise_interrupt(error)
        self._loss = f"writing request: {error}"
        self._protocol.stop(self._loss)
        if unstarted is not None:
            self._lose(unstarted, started=False)
        self._stream.shutdown()  # other calls get the replies that are here, and then the end

    def _end_unsent(self) -> None:
        """End the calls that wait to be sent, once the connection has failed; in no section.

        The server may have said, before it hung up, that it will not begin them.
        """
        self._receive_rest()
        for call in tuple(self._unsent.values()):
            self._lose(call)
        self._unsent.clear()
        self._queue.clear()

    def _lose(self, call: Call[Any], *, started: bool | None = None) -> None:
        # Where `close` has shut the connection down, that is why it takes no more.
        closed = self._protocol.closing
        failure = ShutdownError() if closed else DisconnectedError(self._loss)
        if started is not None:
            failure.started = started
        call._finish(None, failure)
        self._protocol.forget(call._seq)

    def _refuse(self, seq: int, call: Call[Any], error: Exception) -> None:
        self._protocol.forget(seq)
        if not isinstance(error, RpcError):
            raise error  # of a codec of the user's own
        call._finish(None, error)
