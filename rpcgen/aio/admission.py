"""`Admission`: how many connections a server takes at a time."""

from __future__ import annotations

from collections.abc import Callable

from rpcgen.net.sockets import MAX_HANDSHAKES

__all__ = ["Admission", "Place"]


class Place:
    """The place of one connection among those that a server takes."""

    __slots__ = ("_admission", "_taken", "give_up")

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._taken = True
        # Called if the handshake has to make room for others.
        self.give_up: Callable[[], object] = lambda: None

    def end_handshake(self) -> None:
        """Take note that the handshake is over."""
        self._admission.handshakes.pop(self, None)

    def leave(self) -> None:
        """Give the place to somebody else, once."""
        self.end_handshake()
        if self._taken:
            self._taken = False
            self._admission.left()


class Admission:
    """Counts connections, and those among them whose handshake is under way.

    Where there are as many connections as there may be, listeners do not
    accept: clients wait in the system's backlog, as with Go's
    ``netutil.LimitListener``. Of too many handshakes the oldest is given up: who
    is slow on purpose must not keep others waiting.
    """

    def __init__(
        self, most_connections: int | None = None, most_handshakes: int = MAX_HANDSHAKES
    ) -> None:
        self._most_connections = most_connections
        self._most_handshakes = most_handshakes
        self._connections = 0
        # Places whose handshake is under way, the oldest first.
        self.handshakes: dict[Place, None] = {}
        # Callbacks for when there is room again, by whoever asked.
        self._waiting: list[Callable[[], None]] = []

    def admit(self, *, shakes_hands: bool) -> Place | None:
        """Return a place for a connection, None if there is no room."""
        if self._most_connections is not None and self._connections >= self._most_connections:
            return None
        if shakes_hands and len(self.handshakes) >= self._most_handshakes:
            oldest = next(iter(self.handshakes))
            oldest.end_handshake()
            oldest.give_up()
        self._connections += 1
        place = Place(self)
        if shakes_hands:
            self.handshakes[place] = None
        return place

    def wait(self, resume: Callable[[], None]) -> None:
        """Have ``resume`` called once when there may be room."""
        self._waiting.append(resume)

    def left(self) -> None:
        """Count a connection that has left its place."""
        self._connections -= 1
        waiting, self._waiting = self._waiting, []
        for resume in waiting:
            resume()
