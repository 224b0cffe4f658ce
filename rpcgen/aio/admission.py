"""`Admission`: how many connections a server takes at a time."""

from __future__ import annotations

from collections.abc import Callable

from rpcgen.sockets import MOST_HANDSHAKES

__all__ = ["Admission", "Place"]


class Place:
    """The place of one connection among those that a server takes."""

    __slots__ = ("_admission", "_shakes_hands", "_taken")

    def __init__(self, admission: Admission, shakes_hands: bool) -> None:
        self._admission = admission
        self._shakes_hands = shakes_hands
        self._taken = True

    def end_handshake(self) -> None:
        """Take note that the handshake is over."""
        if self._shakes_hands:
            self._shakes_hands = False
            self._admission.change(0, -1)

    def leave(self) -> None:
        """Give the place to somebody else, once."""
        if self._taken:
            self._taken = False
            handshakes, self._shakes_hands = int(self._shakes_hands), False
            self._admission.change(-1, -handshakes)


class Admission:
    """Counts connections, and those among them whose handshake is under way.

    Where there is no room, listeners do not accept: clients wait in the
    system's backlog, as with Go's ``netutil.LimitListener``.
    """

    def __init__(
        self, most_connections: int | None = None, most_handshakes: int = MOST_HANDSHAKES
    ) -> None:
        self._most_connections = most_connections
        self._most_handshakes = most_handshakes
        self._connections = 0
        self._handshakes = 0
        # What to call when there is room again, by whoever asked.
        self._waiting: list[Callable[[], None]] = []

    def admit(self, *, shakes_hands: bool) -> Place | None:
        """Return a place for a connection, None if there is no room."""
        if self._most_connections is not None and self._connections >= self._most_connections:
            return None
        if shakes_hands and self._handshakes >= self._most_handshakes:
            return None
        self.change(1, int(shakes_hands))
        return Place(self, shakes_hands)

    def wait(self, resume: Callable[[], None]) -> None:
        """Have ``resume`` called once when there may be room."""
        self._waiting.append(resume)

    def change(self, connections: int, handshakes: int) -> None:
        """Count connections, and handshakes, that have begun or ended."""
        self._connections += connections
        self._handshakes += handshakes
        if self._waiting and (connections < 0 or handshakes < 0):
            waiting, self._waiting = self._waiting, []
            for resume in waiting:
                resume()
