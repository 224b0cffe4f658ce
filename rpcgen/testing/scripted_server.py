"""`ScriptedServer`: says exactly the bytes that a script has, and wants exactly others.

A script is a list of steps, functions of a connected socket: those here, or a test's
own. Each connection has its script, in the order in which they come.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, Self, TypeAlias

from .sockets import reset

__all__ = [
    "Script",
    "ScriptError",
    "ScriptedServer",
    "Step",
    "close",
    "half_close",
    "receive",
    "receive_any",
    "receive_until_end",
    "reset",
    "send",
    "wait_for",
]

Step: TypeAlias = Callable[[socket.socket], object]
"""Next step of a server; whatever it raises is a fault of the client's."""

Script: TypeAlias = Sequence[Step]

# Maximum time in seconds that a step waits for the client.
_STEP_TIMEOUT_S: Final = 30.0

_CHUNK: Final = 65536


class ScriptError(AssertionError):
    """The client has not done what the script of its server says."""


class ScriptedServer:
    """Plays scripts to the clients that connect.

    ::

        with ScriptedServer([receive(request), send(reply)]) as server:
            client = rpcgen.dial(server.address)

    A connection beyond the scripts is closed at once. A context manager, at whose end
    every script must have been played.

    Args:
        scripts: One for each connection. After the last step, the connection is closed.
        patience: Maximum time in seconds for each step.

    Attributes:
        address: Address that clients dial: ``127.0.0.1:port``.

    Raises:
        ScriptError: At the end of the context: a script was not played to its end.
    """

    def __init__(self, *scripts: Script, patience: float = _STEP_TIMEOUT_S) -> None:
        self._scripts = scripts
        self._patience = patience
        self._problems: list[str] = []
        # Those whose scripts are played, to be shut down at the end.
        self._connections: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self._played = 0
        self._players: list[threading.Thread] = []
        # Address of the connection by which `close` wakes the thread that accepts.
        self._waker: object = None
        self._thread = threading.Thread(target=self._accept, name="rpcgen-script", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
        if exc_type is None:
            self.check()

    def check(self) -> None:
        """See that all scripts were played to their ends.

        Raises:
            ScriptError: The client has not done what a script says, or did not connect.
        """
        problems = list(self._problems)
        if self._played < len(self._scripts):
            problems.append(f"{len(self._scripts) - self._played} scripts had no connection")
        if problems:
            raise ScriptError("; ".join(problems))

    def close(self) -> None:
        """Listen no more, and end the connections whose clients keep their scripts waiting."""
        # Wakes the thread that accepts, once it has accepted all who came before.
        with socket.socket() as waker:
            waker.bind(("127.0.0.1", 0))
            self._waker = waker.getsockname()
            waker.connect(self._listening.getsockname())
            self._thread.join()
        for connection in self._connections:
            try:
                connection.shutdown(socket.SHUT_RD)
            except OSError:
                pass  # over
        for player in self._players:
            player.join()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            connection, client = self._listening.accept()
            if client == self._waker:
                connection.close()
                return
            if self._played == len(self._scripts):
                connection.close()
                continue
            player = threading.Thread(
                target=self._play,
                args=(self._played, connection),
                name=f"rpcgen-script-{self._played}",
                daemon=True,
            )
            self._played += 1
            self._connections.append(connection)
            self._players.append(player)
            player.start()

    def _play(self, number: int, connection: socket.socket) -> None:
        connection.settimeout(self._patience)
        with connection:
            for place, step in enumerate(self._scripts[number]):
                try:
                    step(connection)
                except Exception as error:
                    self._problems.append(f"step {place} of script {number}: {error}")
                    return


def send(data: bytes) -> Step:
    """Return the step that sends bytes.

    Args:
        data: The bytes.
    """
    return lambda connection: connection.sendall(data)


def receive(data: bytes) -> Step:
    """Return the step that waits for bytes, which must be these.

    Args:
        data: The bytes.
    """

    def receive_exactly(connection: socket.socket) -> None:
        received = b""
        while len(received) < len(data):
            piece = connection.recv(len(data) - len(received))
            received += piece
            if not piece or not data.startswith(received):
                raise ScriptError(f"the client sent {received!r} where the script has {data!r}")

    return receive_exactly


def receive_any(connection: socket.socket) -> None:
    """Wait until anything has come: a step."""
    if not connection.recv(_CHUNK):
        raise ScriptError("the client hung up where the script waits for it")


def receive_until_end(connection: socket.socket) -> None:
    """Wait until the client hangs up, gently or not: a step."""
    try:
        while connection.recv(_CHUNK):
            pass
    except ConnectionResetError:
        pass  # something of ours was left unread


def half_close(connection: socket.socket) -> None:
    """Send no more, but go on receiving: a step."""
    connection.shutdown(socket.SHUT_WR)


def close(connection: socket.socket) -> None:
    """Hang up: a step, the last one."""
    connection.close()


def wait_for(event: threading.Event) -> Step:
    """Return the step that waits until an event is set, for as long as the socket's patience.

    Args:
        event: What the test sets.
    """

    def wait(connection: socket.socket) -> None:
        if not event.wait(connection.gettimeout()):
            raise ScriptError("the event of the script was not set")

    return wait
