"""Files of unix sockets: made in the place of stale ones, removed by the process that made them."""

from __future__ import annotations

import errno
import os
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Self

from .._records import ValueRecord

__all__ = ["SocketFile"]

# Maximum wait for another process that opens a socket in the same directory, in seconds.
_LOCK_TIMEOUT_S: Final = 1.0

# Seconds between two attempts to get that lock, and for a server that has bound its socket to
# listen.
_RETRY_INTERVAL_S: Final = 0.02


class _Identity(ValueRecord):
    """Numbers by which a file is recognized; without its ctime, which chmod changes."""

    device: int
    inode: int
    modified: int


class SocketFile(ValueRecord):
    """The file of a unix socket, made by this process or by the one that it was forked from.

    Attributes:
        path: Absolute path, which a change of the working directory leaves valid.
        identity: What tells the file from a later one at the same path.
        process: Process that made the file.
    """

    path: str
    identity: _Identity | None
    process: int

    @classmethod
    def listen(cls, listening: socket.socket, path: str, backlog: int) -> Self:
        """Bind a socket to a path and let it listen, in the place of a stale socket file.

        Args:
            listening: A unix socket that is not bound.
            path: Path of the file, as short as it was written: the system allows some 100 bytes.
            backlog: Maximum number of connections that wait to be accepted.

        Returns:
            The file that was made.

        Raises:
            OSError: The path is in use, or is not fit for a socket.
        """
        absolute = os.path.abspath(path)
        with _directory_lock(absolute):
            _bind(listening, path)
            listening.listen(backlog)
            return cls(absolute, _identity(absolute), os.getpid())

    def remove(self) -> None:
        """Remove the file, if this process made it and nobody accepts connections there."""
        if self.process != os.getpid() or self.identity is None:
            return
        if _identity(self.path) == self.identity and not _is_accepting(self.path):
            _unlink(self.path)


def _bind(listening: socket.socket, path: str) -> None:
    """Bind to a path, in the place of a socket file that a server has left behind."""
    try:
        listening.bind(path)
        return
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
    found = _identity(path)
    if found is None:
        if os.path.lexists(path):
            raise OSError(
                errno.EADDRINUSE,
                "a file that is not a socket is in the way: remove it, or take another path",
            )
    else:
        # A server that has bound and does not listen yet refuses like one that has gone.
        if not _is_accepting(path):
            time.sleep(_RETRY_INTERVAL_S)
        if _is_accepting(path):
            raise OSError(errno.EADDRINUSE, "address already in use: a server accepts there")
        if _identity(path) == found:
            _unlink(path)
    listening.bind(path)


@contextmanager
def _directory_lock(path: str) -> Iterator[None]:
    """Hold off other processes that open a socket in the same directory.

    Two that find the same stale file must not both replace it. A process that
    cannot get the lock goes ahead without it.
    """
    try:
        directory = os.open(os.path.dirname(path), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:  # a directory that may be written to, but not read
        yield
        return
    try:
        deadline = time.monotonic() + _LOCK_TIMEOUT_S
        while not _try_lock(directory) and time.monotonic() < deadline:
            time.sleep(_RETRY_INTERVAL_S)
        yield
    finally:
        os.close(directory)  # releases the lock


def _try_lock(directory: int) -> bool:
    import fcntl  # lazy: systems without unix sockets lack it

    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def _identity(path: str) -> _Identity | None:
    """Return the identity of the socket file at a path, None if there is none."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):  # ValueError: the name of an abstract socket
        return None
    if not stat.S_ISSOCK(found.st_mode):
        return None
    return _Identity(found.st_dev, found.st_ino, found.st_mtime_ns)


def _is_accepting(path: str) -> bool:
    """Return True unless connections to a path are refused: nobody accepts there then."""
    with socket.socket(socket.AF_UNIX) as client:
        client.setblocking(False)
        try:
            client.connect(path)
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:  # not allowed to, a full queue, or a socket of another type
            return True
    return True


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass  # another process was faster
