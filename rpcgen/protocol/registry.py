"""Registry of a server: services by name, their methods by name, Go's rules for both."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import partial
from typing import Any, Final, Protocol

from rpcgen.errors import RegisterError, RpcError
from rpcgen.method import Handler, Method
from rpcgen.schema import Schema

from .address import DEFAULT_RPC_PATH
from .headers import Feature
from .hosts import host_name
from .routes import DEFAULT_DEBUG_PATH, HttpRoutes
from .statistics import ConnectionStatistics, MakeLock, MethodStatistics

__all__ = [
    "RESERVED",
    "AsyncHandlerError",
    "Registry",
    "ServedMethod",
    "Service",
    "UnknownMethodError",
]

RESERVED: Final = "_goRPC_"
"""Name of the service that each server has by itself."""


class ServedMethod:
    """A method that is served, and what is known of its calls. Mirrors ``rpc.methodType``.

    Attributes:
        request: Schema of the arguments.
        response: Schema of the reply.
        function: Carries a call out.
        is_async: True if the function returns an awaitable.
        statistics: Counts of the calls.
        method: Says which exceptions travel with their fields.
        masks_errors: True if a caller is told nothing of exceptions that are no `ServerError`.
    """

    __slots__ = (
        "__weakref__",
        "function",
        "is_async",
        "masks_errors",
        "method",
        "request",
        "response",
        "statistics",
    )

    def __init__(
        self,
        request: Schema[Any],
        response: Schema[Any],
        function: Callable[[Any], Any],
        is_async: bool = False,
        statistics: MethodStatistics | None = None,
        method: Method[Any, Any] | None = None,
        masks_errors: bool = False,
    ) -> None:
        self.request = request
        self.response = response
        self.function = function
        self.is_async = is_async
        self.statistics = statistics or MethodStatistics()
        self.method = method
        self.masks_errors = masks_errors

    @property
    def calls(self) -> int:
        """Number of its calls. Mirrors ``rpc.methodType.NumCalls``."""
        return self.statistics.calls


class Service:
    """A name and what is served under it. Mirrors ``rpc.service``.

    ``described_by`` is the class of the IDL whose docstrings say what it does.
    """

    def __init__(
        self,
        name: str,
        methods: dict[str, ServedMethod] | None = None,
        described_by: type[object] | None = None,
    ) -> None:
        self.name = name
        self.methods = {} if methods is None else methods
        self.described_by = described_by


class UnknownMethodError(RpcError):
    """A request for something that is not served; the text is Go's, and goes to the client."""


class AsyncHandlerError(RegisterError, TypeError):
    """An ``async def`` in the place of a plain function: nobody would await what it returns."""


class Registrable(Protocol):
    """Argument of `Registry.register`: an implementation that extends a generated base class."""

    def _register_with(self, server: Registry) -> None: ...


class Registry:
    """The services of a server, which both APIs extend. Mirrors the map of ``rpc.Server``.

    Args:
        make_lock: Makes the locks of its statistics, for an API with threads.
        clock: Returns the time in seconds that deadlines are reckoned by.
        mask_errors: True to tell callers nothing of exceptions that are not a `ServerError`.
    """

    def __init__(
        self,
        make_lock: MakeLock = nullcontext,
        clock: Callable[[], float] = lambda: 0.0,
        *,
        mask_errors: bool = False,
    ) -> None:
        self.clock = clock
        self._mask_errors = mask_errors
        self._services: dict[str, Service] = {}
        self.served: dict[str, ServedMethod] = {}
        """All methods, by the names in requests; see `find`."""
        self._make_lock = make_lock
        self.connections = ConnectionStatistics(make_lock)
        self._routes = HttpRoutes()

    def renew_locks(self) -> None:
        """Make all locks anew, in a child process: nobody there releases those that are held."""
        self.connections.renew_lock(self._make_lock)
        for served in self.served.values():
            served.statistics.renew_lock(self._make_lock)

    @property
    def services(self) -> tuple[Service, ...]:
        """Everything that is served, in the order of registration."""
        return tuple(self._services.values())

    def register(self, implementation: Registrable) -> None:
        """Serve an implementation under the name of its service.

        Mirrors ``rpc.Server.Register``.

        Args:
            implementation: Object whose class extends a generated base class, such as
                ``ArithService``. Anything else that fits the ``Protocol`` is registered with the
                generated function, ``register_arith``.

        Raises:
            RegisterError: It extends no such class, or the name is taken; with Go's texts.
        """
        register = getattr(implementation, "_register_with", None)
        if register is None:
            name = type(implementation).__name__
            raise RegisterError(
                f"rpc.Register: type {name} has no exported methods of suitable type"
                " (hint: extend the generated Service class, or call the generated register_...)"
            )
        register(self)

    def register_name(
        self, name: str, handlers: Iterable[Handler], described_by: type[object] | None = None
    ) -> None:
        """Serve functions as the methods of a service.

        Mirrors ``rpc.Server.RegisterName``.

        Args:
            name: Name of the service in requests.
            handlers: The methods with their functions.
            described_by: Class of the IDL, whose docstrings the debug page shows; None: those of
                the functions.

        Raises:
            RegisterError: The name is empty or taken, or there is nothing to serve, with Go's
                texts; one that is a `TypeError` too for an ``async def`` that was handed over as
                a plain function.
            SchemaError: An argument or reply cannot travel.
        """
        if not name:
            raise RegisterError("rpc.Register: no service name for type")
        if name == RESERVED:
            raise RegisterError(f"rpc.Register: {name} is the service that cancels calls")
        service = Service(name, described_by=described_by)
        for handler in handlers:
            method = handler.method
            if not handler.is_async and _is_async(handler.function):
                raise AsyncHandlerError(
                    f"rpc.Register: {method.name} is an async def: hand it over as async_handler"
                    " (a generated register_async_... does) and serve it with rpcgen.aio.Server"
                )
            handler = self._intercepted(self._remembered(handler))
            service.methods[method.name.rpartition(".")[2]] = ServedMethod(
                method.request,
                method.response,
                handler.function,
                handler.is_async,
                MethodStatistics(self._make_lock),
                method,
                self._mask_errors,
            )
        if not service.methods:
            raise RegisterError(
                f"rpc.Register: type {name} has no exported methods of suitable type"
            )
        if self._services.setdefault(name, service) is not service:
            raise RegisterError(f"rpc: service already defined: {name}")
        for method_name, served in service.methods.items():
            self.served[f"{name}.{method_name}"] = served

    def _intercepted(self, handler: Handler) -> Handler:
        """Return what is called in the place of a handler: here, itself."""
        return handler

    def _remembered(self, handler: Handler) -> Handler:
        """Return what runs a handler once for each idempotency key: here, itself."""
        return handler

    @property
    def features(self) -> Feature:
        """Features of the server, as clients are told them."""
        return Feature.LARGE_HEADERS

    @property
    def routes(self) -> HttpRoutes:
        """Paths that the server's HTTP listeners serve."""
        return self._routes

    def handle_http(
        self,
        rpc_path: str = DEFAULT_RPC_PATH,
        debug_path: str = DEFAULT_DEBUG_PATH,
        *,
        post: bool = True,
        allow_calls: bool = False,
        hosts: Iterable[str] = (),
    ) -> None:
        """Set the paths that the server's ``http://`` and ``https://`` listeners serve.

        Without this call there is net/rpc at the default path, and no debug
        page. Mirrors ``rpc.Server.HandleHTTP``.

        POST and the debug page are for those who ask under an address, under
        the name that the listener was opened with, this machine's, or
        ``localhost``: a page of another site that gives its own name this
        machine's address is refused with 403.

        Args:
            rpc_path: Path of net/rpc: CONNECT, as Go's clients do it, and JSON-RPC by POST.
            debug_path: Path of the debug page.
            post: False to refuse POST.
            allow_calls: True to let methods be tried on the debug page.
            hosts: Other names under which the server is to be found, such as
                ``"rpc.example.com"``, or ``"*"`` for any, behind a proxy that checks them.

        Raises:
            TypeError: ``hosts`` is a single string.
        """
        if isinstance(hosts, str):
            raise TypeError(f"hosts={hosts!r}: write a list of names, hosts=[{hosts!r}]")
        names = tuple(map(host_name, hosts))
        self._routes = HttpRoutes(rpc_path, debug_path, post, allow_calls, names)

    def find(self, service_method: str) -> ServedMethod:
        """Return the method that a request names.

        Args:
            service_method: The name, as ``Service.Method``.

        Raises:
            UnknownMethodError: It is not served; with Go's texts.
        """
        served = self.served.get(service_method)
        if served is not None:
            return served
        service_name, dot, _ = service_method.rpartition(".")
        if not dot:
            raise UnknownMethodError(f"rpc: service/method request ill-formed: {service_method}")
        if service_name not in self._services:
            raise UnknownMethodError(f"rpc: can't find service {service_method}")
        raise UnknownMethodError(f"rpc: can't find method {service_method}")


def _is_async(function: Callable[..., object]) -> bool:
    """Say whether a call returns a coroutine, or an asynchronous generator."""
    while isinstance(function, partial):
        function = function.func
    calls = (function, type(function).__call__)
    return any(inspect.iscoroutinefunction(f) or inspect.isasyncgenfunction(f) for f in calls)
