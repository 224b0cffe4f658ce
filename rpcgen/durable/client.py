"""The queue of a client in either API: begun with its first durable call."""

from __future__ import annotations

import os
import threading
from typing import Any, Protocol

from rpcgen.errors import RpcError, ShutdownError
from rpcgen.method import Method
from rpcgen.resolve.brokers import Brokers, BrokerTarget

from .call_queue import CallQueue

__all__ = ["QueueOwner", "close_queue", "queue_of"]

# Held while the queue of a client is begun or ended.
# Taken again by a signal handler that comes in between.
_lock = threading.RLock()


def _renew_lock() -> None:
    global _lock
    _lock = threading.RLock()


os.register_at_fork(after_in_child=_renew_lock)


class QueueOwner(Protocol):
    """A client, as far as it is known here."""

    _queue: tuple[int, CallQueue] | None
    """Queue, and the process that has begun it; None before the first durable call."""

    @property
    def _broker(self) -> BrokerTarget | None:
        """Brokers that were dialed; None if none were."""
        ...

    @property
    def closed(self) -> bool:
        """True once it was closed."""
        ...


def queue_of(client: QueueOwner, method: Method[Any, Any]) -> CallQueue:
    """Return the queue of a client, in a child process after a fork another one.

    Args:
        client: The client.
        method: What is to be called.

    Raises:
        RpcError: The client has none, or the method is not durable.
        ShutdownError: The client is closed.
    """
    if not method.durable:
        raise RpcError(f"{method.name} is not durable: mark it with @durable in the IDL")
    broker = client._broker
    if not isinstance(broker, Brokers | str) or not broker:  # a resolver may mean something else
        service = method.name.rpartition(".")[0]
        raise RpcError(
            "durable calls are kept by a NATS broker: dial it, as in"
            f' {service}Client.dial("nats://host:4222/{service}")'
        )
    process = os.getpid()
    with _lock:
        if client.closed:
            raise ShutdownError
        if client._queue is None or client._queue[0] != process:
            client._queue = process, CallQueue(broker)
        return client._queue[1]


def close_queue(client: QueueOwner) -> None:
    """End the queue of a client that is closed; who waits for a reply there is told."""
    with _lock:
        queue, client._queue = client._queue, None
    if queue is not None and queue[0] == os.getpid():
        queue[1].close()
