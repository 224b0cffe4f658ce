"""Servers that work on durable calls, and clients that make them, in either API, for tests."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from typing import Any, Final, Protocol, TypeVar

import rpcgen
from rpcgen import Method, aio
from tests.support.broker import Broker, broker
from tests.support.timeouts import TIMEOUT_S

__all__ = ["APIS", "Api", "Client", "Ticket", "durable_method", "queue_broker"]

T = TypeVar("T")

_numbers: Final = count()


def durable_method(**more: Any) -> Method[int, int]:
    """Return a method of a service that no other test has."""
    return Method[int, int](f"Bank{next(_numbers)}.Charge", durable=True, **more)


@contextmanager
def queue_broker() -> Iterator[Broker]:
    """Have a broker run that keeps what it is given, also when it is stopped and started again."""
    with broker() as made, tempfile.TemporaryDirectory() as folder:
        made.options = ("-js", "-sd", folder)
        made.start()
        yield made
        made.stop()


class Ticket(Protocol):
    """A ticket of either API."""

    key: str

    def result(self, timeout: float | None = TIMEOUT_S) -> Any:
        """Wait for the reply."""
        ...

    def done(self) -> bool:
        """Return whether it is there."""
        ...


class Client(Protocol):
    """A client of either API."""

    def submit(self, method: Method[Any, Any], args: object, **options: Any) -> Ticket:
        """Leave a call to the queue."""
        ...

    def ticket(self, method: Method[Any, Any], key: str) -> Ticket:
        """Return the ticket of a call."""
        ...

    def close(self) -> None:
        """Close the client."""
        ...


class Api(Protocol):
    """One of the two."""

    def dial(self, address: str, **options: Any) -> AbstractContextManager[Client]:
        """Make a client."""
        ...

    def serve(
        self, url: str, method: Method[Any, Any], function: Callable[[Any], Any], **work: Any
    ) -> AbstractContextManager[None]:
        """Work on a method's calls."""
        ...


class _Sync:
    @contextmanager
    def dial(self, address: str, **options: Any) -> Iterator[Any]:
        with rpcgen.dial(address, **options) as client:
            yield client

    @contextmanager
    def serve(
        self, url: str, method: Method[Any, Any], function: Callable[[Any], Any], **work: Any
    ) -> Iterator[None]:
        server = rpcgen.Server()
        server.register_name(method.name.partition(".")[0], [method.handler(function)])
        server.work(url, **work)
        with server:
            yield


class _AsyncTicket:
    def __init__(self, ticket: aio.Ticket[Any], run: Callable[..., Any]) -> None:
        self._ticket, self._run, self.key = ticket, run, ticket.key

    def result(self, timeout: float | None = TIMEOUT_S) -> Any:
        return self._run(self._ticket.result(timeout))

    def done(self) -> bool:
        done: bool = self._run(self._ticket.done())
        return done


class _AsyncClient:
    def __init__(self, client: Any, run: Callable[..., Any]) -> None:
        self._client, self._run = client, run

    def submit(self, method: Method[Any, Any], args: object, **options: Any) -> _AsyncTicket:
        return _AsyncTicket(self._run(self._client.submit(method, args, **options)), self._run)

    def ticket(self, method: Method[Any, Any], key: str) -> _AsyncTicket:
        return _AsyncTicket(self._client.ticket(method, key), self._run)

    def close(self) -> None:
        self._run(self._client.close())


class _Async:
    @contextmanager
    def dial(self, address: str, **options: Any) -> Iterator[Any]:
        with _loop() as run:

            async def connect() -> Any:
                return await aio.dial(address, **options)

            client = run(connect())
            try:
                yield _AsyncClient(client, run)
            finally:
                run(client.__aexit__(None, None, None))

    @contextmanager
    def serve(
        self, url: str, method: Method[Any, Any], function: Callable[[Any], Any], **work: Any
    ) -> Iterator[None]:
        async def handle(args: Any) -> Any:
            return await asyncio.to_thread(function, args)

        async def begin() -> aio.Server:
            server = aio.Server()
            server.register_name(method.name.partition(".")[0], [method.async_handler(handle)])
            server.work(url, **work)
            return await server.__aenter__()

        with _loop() as run:
            server = run(begin())
            try:
                yield
            finally:
                run(server.close())


@contextmanager
def _loop() -> Iterator[Callable[[Coroutine[Any, Any, T]], T]]:
    """Have an event loop run in a thread, and yield what runs coroutines there."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result(TIMEOUT_S)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(TIMEOUT_S)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


APIS: Final[dict[str, Api]] = {"sync": _Sync(), "asyncio": _Async()}
