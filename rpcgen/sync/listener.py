"""`Listener`: takes connections. Mirrors ``net.Listener``."""

from __future__ import annotations

import errno
import os
import select
import socket
import threading
import time
import weakref
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from rpcgen.net.sockets import check_context, open_listener, prepare_connection

from . import _fork
from .latch import LONGEST_SLEEP_S

if TYPE_CHECKING:
    import ssl

    from rpcgen.protocol import CodecOptions

__all__ = ["Listener"]

# Number of times `close` looks whether threads have left the socket alone, and its pauses.
_LOOKS: Final = 100
_PAUSE_S: Final = 0.001

# Maximum wait in milliseconds of the main thread; other threads have no signals to notice.
_LONGEST_POLL_MS: Final = int(1000 * LONGEST_SLEEP_S)


class Listener:
    """A socket that takes connections.

    Its ``address`` is what it is bound to, as `dial` wants it. A context manager
    that closes it. After a fork, each process accepts and closes for itself.

    Args:
        address: Address such as ``tcp://127.0.0.1:0`` or ``unix:///run/my.sock``, or a socket
            that listens already.
        tls: Context that ``tls://`` and ``https://`` need.
        borrowed: True for a socket that stays the caller's, and is not closed.

    Raises:
        DialError: The address cannot be had.
    """

    def __init__(
        self,
        address: str | socket.socket,
        tls: ssl.SSLContext | None = None,
        *,
        borrowed: bool = False,
    ) -> None:
        check_context(tls)
        self._listening = open_listener(address, has_tls=tls is not None, borrowed=borrowed)
        # Not for this process alone: others, who share it, may be faster to accept.
        self._listening.sock.setblocking(False)
        self.bound = self._listening.address
        self.address = str(self.bound)
        self.tls = tls
        # Options by which arguments are read on its connections.
        self.codec_options: CodecOptions = {}
        self._closed = False
        # Held while the socket is accepted from or closed, for a moment: so that no thread accepts
        # from a descriptor that is something else by now. A signal handler may close it.
        self._lock = threading.RLock()
        self._waker: _Waker | None = None
        # One for each thread that polls the socket: to add and to remove one is a single step.
        self._pollers: list[None] = []

    def __repr__(self) -> str:
        return f"<Listener {self.address}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def closed(self) -> bool:
        """True once `close` was called."""
        return self._closed

    @property
    def needs_handshake(self) -> bool:
        """True if a connection begins with a TLS handshake."""
        return self.tls is not None

    def accept(self) -> socket.socket:
        """Wait for a connection.

        Returns:
            The connection.

        Raises:
            OSError: The listener is closed, or of no use.
        """
        while True:
            connection = self._accept()
            try:
                prepare_connection(connection)
            except OSError:  # some systems say so where the client has gone again
                connection.close()
                continue
            return connection

    def _accept(self) -> socket.socket:
        ready = select.poll()
        with self._lock:
            self._check_open()
            waker = self._wakened()
            ready.register(self._listening.sock, select.POLLIN)
            ready.register(waker.woken, select.POLLIN)
        while True:
            self._poll(ready)
            with self._lock:
                self._check_open()
                try:
                    return self._listening.sock.accept()[0]
                except BlockingIOError:
                    pass  # another thread or process was faster

    def _poll(self, ready: select.poll) -> None:
        is_main = threading.get_ident() == threading.main_thread().ident
        pollers = self._pollers
        pollers.append(None)
        try:
            ready.poll(_LONGEST_POLL_MS if is_main else None)
        finally:
            pollers.pop()

    def close(self) -> None:
        """Take no more connections; a thread in `accept` wakes up.

        Processes that share the socket go on. The file of a unix socket is
        removed by the process that has made it, once nobody accepts there.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if self._waker is not None and self._waker.fork_generation == _fork.generation:
                self._waker.wake()
        self._wait_for_pollers()
        self._listening.close()

    def remove_file(self) -> None:
        """Remove the file of a unix socket, after `close`, once other processes have closed too."""
        self._listening.remove_file()

    def _wait_for_pollers(self) -> None:
        """Wait until no thread polls the socket: clients can connect as long as one does.

        Not for long: the thread may be the one that a signal handler has interrupted.
        """
        for _ in range(_LOOKS):
            if not self._pollers:
                return
            time.sleep(_PAUSE_S)

    def renew_lock(self) -> None:
        """Make the lock anew, in a child process: nobody there releases it if it is held."""
        self._lock = threading.RLock()
        self._pollers = []

    def _check_open(self) -> None:
        if self._closed:
            raise OSError(errno.EBADF, "the listener is closed")

    def _wakened(self) -> _Waker:
        """Return what wakes the threads of this process, not of the one that it was forked from."""
        if self._waker is None or self._waker.fork_generation != _fork.generation:
            self._waker = _Waker()
        return self._waker


class _Waker:
    """A pipe that `select.poll` can wait for; it is closed when nobody needs it any more."""

    def __init__(self) -> None:
        self.fork_generation = _fork.generation
        self.woken, self._waking = os.pipe()
        for descriptor in self.woken, self._waking:
            # Not when the interpreter ends: threads that accept or close may still use it then.
            weakref.finalize(self, os.close, descriptor).atexit = False

    def wake(self) -> None:
        """Wake everybody who waits, now and from now on."""
        os.write(self._waking, b"\0")
