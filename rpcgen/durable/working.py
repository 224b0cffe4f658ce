"""`WorkingServer`: the part of a server in either API that works on durable calls.

Both servers import this module; what needs nats-py is imported by `WorkingServer.work` alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from rpcgen.protocol import Peer
from rpcgen.protocol.base_server import BaseServer
from rpcgen.resolve.announcements import Announcements

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from rpcgen.resolve.brokers import PathName

    from .options import WorkQueue
    from .worker import CarryOut

__all__ = ["WorkingServer", "in_thread"]

T = TypeVar("T")


class WorkingServer(BaseServer):
    """Takes durable calls from queues, while it serves.

    A subclass sets these attributes, begins what `Announcements` holds when it serves, and ends
    it.
    """

    _announcements: Announcements
    _deadline: float
    _serving: bool

    def work(
        self,
        broker: str | Sequence[str],
        *,
        in_flight: int = 8,
        attempts: int = 5,
        ack_wait: float = 30.0,
        queue: WorkQueue | None = None,
        tls: ssl.SSLContext | None = None,
        credentials: PathName | None = None,
    ) -> None:
        """Carry out the durable calls of the server's services, while it serves.

        The calls are those that a NATS broker with JetStream keeps for methods which the IDL
        marks as ``@durable``. Any number of servers may work on the same queue; each call is given
        to one of them, and to another one if that ends without a reply. So each is carried out at
        least once. Returns at once: the broker may come and go.

        Args:
            broker: ``nats://host:4222`` or ``tls://host:4222``, with a user and a password, or a
                token, before the host if need be; or a list of such, of which any one does.
            in_flight: Maximum number of calls of each method that are carried out at a time here.
            attempts: How often a call is begun with by workers that do not end it; then its caller
                gets an error.
            ack_wait: Seconds without a sign of the worker after which a call is given to another.
            queue: How the broker is to keep calls and replies, and from then on keeps them; None:
                as it does, or as the defaults say.
            tls: How to encrypt to a broker at ``tls://host:4222``, and whom to trust; None: whom
                the system trusts.
            credentials: Path of a file that says who the server is to the broker: credentials
                (``.creds``), or the seed of an NKEY.

        Raises:
            DialError: The broker's address is none, or the credentials cannot be read.
            ImportError: The package for NATS is missing, or the one for credentials.
            TypeError: A value is of the wrong type.
            ValueError: A value is none that it can be.
        """
        from rpcgen.resolve.brokers import Brokers  # others do without

        from .worker import Work, Worker  # only here: it needs nats-py

        brokers = Brokers.of(broker, tls, credentials).encrypted()
        work = Work(brokers, in_flight, attempts, ack_wait, queue)
        peer = Peer(str(brokers))

        def make() -> Worker:
            return Worker(work, self._durable_methods, self._carry_out_for(peer), self._is_due)

        self._announcements.add(make)
        if self._serving:  # where other processes do, nothing has begun in this one
            self._announcements.begin()

    def _durable_methods(self) -> list[str]:
        return [
            f"{service.name}.{name}"
            for service in self.services
            for name, served in service.methods.items()
            if served.method is not None and served.method.durable
        ]

    def _is_due(self) -> bool:
        return monotonic() >= self._deadline

    def _carry_out_for(self, peer: Peer) -> CarryOut:
        """Return what carries out the calls of a broker, the peer, for the thread of a worker."""
        raise NotImplementedError


async def in_thread(function: Callable[[], T]) -> T:
    """Run a function in a thread of its own, which does not keep the process from ending."""
    import asyncio  # as whoever awaits has: the server with threads does without

    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # there is one without an error

    def run() -> None:
        result, error = None, None
        try:
            result = function()
        except BaseException as raised:  # whatever it is, somebody waits for it
            error = raised
        try:
            loop.call_soon_threadsafe(settle, result, error)
        except RuntimeError:
            pass  # the loop is closed: nobody waits

    threading.Thread(target=run, name="rpcgen-durable-call", daemon=True).start()
    return await future
