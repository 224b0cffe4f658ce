"""Sockets of servers and clients: what both APIs need of the operating system."""

from __future__ import annotations

import errno
import os
import socket
import stat
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol, overload

from attrs import evolve

from ._records import ValueRecord
from .errors import DialError
from .protocol import Address, parse_address

__all__ = [
    "BACKLOG",
    "LONGEST_HANDSHAKE",
    "MOST_HANDSHAKES",
    "QUEUE_PAUSE",
    "AcceptErrors",
    "ListeningSocket",
    "check_context",
    "check_is_plain",
    "check_tls",
    "keep_alive",
    "open_listener",
    "peer_name",
    "peer_place",
    "prepare_connection",
    "send_at_once",
]

BACKLOG = 1024
"""How many connections may wait to be accepted."""

LONGEST_HANDSHAKE = 10.0
"""Seconds that a server waits for the whole of a connection's handshake, TLS or HTTP."""

MOST_HANDSHAKES = 256
"""Maximum number of handshakes under way at one server; later connections wait in the backlog."""

QUEUE_PAUSE = 0.01
"""Seconds after which a client tries again where the queue of a unix socket was full."""

# Go's: the first probe after so many seconds of silence, the others as far apart, and so many
# without an answer end the connection.
_KEEP_ALIVE_SECONDS: Final = 15
_KEEP_ALIVE_PROBES: Final = 9

# The listening socket itself is of no use; whatever else accept(2) reports has to do with one
# connection, the network or a shortage, and passes.
_FATAL: Final = {errno.EBADF, errno.EINVAL, errno.ENOTSOCK}

_FIRST_PAUSE: Final = 0.005
_LONGEST_PAUSE: Final = 0.1

# The family does not exist here, or is switched off.
_NO_SUCH_FAMILY: Final = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT}

# Hosts that stand for every address of the machine, as for Go's net.Listen.
_WILDCARDS: Final = {"", "::", "0.0.0.0"}

# How long to wait, in seconds, for another process that opens a socket in the same directory, and
# for one that has bound its socket to listen.
_DIRECTORY_PATIENCE: Final = 1.0
_LISTEN_PATIENCE: Final = 0.02


# What SO_PEERCRED gives: the numbers of a process, its user and its group.
_CREDENTIALS: Final = struct.Struct("3i")


class _HasOptions(Protocol):
    """Sockets, and those that asyncio's transports show."""

    @property
    def family(self) -> int: ...
    def getpeername(self) -> object: ...
    @overload
    def getsockopt(self, level: int, name: int, /) -> int: ...
    @overload
    def getsockopt(self, level: int, name: int, size: int, /) -> bytes: ...
    def setsockopt(self, level: int, name: int, value: int, /) -> None: ...


# The numbers by which a file is known again; not its ctime, which chmod changes.
class _File(ValueRecord):
    device: int
    inode: int
    modified: int


class ListeningSocket:
    """A socket that listens, and what is to be undone when it is closed."""

    def __init__(
        self,
        sock: socket.socket,
        address: Address,
        borrowed: bool = False,
        file: _File | None = None,
        process: int = 0,
        path: str = "",
    ) -> None:
        self.sock = sock
        self.address = address
        """Address at which clients find it."""
        # Whether the socket object is somebody else's, who closes it.
        self._borrowed = borrowed
        # The socket file that this object has made, by which process, and its absolute path.
        self._file = file
        self._process = process
        self._path = path

    def close(self) -> None:
        """Close this process's descriptor, and remove the socket file if this process made it.

        Processes that share the socket, after a fork or as systemd does, go on
        accepting: the socket is not shut down, and the file stays while
        somebody accepts connections there. A borrowed socket is left open.
        """
        if not self._borrowed:
            self.sock.close()
        if self._file is None or self._process != os.getpid():
            return
        if _file_at(self._path) == self._file and not _is_served(self._path):
            _unlink(self._path)


class AcceptErrors:
    """Errors of accept at one listener: which of them end it, and how long the others last."""

    def __init__(self) -> None:
        from .logs import server_log  # and with it logging, which a client does without

        self._log = server_log
        self._in_a_row = 0

    def add(self, error: OSError) -> float:
        """Return after how many seconds to accept again; raise ``error`` if that is of no use.

        The first error since a connection was accepted is logged, the others
        are not: a shortage can last for hours.
        """
        if error.errno in _FATAL:
            self._log.error("rpc.Serve: accept: %s", error)
            raise error
        if not self._in_a_row:
            self._log.error("rpc.Serve: accept: %s; trying again", error)
        self._in_a_row += 1
        return min(_FIRST_PAUSE * 2.0 ** min(self._in_a_row - 1, 10), _LONGEST_PAUSE)

    def clear(self) -> None:
        """Take note that a connection was accepted."""
        self._in_a_row = 0


def check_context(context: object) -> None:
    """Raise `TypeError` for a ``tls`` that is neither None nor an `ssl.SSLContext`."""
    if context is None:
        return
    import ssl  # a plain connection does without

    if not isinstance(context, ssl.SSLContext):
        raise TypeError(f"tls={context!r}: pass an ssl.SSLContext")


def check_tls(address: Address, context: object) -> None:
    """Check that a context to encrypt with is one, and goes with the address.

    Args:
        address: The address to connect to.
        context: The ``tls`` that was passed to `dial`.

    Raises:
        TypeError: ``context`` is no `ssl.SSLContext`.
        ValueError: The address is not encrypted.
    """
    check_context(context)
    if context is not None and not address.tls:
        raise ValueError(f"{address} is not encrypted: write tls:// or https://, or leave out tls=")


def open_listener(
    where: str | socket.socket, *, has_tls: bool, borrowed: bool = False
) -> ListeningSocket:
    """Open a socket that listens.

    Clients can connect from here on, and wait to be accepted.

    Args:
        where: An address, whose port may be 0 for a free one; ``fd://N``, a
            descriptor of a socket that listens already, such as systemd hands
            over from 3 on; or such a socket itself.
        has_tls: Whether there is a context to encrypt with.
        borrowed: Whether a socket that is handed over stays the caller's to close.

    Raises:
        DialError: The address cannot be had, or does not go with ``has_tls``.
        TypeError: The socket is an `ssl.SSLSocket`.
    """
    if isinstance(where, socket.socket):
        return ListeningSocket(where, _adopted(where, has_tls), borrowed)
    if where.startswith("fd://"):
        listening = _socket_of_descriptor(where)
        try:
            return ListeningSocket(listening, _adopted(listening, has_tls))
        except DialError:
            listening.detach()
            raise
    address = parse_address(where)
    if address.tls != has_tls:
        raise DialError(
            f"{address} needs tls=, an ssl.SSLContext with a certificate"
            if address.tls
            else f"{address} is not encrypted: write tls:// or https://, or leave out tls="
        )
    try:
        if address.network == "unix":
            return _listen_unix(address)
        listening = _listen_tcp(address.host, address.port)
    except OSError as error:
        raise DialError(f"cannot listen on {address}: {error}") from error
    return ListeningSocket(listening, _bound(listening, address))


def prepare_connection(connection: _HasOptions) -> None:
    """Set the options that Go sets on a TCP connection; see `send_at_once` and `keep_alive`."""
    send_at_once(connection)
    keep_alive(connection)


def peer_name(place: object, connection: _HasOptions | None) -> str:
    """Return how the log calls the other side of a connection.

    Args:
        place: What ``getpeername`` gave, as long as there was a peer.
        connection: The socket, asked for more where that says nothing.
    """
    if isinstance(place, tuple) and len(place) >= 2:
        host, port = place[:2]
        return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
    return "a local process" if connection is None else _unix_peer(connection)


def peer_place(connection: _HasOptions) -> object:
    """Return what ``getpeername`` gives, None where there is no peer any more."""
    try:
        return connection.getpeername()
    except OSError:
        return None


def _unix_peer(connection: _HasOptions) -> str:
    """Return the process and user at the other end of a unix socket, where the system tells."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return "a local process"
    try:
        credentials = connection.getsockopt(socket.SOL_SOCKET, option, _CREDENTIALS.size)
    except OSError:
        return "a local process"
    process, user, _ = _CREDENTIALS.unpack(credentials)
    return f"process {process} of user {user}"


def send_at_once(connection: _HasOptions) -> None:
    """Let TCP send what it is given at once, as Go has it.

    A message is one write, so there is nothing to gather; without this, one can
    wait 40 ms for the other side to acknowledge the one before.
    """
    if connection.family != socket.AF_UNIX:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def keep_alive(connection: _HasOptions) -> None:
    """Have TCP probe a silent peer, as Go has it: one that has vanished is noticed.

    The first probe goes out after 15 s of silence; 9 without an answer, 15 s
    apart, end the connection. Where it is on already, with times of somebody's
    choice, it stays as it is.
    """
    if connection.family == socket.AF_UNIX:
        return
    if connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE):
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # The names differ between systems, and some have not all of them.
    for name, value in (
        ("TCP_KEEPIDLE", _KEEP_ALIVE_SECONDS),
        ("TCP_KEEPALIVE", _KEEP_ALIVE_SECONDS),
        ("TCP_KEEPINTVL", _KEEP_ALIVE_SECONDS),
        ("TCP_KEEPCNT", _KEEP_ALIVE_PROBES),
    ):
        option = getattr(socket, name, None)
        if option is not None:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)


def check_is_plain(connection: socket.socket) -> None:
    """Raise `TypeError` for an `ssl.SSLSocket`, whose bytes are not those on the wire.

    The check imports nothing: who has such a socket has imported `ssl`.
    """
    ssl = sys.modules.get("ssl")
    if ssl is not None and isinstance(connection, ssl.SSLSocket):
        raise TypeError(
            "an ssl.SSLSocket cannot be used here: let rpcgen do the encryption, with"
            " listen('tls://...', tls=context) or dial('tls://...', tls=context)"
        )


def _adopted(listening: socket.socket, has_tls: bool) -> Address:
    """Return the address of a socket that somebody else has bound, if it can be served."""
    check_is_plain(listening)
    try:
        listens = listening.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as error:
        raise DialError(f"cannot listen on {listening}: {error}") from error
    if not listens:
        raise DialError(f"{listening} does not listen: call its listen() first")
    return _bound(listening, Address("tcp", tls=has_tls))


def _socket_of_descriptor(text: str) -> socket.socket:
    number = text.removeprefix("fd://")
    if not (number.isascii() and number.isdigit()):
        raise DialError(f"{text!r} is no descriptor: write fd://3")
    try:
        return socket.socket(fileno=int(number))
    except (OSError, OverflowError) as error:
        raise DialError(f"cannot listen on {text}: {error}") from error


def _bound(listening: socket.socket, address: Address) -> Address:
    place = listening.getsockname()
    if listening.family == socket.AF_UNIX:
        # The name of an abstract socket begins with a zero byte, which is written as @.
        return Address("unix", path=os.fsdecode(place).replace("\0", "@", 1))
    return evolve(address, host=place[0], port=place[1])


def _listen_tcp(host: str, port: int) -> socket.socket:
    if host in _WILDCARDS and socket.has_dualstack_ipv6():
        try:
            return socket.create_server(
                ("::", port), family=socket.AF_INET6, backlog=BACKLOG, dualstack_ipv6=True
            )
        except OSError as error:
            if error.errno not in _NO_SUCH_FAMILY:
                raise
    family, _, _, _, place = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    return socket.create_server(place[:2], family=family, backlog=BACKLOG)


# --- unix sockets ---------------------------------------------------------------------------------


def _listen_unix(address: Address) -> ListeningSocket:
    name = address.unix_name
    path = os.path.abspath(address.path)
    listening = socket.socket(socket.AF_UNIX)
    try:
        if name.startswith("\0"):  # the system forgets it with the socket
            listening.bind(name)
            listening.listen(BACKLOG)
            return ListeningSocket(listening, address)
        with _locked_directory(path):
            _bind(listening, address.path)
            listening.listen(BACKLOG)
            return ListeningSocket(
                listening, address, file=_file_at(path), process=os.getpid(), path=path
            )
    except BaseException:
        listening.close()
        raise


def _bind(listening: socket.socket, path: str) -> None:
    """Bind to a path, in the place of a socket file that a server has left behind."""
    try:
        listening.bind(path)
        return
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
    found = _file_at(path)
    if found is None:
        if os.path.lexists(path):
            raise OSError(errno.EADDRINUSE, "a file that is no socket is in the way")
    else:
        # A server that has bound and does not listen yet refuses like one that has gone.
        if not _is_served(path):
            time.sleep(_LISTEN_PATIENCE)
        if _is_served(path):
            raise OSError(errno.EADDRINUSE, "address already in use: a server accepts there")
        if _file_at(path) == found:
            _unlink(path)
    listening.bind(path)


@contextmanager
def _locked_directory(path: str) -> Iterator[None]:
    """Hold off other processes that open a socket in the same directory.

    Two that find the same stale file must not both replace it. Who cannot get
    the lock goes on without.
    """
    try:
        directory = os.open(os.path.dirname(path), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:  # a directory that may be written to, but not read
        yield
        return
    try:
        deadline = time.monotonic() + _DIRECTORY_PATIENCE
        while not _try_lock(directory) and time.monotonic() < deadline:
            time.sleep(_LISTEN_PATIENCE)
        yield
    finally:
        os.close(directory)  # and with it the lock


def _try_lock(directory: int) -> bool:
    import fcntl  # which not every system has, nor those unix sockets

    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def _file_at(path: str) -> _File | None:
    """Return what tells the socket file at a path from others, None if there is none."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):  # ValueError: the name of an abstract socket
        return None
    if not stat.S_ISSOCK(found.st_mode):
        return None
    return _File(found.st_dev, found.st_ino, found.st_mtime_ns)


def _is_served(path: str) -> bool:
    """Say whether somebody may accept connections at a path: only a refusal means no."""
    with socket.socket(socket.AF_UNIX) as client:
        client.setblocking(False)
        try:
            client.connect(path)
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:  # not allowed to, a queue that is full, or a socket of another type
            return True
    return True


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass  # somebody else tidied up
