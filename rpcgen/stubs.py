"""Bases of generated classes: a client and nothing that a service may want to name.

A service may have methods called ``close``, ``dial`` or ``go``, so these bases
have no public names: each generated class spells out its own.
"""

from __future__ import annotations

from abc import ABC
from copy import copy
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, Unpack, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from . import aio, sync
    from .channel.target import Target
    from .method import Method
    from .protocol import CallOptions, Registry

__all__ = [
    "AbstractService",
    "AsyncClientStub",
    "AsyncDurableStub",
    "AsyncGoStub",
    "ClientStub",
    "DurableStub",
    "GoStub",
    "register_types",
]

C = TypeVar("C")
Req = TypeVar("Req")
Res = TypeVar("Res")


class _Renaming:
    """A client, of either API, whose calls go to the same methods of a service called otherwise."""

    def __init__(self, client: Any, service: str) -> None:
        if not service:
            raise ValueError("the name of a service cannot be empty")
        self._client = client
        self._service = service
        self._methods: dict[Method[Any, Any], Method[Any, Any]] = {}

    def __repr__(self) -> str:
        return f"{self._client!r} for {self._service!r}"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def call(self, method: Method[Any, Any], *arguments: Any, **options: Any) -> Any:
        return self._client.call(self._renamed(method), *arguments, **options)

    def go(self, method: Method[Any, Any], *arguments: Any, **options: Any) -> Any:
        return self._client.go(self._renamed(method), *arguments, **options)

    def submit(self, method: Method[Any, Any], args: object, **options: Any) -> Any:
        return self._client.submit(self._renamed(method), args, **options)

    def ticket(self, method: Method[Any, Any], key: str) -> Any:
        return self._client.ticket(self._renamed(method), key)

    def _renamed(self, method: Method[Any, Any]) -> Method[Any, Any]:
        renamed = self._methods.get(method)
        if renamed is None:
            renamed = method.renamed(f"{self._service}.{method.name.rpartition('.')[2]}")
            self._methods[method] = renamed
        return renamed


class _WithOptions:
    """A client, of either API, whose calls have some options unless they say others."""

    def __init__(self, client: Any, options: CallOptions) -> None:
        self._client = client
        self._options = options

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={value!r}" for name, value in self._options.items())
        return f"{self._client!r} with {said}"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def call(self, method: Method[Any, Any], *arguments: Any, **options: Any) -> Any:
        return self._client.call(method, *arguments, **self._merged(options))

    def go(self, method: Method[Any, Any], *arguments: Any, **options: Any) -> Any:
        return self._client.go(method, *arguments, **self._merged(options))

    def submit(self, method: Method[Any, Any], args: object, **options: Any) -> Any:
        return self._client.submit(method, args, **self._merged(options))

    def _merged(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the options of a call; of the metadata, each name for itself."""
        merged = {**self._options, **options}
        metadata = self._options.get("metadata")
        if metadata and options.get("metadata"):
            merged["metadata"] = {**metadata, **options["metadata"]}
        return merged


class _Stub(Generic[C]):
    """One service, as seen through a client, or any other `Caller`.

    ``service`` is the name that the server has for it, if another than the
    IDL's: what was registered with ``register_arith(server, ..., name)``.
    """

    def __init__(self, client: C, *, service: str | None = None) -> None:
        # With the usual name, calls go to the client itself and cost nothing more.
        self._client = client if service is None else cast(C, _Renaming(client, service))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._client!r}>"

    @staticmethod
    def _target(address: Target, service: str) -> Target:
        """Return what to dial: of a broker, the servers of this service that are found there."""
        from .channel.schemes import broker_of

        if not broker_of(address):
            return address
        from .resolve.nats_micro import with_service

        return with_service(cast("str | Sequence[str]", address), service)

    def _with_options(self, options: CallOptions) -> Self:
        """Return the same stub on the same client, with defaults of its own.

        Raises:
            TypeError: There is no option of this name.
        """
        from .protocol.call_options import check_call_options  # a stub without options needs none

        check_call_options(options)
        stub = copy(self)
        stub._client = cast(C, _WithOptions(self._client, options))
        return stub


class GoStub(_Stub["sync.Caller"]):
    """A service whose methods return a `rpcgen.Call` at once."""


class AsyncGoStub(_Stub["aio.Caller"]):
    """A service whose methods return a `rpcgen.aio.Call` at once."""


class _DurableStub(_Stub[C]):
    """Part of both APIs of what leaves calls to a queue, through a client that can."""

    def _queueing(self) -> Any:
        """Return the client.

        Raises:
            RpcError: It makes no durable calls.
        """
        if hasattr(self._client, "submit"):
            return self._client
        from .errors import RpcError

        raise RpcError(
            f"{self._client!r} makes no durable calls: dial a NATS broker,"
            ' as in dial("nats://host:4222/Service")'
        )


class DurableStub(_DurableStub["sync.Caller"]):
    """Methods whose calls a queue keeps; each returns a `rpcgen.Ticket`."""

    def _submit(
        self, method: Method[Req, Res], args: Req, **options: Unpack[CallOptions]
    ) -> sync.Ticket[Res]:
        ticket: sync.Ticket[Res] = self._queueing().submit(method, args, **options)
        return ticket

    def _ticket(self, method: Method[Any, Res], key: str) -> sync.Ticket[Res]:
        ticket: sync.Ticket[Res] = self._queueing().ticket(method, key)
        return ticket


class AsyncDurableStub(_DurableStub["aio.Caller"]):
    """Methods whose calls a queue keeps; each gives a `rpcgen.aio.Ticket`."""

    async def _submit(
        self, method: Method[Req, Res], args: Req, **options: Unpack[CallOptions]
    ) -> aio.Ticket[Res]:
        ticket: aio.Ticket[Res] = await self._queueing().submit(method, args, **options)
        return ticket

    def _ticket(self, method: Method[Any, Res], key: str) -> aio.Ticket[Res]:
        ticket: aio.Ticket[Res] = self._queueing().ticket(method, key)
        return ticket


class ClientStub(_Stub["sync.Caller"]):
    """A service whose methods wait for the reply; a context manager that closes the client."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        leave = getattr(self._client, "__exit__", None)
        if leave is None:
            self._client.close()
        else:
            leave(exc_type, exc_value, traceback)


class AsyncClientStub(_Stub["aio.Caller"]):
    """A service whose methods are awaited; a context manager that closes the client."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        leave = getattr(self._client, "__aexit__", None)
        if leave is None:
            await self._client.close()
        else:
            await leave(exc_type, exc_value, traceback)


class AbstractService:
    """Base of the generated base classes of implementations.

    A class that extends one of those must have every method of the service;
    only a class that names `abc.ABC` among its bases may leave some to its own
    subclasses.

    Raises:
        TypeError: At the definition of a class that lacks methods.
    """

    def _register_with(self, server: Registry) -> None:
        """Register the methods; the generated base class knows how. See `Registry.register`."""
        raise NotImplementedError

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if ABC in cls.__bases__:
            return
        missing = [
            name
            for name in dir(cls)
            if getattr(getattr(cls, name, None), "__isabstractmethod__", False)
        ]
        if missing:
            raise TypeError(f"{cls.__name__} lacks methods of its service: {', '.join(missing)}")


def register_types(*types: object) -> None:
    """Let values of these types travel in ``Any``, each under Go's name for it.

    Mirrors Go's ``gob.Register``.

    Args:
        types: The classes, or other annotations.

    Raises:
        SchemaError: That contradicts an earlier registration.
    """
    from .values.registry import register  # few modules have messages for an Any

    for each in types:
        register(each)
