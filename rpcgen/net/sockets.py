"""Sockets of servers and clients: what both APIs need of the operating system."""

from __future__ import annotations

import errno
import os
import socket
import struct
import sys
from collections.abc import Mapping
from typing import Final, Protocol, overload

from ..errors import DialError
from ..protocol import DEFAULT_RPC_PATH, Address, Peer, parse_address
from .unix_files import SocketFile

__all__ = [
    "BACKLOG",
    "MAX_HANDSHAKES",
    "UNIX_RETRY_S",
    "AcceptBackoff",
    "ListeningSocket",
    "check_context",
    "check_is_plain",
    "check_tls",
    "encoded_host",
    "make_peer",
    "open_listener",
    "peer_address",
    "peer_name",
    "prepare_connection",
    "set_keepalive",
    "set_nodelay",
]

BACKLOG = 1024
"""Maximum number of connections that wait to be accepted."""

MAX_HANDSHAKES = 256
"""Maximum number of handshakes under way at one server; later connections wait in the backlog."""

UNIX_RETRY_S = 0.01
"""Seconds after which a client tries again where the queue of a unix socket was full."""

# Go's: seconds of silence before the first probe and between probes, and the number of probes
# without an answer that ends the connection.
_KEEPALIVE_INTERVAL_S: Final = 15
_KEEPALIVE_PROBES: Final = 9

# Errors of the listening socket itself; whatever else accept(2) reports has to do with one
# connection, the network or a shortage, and passes.
_FATAL_ACCEPT_ERRORS: Final = {errno.EBADF, errno.EINVAL, errno.ENOTSOCK}

_INITIAL_BACKOFF_S: Final = 0.005
_MAX_BACKOFF_S: Final = 0.1

# Errors of a machine without an address family, or where it is switched off.
_FAMILY_UNAVAILABLE: Final = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT}

# Hosts that stand for every address of the machine, as for Go's net.Listen.
_WILDCARD_HOSTS: Final = {"", "::", "0.0.0.0"}

# Layout of SO_PEERCRED, Linux's struct ucred: the numbers of a process, its user and its group.
_UCRED: Final = struct.Struct("iII")


class SocketLike(Protocol):
    """A socket, or the stand-in for one that asyncio's transports have."""

    @property
    def family(self) -> int: ...
    def getpeername(self) -> object: ...
    @overload
    def getsockopt(self, level: int, name: int, /) -> int: ...
    @overload
    def getsockopt(self, level: int, name: int, size: int, /) -> bytes: ...
    def setsockopt(self, level: int, name: int, value: int, /) -> None: ...


class ListeningSocket:
    """A socket that listens, and what is to be undone when it is closed.

    Attributes:
        sock: The socket.
        address: Address at which clients find it.
    """

    def __init__(
        self,
        sock: socket.socket,
        address: Address,
        borrowed: bool = False,
        file: SocketFile | None = None,
    ) -> None:
        self.sock = sock
        self.address = address
        # True if the caller keeps the socket object and closes it.
        self._borrowed = borrowed
        # The file that was made for the socket.
        self._file = file

    def close(self) -> None:
        """Close this process's descriptor, and remove the socket file if this process made it.

        Processes that share the socket, after a fork or as systemd does, go on
        accepting: the socket is not shut down, and the file stays while
        a process accepts connections there. A borrowed socket is left open.
        """
        if not self._borrowed:
            self.sock.close()
        self.remove_file()

    def remove_file(self) -> None:
        """Remove the socket file if this process made it, and nobody accepts there any more."""
        if self._file is not None:
            self._file.remove()


class AcceptBackoff:
    """Errors of accept at one listener: which end it, and how long to wait after the others."""

    def __init__(self) -> None:
        from ..logs import server_log  # lazy: clients never need logging

        self._log = server_log
        self._consecutive = 0

    def delay_after(self, error: OSError) -> float:
        """Return the seconds to wait before the next accept.

        The first error since a connection was accepted is logged, the others
        are not: a shortage can last for hours.

        Args:
            error: What accept has raised.

        Returns:
            Seconds, twice as many for each consecutive error, up to 0.1.

        Raises:
            OSError: ``error``, if the listening socket can no longer be used.
        """
        if error.errno in _FATAL_ACCEPT_ERRORS:
            self._log.error("rpc.Serve: accept: %s", error)
            raise error
        if not self._consecutive:
            self._log.error("rpc.Serve: accept: %s; trying again", error)
        self._consecutive += 1
        return min(_INITIAL_BACKOFF_S * 2.0 ** min(self._consecutive - 1, 10), _MAX_BACKOFF_S)

    def reset(self) -> None:
        """Start again from the shortest delay: a connection was accepted."""
        self._consecutive = 0


def check_context(context: object) -> None:
    """Check that a ``tls`` is None or an `ssl.SSLContext`.

    Args:
        context: The ``tls`` that was passed.

    Raises:
        TypeError: It is anything else.
    """
    if context is None:
        return
    import ssl  # lazy: plaintext connections never need it

    if not isinstance(context, ssl.SSLContext):
        raise TypeError(f"tls={context!r}: pass an ssl.SSLContext")


def check_tls(address: Address, context: object) -> None:
    """Check that a ``tls`` is an `ssl.SSLContext`, and that the address is encrypted then.

    Args:
        address: The address to connect to.
        context: The ``tls`` that was passed to `dial`.

    Raises:
        TypeError: ``context`` is neither None nor an `ssl.SSLContext`.
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
            over from 3 on, or ``http+fd://N``, with a path or without; or such
            a socket itself.
        has_tls: True if there is a context to encrypt with.
        borrowed: True if a socket that is handed over stays the caller's to close.

    Returns:
        The socket that listens, to be closed by the caller.

    Raises:
        DialError: The address cannot be listened on, or does not go with ``has_tls``.
        TypeError: The socket is an `ssl.SSLSocket`.
    """
    if isinstance(where, socket.socket):
        return ListeningSocket(where, _inherited_address(where, has_tls), borrowed)
    if where.startswith(("fd://", "http+fd://")):
        listening, http_path = _inherited_socket(where)
        try:
            return ListeningSocket(listening, _inherited_address(listening, has_tls, http_path))
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
    return ListeningSocket(listening, _bound_address(listening, address))


def prepare_connection(connection: SocketLike) -> None:
    """Set the options that Go sets on a TCP connection; see `set_nodelay` and `set_keepalive`.

    Args:
        connection: A socket of any family; a unix socket has no such options.
    """
    set_nodelay(connection)
    set_keepalive(connection)


def peer_name(address: object, connection: SocketLike | None) -> str:
    """Return the name of a connection's other side for the log.

    Args:
        address: What `peer_address` gave while there was a peer.
        connection: The socket, asked for more where the address says nothing.

    Returns:
        Host and port, or the process and user behind a unix socket.
    """
    if isinstance(address, Peer):
        return address.address
    if isinstance(address, tuple) and len(address) >= 2:
        host, port = address[:2]
        return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
    return "a local process" if connection is None else _unix_peer(connection)


def peer_address(connection: SocketLike) -> object:
    """Return what ``getpeername`` gives.

    Args:
        connection: The socket.

    Returns:
        The address, whose type depends on the family; None if the peer has gone.
    """
    try:
        return connection.getpeername()
    except OSError:
        return None


def make_peer(
    address: object,
    connection: SocketLike | None,
    certificate: Mapping[str, object] | None,
    headers: Mapping[str, str],
) -> Peer:
    """Return the other side of a connection, as handlers see it.

    Args:
        address: What `peer_address` gave while there was a peer.
        connection: The socket, asked for the user where it is a unix socket; None if it is gone.
        certificate: What ``getpeercert`` gave, if anything.
        headers: Fields of the request that has opened the connection.
    """
    if isinstance(address, Peer):  # of what stands for somebody else
        return address
    if isinstance(address, tuple):
        return Peer(peer_name(address, None), certificate or None, None, headers)
    credentials = None if connection is None else _credentials(connection)
    uid = None if credentials is None else credentials[1]
    return Peer("unix", certificate or None, uid, headers)


def _unix_peer(connection: SocketLike) -> str:
    """Return the process and user at the other end of a unix socket, where the system tells."""
    credentials = _credentials(connection)
    if credentials is None:
        return "a local process"
    process, user = credentials
    return f"process {process} of user {user}"


def _credentials(connection: SocketLike) -> tuple[int, int] | None:
    """Return the numbers of the process and the user at the other end of a unix socket."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return None
    try:
        credentials = connection.getsockopt(socket.SOL_SOCKET, option, _UCRED.size)
    except OSError:
        return None
    process, user, _ = _UCRED.unpack(credentials)
    return process, user


def set_nodelay(connection: SocketLike) -> None:
    """Switch off Nagle's algorithm, as Go does: TCP sends each write at once.

    A message is one write, so there is nothing to gather; without this, one can
    wait 40 ms for the other side to acknowledge the one before.

    Args:
        connection: A socket; one of another family than TCP's is left alone.
    """
    if connection.family != socket.AF_UNIX:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def set_keepalive(connection: SocketLike) -> None:
    """Let TCP probe a silent peer, as Go does, so that one that has vanished is noticed.

    The first probe goes out after 15 s of silence; 9 without an answer, 15 s
    apart, end the connection. Where probes are on already, with times of
    the user's choice, they stay as they are.

    Args:
        connection: A socket; one of another family than TCP's is left alone.
    """
    if connection.family == socket.AF_UNIX:
        return
    if connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE):
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # The names differ between systems, and some systems lack some of them.
    for name, value in (
        ("TCP_KEEPIDLE", _KEEPALIVE_INTERVAL_S),
        ("TCP_KEEPALIVE", _KEEPALIVE_INTERVAL_S),
        ("TCP_KEEPINTVL", _KEEPALIVE_INTERVAL_S),
        ("TCP_KEEPCNT", _KEEPALIVE_PROBES),
    ):
        option = getattr(socket, name, None)
        if option is not None:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)


def check_is_plain(connection: socket.socket) -> None:
    """Check that a socket is not an `ssl.SSLSocket`, whose bytes are not those on the wire.

    The check imports nothing: a program that has such a socket has imported `ssl`.

    Args:
        connection: The socket that was passed.

    Raises:
        TypeError: It is an `ssl.SSLSocket`.
    """
    ssl = sys.modules.get("ssl")
    if ssl is not None and isinstance(connection, ssl.SSLSocket):
        raise TypeError(
            "an ssl.SSLSocket cannot be used here: let rpcgen do the encryption, with"
            " listen('tls://...', tls=context) or dial('tls://...', tls=context)"
        )


def _inherited_address(listening: socket.socket, has_tls: bool, http_path: str = "") -> Address:
    """Return the address of a socket that the caller has bound, if it can be served."""
    check_is_plain(listening)
    try:
        listens = listening.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as error:
        raise DialError(f"cannot listen on {listening}: {error}") from error
    if not listens:
        raise DialError(f"{listening} does not listen: call its listen() first")
    return _bound_address(listening, Address("tcp", http_path=http_path, tls=has_tls))


def _inherited_socket(text: str) -> tuple[socket.socket, str]:
    """Return the socket behind a descriptor, and the path of net/rpc there, if it is HTTP's."""
    scheme, _, number = text.partition("://")
    http_path = ""
    if scheme == "http+fd":
        number, slash, rest = number.partition("/")
        http_path = slash + rest or DEFAULT_RPC_PATH
    if not (number.isascii() and number.isdigit()):
        raise DialError(f"{text!r} is not a descriptor: write {scheme}://3")
    try:
        return socket.socket(fileno=int(number)), http_path
    except (OSError, OverflowError) as error:
        raise DialError(f"cannot listen on {text}: {error}") from error


def _bound_address(listening: socket.socket, address: Address) -> Address:
    name = listening.getsockname()
    if listening.family == socket.AF_UNIX:
        # The name of an abstract socket begins with a zero byte, which is written as @.
        path = os.fsdecode(name).replace("\0", "@", 1)
        return Address("unix", path=path, http_path=address.http_path)
    return address.replace(host=name[0], port=name[1])


def encoded_host(host: str) -> str | bytes:
    """Return a host as `socket.getaddrinfo` looks it up with the fewest imports.

    Of a text, Python imports first what it takes to spell other alphabets.

    Args:
        host: A name or an address.
    """
    return host.encode() if host.isascii() else host


def _listen_tcp(host: str, port: int) -> socket.socket:
    if host in _WILDCARD_HOSTS and socket.has_dualstack_ipv6():
        try:
            return socket.create_server(
                ("::", port), family=socket.AF_INET6, backlog=BACKLOG, dualstack_ipv6=True
            )
        except OSError as error:
            if error.errno not in _FAMILY_UNAVAILABLE:
                raise
    family, _, _, _, address = socket.getaddrinfo(
        encoded_host(host) if host else None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    return socket.create_server(address[:2], family=family, backlog=BACKLOG)


def _listen_unix(address: Address) -> ListeningSocket:
    name = address.unix_name
    listening = socket.socket(socket.AF_UNIX)
    try:
        if name.startswith("\0"):  # abstract: the system forgets the name with the socket
            listening.bind(name)
            listening.listen(BACKLOG)
            return ListeningSocket(listening, address)
        file = SocketFile.listen(listening, address.path, BACKLOG)
        return ListeningSocket(listening, address, file=file)
    except BaseException:
        listening.close()
        raise
