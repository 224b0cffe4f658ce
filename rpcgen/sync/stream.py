"""`Stream`: a connected socket, with TLS on it or not."""

from __future__ import annotations

import _socket
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from rpcgen._interrupts import reraise_interrupt
from rpcgen.net.sockets import make_peer, peer_address, peer_name

if TYPE_CHECKING:
    import ssl

    from rpcgen.protocol import Peer

__all__ = ["READ_SIZE", "Stream", "wrap_tls"]

READ_SIZE: Final = 65536
"""Number of bytes to read at once. Larger reads are slower: each allocates a buffer of as many."""

# Arguments for a single call of recv.
_READ_SIZES = (READ_SIZE,)
_NO_WAIT = (socket.MSG_DONTWAIT,)

# A time as the system has it: seconds and microseconds.
_TIMEVAL = struct.Struct("@ll")


class Stream:
    """A connected socket. One thread may read while another writes.

    Args:
        connection: The socket.
        tls: The encryption, None for plaintext.
        pushback: Bytes that were read from the socket before, for the next `read`.
    """

    def __init__(
        self, connection: socket.socket, tls: _Tls | None = None, pushback: bytes = b""
    ) -> None:
        self._socket = connection
        self._tls = tls
        self._pushback = pushback
        self._has_send_timeout = False

    def fileno(self) -> int:
        """Return the socket's file descriptor, for `select.poll`."""
        return self._socket.fileno()

    def plain_descriptor(self) -> int | None:
        """Return the descriptor by which alone can be sent and received, None where that is more.

        The socket is the system's then, not that of gevent or a test, without encryption, and all
        that has come is in it.
        """
        if type(self) is not Stream or type(self._socket) is not socket.socket:
            return None
        is_plain = isinstance(self._socket, _socket.socket)
        return self._socket.fileno() if is_plain and self.is_plaintext else None

    def peer(self) -> object:
        """Return what the system calls the other side, None where there is none any more."""
        return peer_address(self._socket)

    def peer_name(self, place: object) -> str:
        """Return how the log calls the other side, of which `peer` gave ``place``."""
        return peer_name(place, self._socket)

    def make_peer(self, place: object, headers: Mapping[str, str]) -> Peer:
        """Return the other side, of which `peer` gave ``place``, as handlers see it."""
        certificate = None if self._tls is None else self._tls.certificate()
        return make_peer(place, self._socket, certificate, headers)

    @property
    def has_buffered(self) -> bool:
        """True while `read` gives something that the socket knows nothing of."""
        return bool(self._pushback)

    def read(self) -> bytes:
        """Wait for bytes and return them; empty at the end.

        Raises `OSError`, of which `BlockingIOError` says that a timeout of 0 is over.
        """
        if self._pushback:
            data, self._pushback = self._pushback, b""
            return data
        while True:
            data = self._socket.recv(READ_SIZE)
            if self._tls is None or not data:
                return data
            data = self._tls.decrypt(data)
            if data:
                return data

    @property
    def is_plaintext(self) -> bool:
        """True if the next bytes are those of the socket, so that `read_into` can be used."""
        return self._tls is None and not self._pushback

    def receiver(self) -> Callable[[int], bytes] | None:
        """Return what `read` comes to where there is only a socket, else None."""
        return self._socket.recv if self.is_plaintext and type(self) is Stream else None

    def sender(self) -> Callable[[bytes | memoryview, int], int] | None:
        """Return what `send` comes to where there is only a socket, else None."""
        return self._socket.send if self._tls is None and type(self) is Stream else None

    def read_into(self, view: memoryview, *, whole: bool = False) -> int:
        """Read into memory and return how many bytes came, 0 at the end; see `read`.

        ``whole``: wait until it is full, however long that takes; else it does
        not wait, and raises `BlockingIOError` if there is nothing.
        """
        how = socket.MSG_WAITALL if whole else socket.MSG_DONTWAIT
        return self._socket.recv_into(view, 0, how)

    def receive_nowait(self, received: list[bytes]) -> bool | None:
        """Append what has come, which is empty at the end, and return True, or None if nothing has.

        Receiving and appending are one step for Python: no exception comes in
        between, so nothing is lost. Raises `OSError`.
        """
        if self._pushback:
            received.append(self.read())
            return True
        try:
            received.extend(map(self._socket.recv, _READ_SIZES, _NO_WAIT))
        except BlockingIOError as error:
            if error.errno is None:  # none of the system's
                raise
            return None
        data = received[-1]
        if self._tls is None or not data:
            return True
        received[-1] = self._tls.decrypt(data)
        if received[-1]:
            return True
        received.pop()  # TLS can have something to say that is no data
        return None

    def push_back(self, data: bytes) -> None:
        """Put bytes back that were read too many: the next `read` gives them first."""
        self._pushback = data + self._pushback

    def set_timeout(self, seconds: float | None) -> None:
        """Bound how long each `read` and `send_all` may take.

        None lets them take for ever, and 0 lets them not wait at all.
        """
        self._socket.settimeout(seconds)

    def encrypt(self, data: bytes) -> bytes:
        """Return what must be sent for ``data`` to arrive, in the order of the calls."""
        return data if self._tls is None else self._tls.encrypt(data)

    def send(self, wire_data: bytes | memoryview, wait: bool = False) -> int:
        """Send what can be sent without waiting, or else all; return how much that was.

        Raises `BlockingIOError` if that is nothing, and `OSError`.
        """
        return self._socket.send(wire_data, 0 if wait else socket.MSG_DONTWAIT)

    def send_nowait(self, wire_data: bytes, sent: list[int]) -> None:
        """Send what can be sent without waiting, and append how much that was; see `send`.

        Sending and appending are one step for Python: no exception comes in between.
        """
        sent.extend(map(self._socket.send, (wire_data,), _NO_WAIT))

    def sendmsg(self, wire_data: Sequence[bytes | memoryview], wait: bool = False) -> int:
        """Send several pieces, one after the other; see `send`."""
        return self._socket.sendmsg(wire_data, (), 0 if wait else socket.MSG_DONTWAIT)

    def set_send_timeout(self, seconds: float) -> bool:
        """Let `send`, where it waits, do so for less than a second; say whether the system can.

        It then raises `BlockingIOError`, or returns how much was sent until then.
        """
        if not self._has_send_timeout:
            time_value = _TIMEVAL.pack(0, int(seconds * 1_000_000))
            try:
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, time_value)
            except OSError as error:
                reraise_interrupt(error)
                return False
            self._has_send_timeout = True
        return True

    def is_readable(self) -> bool:
        """Return whether something has come, or the end, or the socket is closed."""
        descriptor = self._socket.fileno()
        if descriptor < 0:
            return True
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(0))

    def send_all(self, wire_data: bytes) -> None:
        """Send everything, however long that takes. Raises `OSError`."""
        self._socket.sendall(wire_data)

    def shutdown(self, how: int = socket.SHUT_RDWR) -> None:
        """End one or both directions; wakes the threads that wait there."""
        try:
            self._socket.shutdown(how)
        except OSError as error:
            reraise_interrupt(error)
            # Else the other side was faster.

    def close(self) -> None:
        """Give the socket back. No other thread may be using it."""
        self._socket.close()


def wrap_tls(
    connection: socket.socket,
    context: ssl.SSLContext,
    *,
    server_hostname: str | None,
    deadline: float | None = None,
) -> Stream:
    """Shake hands and return the encrypted stream; without a host name, as the server.

    Args:
        connection: A connected socket.
        context: How to encrypt, and whom to trust.
        server_hostname: The name that the server's certificate must have.
        deadline: When the handshake must be over, in seconds of
            `time.monotonic`; None leaves each step the socket's timeout.

    Raises:
        OSError: It has failed, or took too long; `ssl.SSLError` is one.
    """
    tls = _Tls(context, server_hostname)
    while not tls.do_handshake():
        if deadline is not None:
            set_deadline(connection, deadline)
        connection.sendall(tls.outgoing())
        data = connection.recv(READ_SIZE)
        if not data:
            raise ConnectionResetError("the connection ended during the TLS handshake")
        tls.incoming(data)
    connection.sendall(tls.outgoing())
    return Stream(connection, tls, pushback=tls.decrypt(b""))


def set_deadline(connection: socket.socket, deadline: float | None) -> None:
    """Let the next step take no longer than until the deadline, in seconds of `time.monotonic`.

    None lets it take forever. Raises `TimeoutError` if the deadline has passed.
    """
    if deadline is None:
        connection.settimeout(None)
        return
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    connection.settimeout(left)


class _Tls:
    """Encryption without I/O, so that no thread holds the lock while it waits for a socket."""

    def __init__(self, context: ssl.SSLContext, server_hostname: str | None) -> None:
        import ssl  # lazy: plaintext connections never need it

        self._error = ssl.SSLError
        self._want_read = ssl.SSLWantReadError
        self._zero_return = ssl.SSLZeroReturnError
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(
            self._incoming,
            self._outgoing,
            server_side=server_hostname is None,
            server_hostname=server_hostname,
        )
        # Guards the three above, which are not made for two threads. A signal handler or a
        # finalizer may come in between two steps and encrypt, which does no harm.
        self._lock = threading.RLock()
        self._encrypted = 0  # how often that was

    def certificate(self) -> Mapping[str, object] | None:
        """Return what the other side's certificate says, if it had to show one."""
        with self._lock:
            return self._object.getpeercert()

    def do_handshake(self) -> bool:
        """Take the next step of the handshake; True if it is done. Raises `ssl.SSLError`."""
        try:
            self._object.do_handshake()
        except self._want_read:
            return False
        return True

    def incoming(self, data: bytes) -> None:
        """Take bytes from the other side."""
        self._incoming.write(data)

    def outgoing(self) -> bytes:
        """Return bytes for the other side."""
        return self._outgoing.read()

    def encrypt(self, data: bytes) -> bytes:
        """Return the records for ``data``, after whatever TLS itself has to say."""
        with self._lock:
            self._encrypted += 1
            self._object.write(data)
            return self._outgoing.read()

    def decrypt(self, data: bytes) -> bytes:
        """Return everything that can be read by now. Raises `ssl.SSLError`."""
        pieces = list[bytes]()
        with self._lock:
            self._incoming.write(data)
            while self._read(pieces):
                pass
        return b"".join(pieces)

    def _read(self, pieces: list[bytes]) -> bool:
        """Add what can be read by now; True if it is not known whether that was all."""
        encrypted = self._encrypted
        try:
            while piece := self._object.read(READ_SIZE):
                pieces.append(piece)
        except (self._want_read, self._zero_return):
            pass  # buffer drained, or close_notify received: EOF follows
        except self._error:
            # Python runs signal handlers inside of `read`; what OpenSSL last said is then said
            # of what the handler has encrypted, and no error of ours.
            if encrypted == self._encrypted:
                raise
            return True
        return False
