"""`NatsWorker`: has a server take calls that travel by a broker, and threads and tasks for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from rpcgen.protocol import Peer
from rpcgen.resolve.loop_thread import LoopThread
from rpcgen.resolve.nats_connection import Client, TroubleLog, stay_connected

from .outbox import End
from .worker_bridge import WorkerBridge

if TYPE_CHECKING:
    from rpcgen.resolve.brokers import Brokers

__all__ = ["Attach", "NatsWorker", "TaskWorker", "ThreadWorker", "WorkerEnd", "broker_peer"]

# Seconds between two looks at what the server serves.
_LOOK_S: Final = 1.0

# Maximum time in seconds for the end, once all calls are over.
_END_S: Final = 5.0


class WorkerEnd(End, Protocol):
    """The end of a server, which belongs to no bridge yet."""

    def begin(self, bridge: WorkerBridge) -> None:
        """Belong to a bridge, and take what comes."""
        ...


Attach: TypeAlias = Callable[[Callable[[], int]], Awaitable[WorkerEnd]]
"""Has a server serve a stream of frames.

It is given what returns the maximum size of a response in bytes: that changes where the broker is
started again with another configuration."""


def broker_peer(brokers: Brokers) -> Peer:
    """Return what handlers see as the other side of calls that came by a broker."""
    return Peer(str(brokers))


class NatsWorker:
    """Takes the calls of a server's services, whenever the broker is there.

    Args:
        brokers: Where they come from.
        services: Returns the names of the services.
        attach: Has the server serve.
        most_calls: Maximum number of calls under way.
    """

    def __init__(
        self,
        brokers: Brokers,
        services: Callable[[], Iterable[str]],
        attach: Attach,
        most_calls: int,
    ) -> None:
        self._brokers = brokers
        self._services = services
        self._attach = attach
        self._most_calls = most_calls
        self._bridge: WorkerBridge | None = None
        self._is_stopped = False
        # Set on the event loop, once there is one.
        self._stopping: asyncio.Event | None = None
        self._troubles = TroubleLog(str(brokers), "cannot take calls from")

    def stop(self) -> None:
        """Begin to take no more calls; on the event loop, or before there is one."""
        self._is_stopped = True
        if self._stopping is not None:
            self._stopping.set()

    async def run(self) -> None:
        """Take calls until `stop`, and have those answered that were taken."""
        self._stopping = asyncio.Event()
        self._drained = asyncio.Event()
        if self._is_stopped:
            return
        staying = asyncio.ensure_future(
            stay_connected(
                self._brokers,
                "rpcgen worker",
                self._use,
                self._troubles.note,
                self._reconnected,
            )
        )
        try:
            await self._stopping.wait()
            if self._bridge is not None:
                await self._bridge.drain()
                self._drained.set()
            else:
                staying.cancel()
        except BaseException:
            staying.cancel()
            raise
        finally:
            await asyncio.wait((staying,))

    async def _use(self, client: Client) -> None:
        """Take calls by a connection until the server hangs up, or the connection has ended."""
        end = await self._attach(lambda: client.max_payload)
        self._bridge = bridge = WorkerBridge(client, end, self._most_calls)
        end.begin(bridge)
        publishing = asyncio.ensure_future(bridge.run())
        try:
            while not (client.is_closed or self._is_stopped):
                await bridge.subscribe(self._services())
                with suppress(TimeoutError):
                    await asyncio.wait_for(bridge.wait_lost(), _LOOK_S)
                    break
            if self._is_stopped:
                await self._drained.wait()
                # And not cancelled by `run`, which would come in between while this hangs up.
                raise asyncio.CancelledError("the worker is stopped")
        finally:
            self._bridge = None
            publishing.cancel()
            end.close()

    async def _reconnected(self) -> None:
        self._troubles.clear()


class ThreadWorker:
    """Runs a `NatsWorker` in a thread."""

    def __init__(self, worker: NatsWorker) -> None:
        self._worker = worker
        self._thread = LoopThread(worker.run, "rpcgen-worker-nats")

    def stop(self) -> None:
        """Begin to take no more calls; from any thread."""
        self._worker._is_stopped = True
        self._thread.call_soon(self._worker.stop)

    def join(self) -> None:
        """Wait until the thread has ended, once all calls are over."""
        if not self._thread.join(_END_S):
            self._thread.stop()


class TaskWorker:
    """Runs a `NatsWorker` in a task of the event loop that runs."""

    def __init__(self, worker: NatsWorker) -> None:
        self._worker = worker
        self._over = threading.Event()
        self._task = asyncio.get_running_loop().create_task(worker.run(), name="rpcgen-nats")
        self._task.add_done_callback(lambda _: self._over.set())

    def stop(self) -> None:
        """Begin to take no more calls; in the event loop."""
        self._worker.stop()

    def join(self) -> None:
        """Wait until the task has ended, once all calls are over; in another thread."""
        if not self._over.wait(_END_S):
            self._task.get_loop().call_soon_threadsafe(self._task.cancel)
