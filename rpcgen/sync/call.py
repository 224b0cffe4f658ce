"""`Call`: one call, pending or done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

from rpcgen._interrupts import is_interrupt, reraise_interrupt
from rpcgen.errors import CallCancelledError, CallTimeoutError, RpcError
from rpcgen.protocol import DONE_CAPACITY, DoneQueue
from rpcgen.protocol.call_options import NO_METADATA, NO_OPTIONS, CallSettings

from .leader_follower import Releasable, notify

if TYPE_CHECKING:
    import queue

__all__ = ["Call", "CallDriver"]

Res = TypeVar("Res")


class CallDriver(Protocol):
    """Driver of a call: the client that has made it; private to the package."""

    def _wait(self, call: Call[Any], timeout: float | None) -> None:
        """Wait until a call is done, or for so many seconds."""
        ...

    def _read_in_background(self) -> None:
        """See to it that replies are read though nobody waits for them."""
        ...

    def _give_up(self, call: Call[Any]) -> None:
        """See to it that no trace of a call outlives it: nobody may wait for it any more."""
        ...

    def _cancel(self, call: Call[Any], error: RpcError) -> None:
        """End a call with an error, unless it is over, and tell the server."""
        ...


class Call(Generic[Res]):
    """One call: what was asked, and once it is done, the reply or the error.

    Made by `Client.go`. Mirrors ``rpc.Call``.
    """

    __slots__ = (
        "__weakref__",
        "_driver",
        "_is_done",
        "_outcomes",
        "_seq",
        "_settings",
        "_waiters",
        "args",
        "error",
        "reply",
        "service_method",
    )

    def __init__(
        self,
        driver: CallDriver,
        service_method: str,
        args: object,
        done: DoneQueue[Call[Res]] | None = None,
        settings: CallSettings = NO_OPTIONS,
    ) -> None:
        self.service_method = service_method
        self.args = args
        self.reply: Res | None = None
        self.error: RpcError | None = None
        self._is_done = False
        self._waiters: list[Releasable] = []
        self._driver = driver
        self._settings = settings
        self._seq = -1
        # The reply, the error and the metadata, first of all those that this call was told:
        # adding one is a single step, so two threads agree which is the first.
        self._outcomes: list[tuple[Any, RpcError | None, Mapping[str, str]]] = []
        if done is not None:
            self._waiters.append(_Done(done, self))
            driver._read_in_background()

    def __repr__(self) -> str:
        state = "done" if self._is_done else "pending"
        return f"<Call {self.service_method} {state}>"

    def is_done(self) -> bool:
        """Return True once the call has its outcome: ``reply`` or ``error`` is final."""
        return self._is_done

    @property
    def done(self) -> queue.Queue[Call[Res]]:
        """The queue that receives this call, once, when it is done.

        The one given to `Client.go`, or else one of its own with room for 10. Where signal
        handlers raise exceptions, give `Client.go` a `queue.SimpleQueue`: one that is raised
        inside of a `queue.Queue` leaves that locked, for the client too.
        """
        if self._told() is None:
            import queue  # lazy, here and below: few calls have one

            self._waiters.append(_Done(queue.Queue(DONE_CAPACITY), self))
        done = self._told()  # another thread may have been faster
        assert done is not None
        if self._is_done:
            done.release()
        else:
            self._driver._read_in_background()
        return cast("queue.Queue[Call[Res]]", done.queue)

    @property
    def metadata(self) -> Mapping[str, str]:
        """Metadata that the server has sent with the reply or the error; empty while pending."""
        return self._outcomes[0][2] if self._is_done else {}

    def cancel(self) -> bool:
        """Give the call up: it ends with `CallCancelledError`, and the server is told.

        A server that knows nothing of cancellation carries it out nevertheless. A signal handler
        or a finalizer may call this.

        Returns:
            True if that is how the call has ended, False if it was over before.
        """
        if self._is_done:
            return False
        error = CallCancelledError(f"{self.service_method}: cancelled by its caller")
        self._driver._cancel(self, error)
        return self.error is error

    def result(self, timeout: float | None = None) -> Res:
        """Wait for the reply and return it.

        Args:
            timeout: The longest time in seconds to wait, also for the request to
                be sent; None waits for ever.

        Raises:
            CallTimeoutError: There was no reply in time. The call goes on and can
                be waited for again, as long as somebody holds it.
            DeadlineExceededError: The call was not over at its deadline, see `CallOptions`; it is
                given up, and the server is told.
            CallCancelledError: `cancel` was called.
            ServerError: The method answered with an error, whose text this is; or the subclass
                that the method declares for it.
            EncodeError: The arguments do not fit their schema.
            DecodeError: The reply does not fit its schema.
            ShutdownError: The client was closed.
            DisconnectedError: The connection has ended.
            RpcError: So many bytes wait to be sent that `go` took no more; or a
                signal handler or finalizer that has interrupted this client in
                the same thread, in the middle of a step, would have to wait.
        """
        if not self._is_done:
            try:
                self._driver._wait(self, timeout)
            finally:
                if not self._outcomes and self._told() is None:
                    self._driver._give_up(self)
            if not self._is_done:
                raise CallTimeoutError(f"{self.service_method}: no reply within {timeout} s")
        if self.error is not None:
            raise self.error
        return self.reply  # type: ignore[return-value]  # `cast` would be one more function

    def _finish(
        self, reply: Any, error: RpcError | None, metadata: Mapping[str, str] = NO_METADATA
    ) -> None:
        """Take the outcome, unless there is one, and tell everybody who waits for it.

        May be called again, by several threads too, and goes on then where an
        exception has ended it.
        """
        outcomes = self._outcomes
        outcomes.append((reply, error, metadata))
        self.reply, self.error, _ = outcomes[0]
        self._is_done = True
        if self._waiters:
            notify(self)

    def _told(self) -> _Done | None:
        """Return what tells the queue, if there is one."""
        for waiter in tuple(self._waiters):
            if isinstance(waiter, _Done):
                return waiter
        return None


class _Done:
    """Puts a call that is done into its queue, once."""

    def __init__(self, done: DoneQueue[Any], call: Call[Any]) -> None:
        import queue  # noqa: F401  # here, and not where the queue turns out to be full

        self.queue = done
        # The call until it is told.
        self._calls = [call]

    def release(self) -> None:
        try:
            call = self._calls.pop()
        except IndexError as error:
            reraise_interrupt(error)
            return
        try:
            self.queue.put_nowait(call)
        except BaseException as error:
            if is_interrupt(error):
                self._calls.append(call)  # nobody knows whether it is there
                raise
            import queue

            if isinstance(error, queue.Full):
                return  # as in Go, whose client never waits for room either
            # Of a queue that takes no more, whose fault is no other call's.
            # And with it `logging`, which a client does without as a rule.
            from rpcgen.logs import client_log

            client_log.exception("%s: the done queue", call.service_method)
