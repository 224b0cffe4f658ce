"""`Call`: one call that is under way, or over."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from rpcgen.errors import CallTimeoutError, RpcError
from rpcgen.protocol import DONE_CAPACITY, DoneQueue

from .turns import wake

if TYPE_CHECKING:
    from .client import Client

__all__ = ["Call"]

Res = TypeVar("Res")


class Call(Generic[Res]):
    """One call: what was asked, and once it is ``over``, the reply or the error.

    Made by `Client.go`. Mirrors ``rpc.Call``.
    """

    __slots__ = (
        "__weakref__",
        "_client",
        "_done",
        "args",
        "error",
        "latches",
        "over",
        "reply",
        "service_method",
    )

    def __init__(
        self,
        client: Client,
        service_method: str,
        args: object,
        done: DoneQueue[Call[Res]] | None = None,
    ) -> None:
        self.service_method = service_method
        self.args = args
        self.reply: Res | None = None
        self.error: RpcError | None = None
        self.over = False
        self.latches: list[threading.Lock] = []
        self._client = client
        self._done = done
        if done is not None:
            client._read_in_background()

    def __repr__(self) -> str:
        state = "over" if self.over else "pending"
        return f"<Call {self.service_method} {state}>"

    @property
    def done(self) -> queue.Queue[Call[Res]]:
        """The queue that receives this call, once, when it is over.

        The one given to `Client.go`, or else one of its own with room for 10.
        """
        with self._client._done_lock:
            if self._done is None:
                self._done = queue.Queue(DONE_CAPACITY)
                if self.over:
                    self._done.put_nowait(self)
        if not self.over:
            self._client._read_in_background()
        return cast("queue.Queue[Call[Res]]", self._done)

    def result(self, timeout: float | None = None) -> Res:
        """Wait for the reply and return it.

        ``timeout`` is in seconds. Raises `CallTimeoutError` when it runs out:
        the call goes on, and can be waited for again. Raises `ServerError`
        with the text that the method answered with, `EncodeError` or
        `DecodeError` for arguments or a reply that do not fit their schema,
        `ShutdownError` or `DisconnectedError` for a connection that is gone.
        """
        if not self.over and not self._client._wait(self, timeout):
            raise CallTimeoutError(f"{self.service_method}: no reply within {timeout} s")
        if self.error is not None:
            raise self.error
        return cast("Res", self.reply)

    def _finish(self, reply: Any, error: RpcError | None) -> None:
        """Take the outcome and tell everybody who waits for it."""
        self.reply = reply
        self.error = error
        with self._client._done_lock:
            self.over = True
            if self._done is not None:
                self._tell(self._done)
        if self.latches:
            wake(self)

    def _tell(self, done: DoneQueue[Call[Res]]) -> None:
        try:
            done.put_nowait(self)
        except queue.Full:
            pass  # as in Go, whose client never waits for room either
        except Exception:  # of a queue that takes no more, whose fault is no other call's
            import logging  # which a client does without as a rule

            logging.getLogger("rpcgen.client").exception("%s: the done queue", self.service_method)
