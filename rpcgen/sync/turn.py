"""`turn_of`: turns of a server's connection that the accelerator takes, and what it works with.

A turn is plain where all that is to be done is to read what has come, to carry out calls that have
nothing beyond Go's, and to send the replies. Everything else is left to the connection's methods,
with nothing consumed: a call that another thread is to carry out, what is refused, drained or cut,
a client that is slow to read, a watchdog that is to be kicked before the turn begins.

The connection, its session and the scheduler are looked at before each step, as the methods do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rpcgen.protocol.fair_queue import FairQueue
from rpcgen.schema.classes import slots_of

from .leader_term import LeaderTerm
from .scheduler import Scheduler
from .send_buffer import SendBuffer
from .stream import Stream
from .watchdog import Watchdog

if TYPE_CHECKING:
    from rpcgen.gob.accelerated import native
    from rpcgen.protocol.server_session import ServerSession

__all__ = ["turn_of"]

# Slots that the accelerator looks at, in its order.
_TERM_SLOTS: Final = ("watchdog", "current", "connection", "unflushed", "is_executing")
_BUFFER_SLOTS: Final = ("_broken", "size")
_QUEUE_SLOTS: Final = ("running",)
_WATCHDOG_SLOTS: Final = ("seen",)


def turn_of(
    connection: Any, stream: Stream, protocol: ServerSession, scheduler: Scheduler
) -> native.ServerTurn | None:
    """Return what gives a connection its turns, None where that is the connection alone.

    Args:
        connection: The connection, which is otherwise made, and whose calls the accelerator
            carries out.
        stream: The client's socket.
        protocol: What the client speaks.
        scheduler: Decides which thread carries out a call.
    """
    if stream.plain_descriptor() is None:
        return None
    from rpcgen.gob.accelerated import native  # which is there, as it carries out calls

    lock, waiting = connection._lock, connection._send_buffer._waiting
    pool = scheduler._pool
    parts = (
        connection.execute.__self__,
        connection,
        vars(connection),
        vars(protocol),
        connection.running,
        connection._in_flight.calls,
        lock.locked,
        lock.acquire,
        lock.release,
        waiting.clear,
        stream._socket.fileno,
        waiting,
        connection._send_buffer,
        scheduler,
        scheduler._slow_methods.recent,
        pool,
        pool._queue,
        pool.waiting,
        connection.on_ready,
        connection.flush_turn,
        LeaderTerm,
        slots_of(LeaderTerm, _TERM_SLOTS),
        slots_of(SendBuffer, _BUFFER_SLOTS),
        slots_of(FairQueue, _QUEUE_SLOTS),
        slots_of(Watchdog, _WATCHDOG_SLOTS),
    )
    return native.ServerTurn(parts, pool._many)
