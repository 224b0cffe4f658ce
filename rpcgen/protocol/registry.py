"""What a server serves: services by name, their methods by name, Go's rules for both."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from attrs import define, field

from rpcgen.errors import RegisterError
from rpcgen.method import Handler
from rpcgen.schema import Schema

__all__ = ["Registry", "ServedMethod", "Service", "UnknownMethodError"]


@define(eq=False)
class ServedMethod:
    """A method that is served, and how often it was called. Mirrors ``rpc.methodType``."""

    request: Schema[Any]
    response: Schema[Any]
    function: Callable[[Any], Any]
    is_async: bool = False
    calls: int = 0


@define(eq=False)
class Service:
    """A name and what is served under it. Mirrors ``rpc.service``."""

    name: str
    methods: dict[str, ServedMethod] = field(factory=dict)


class UnknownMethodError(Exception):
    """A request for something that is not served; the text is Go's, and goes to the client."""


class Registry:
    """The services of a server, which both faces extend. Mirrors the map of ``rpc.Server``."""

    def __init__(self) -> None:
        self._services: dict[str, Service] = {}

    @property
    def services(self) -> tuple[Service, ...]:
        """Everything that is served, in the order of registration."""
        return tuple(self._services.values())

    def register_name(self, name: str, handlers: Iterable[Handler]) -> None:
        """Serve ``handlers`` as the methods of a service called ``name``.

        Raises `RegisterError`, with Go's texts, if the name is empty or taken,
        or if there is nothing to serve. Raises `SchemaError` if an argument or
        reply cannot travel. Mirrors ``rpc.Server.RegisterName``.
        """
        if not name:
            raise RegisterError("rpc.Register: no service name for type")
        service = Service(name)
        for handler in handlers:
            method = handler.method
            service.methods[method.name.rpartition(".")[2]] = ServedMethod(
                method.request, method.response, handler.function, handler.is_async
            )
        if not service.methods:
            raise RegisterError(
                f"rpc.Register: type {name} has no exported methods of suitable type"
            )
        if self._services.setdefault(name, service) is not service:
            raise RegisterError(f"rpc: service already defined: {name}")

    def find(self, service_method: str) -> ServedMethod:
        """Return the method that a request names, as ``Service.Method``.

        Raises `UnknownMethodError`.
        """
        service_name, dot, method_name = service_method.rpartition(".")
        if not dot:
            raise UnknownMethodError(f"rpc: service/method request ill-formed: {service_method}")
        service = self._services.get(service_name)
        if service is None:
            raise UnknownMethodError(f"rpc: can't find service {service_method}")
        method = service.methods.get(method_name)
        if method is None:
            raise UnknownMethodError(f"rpc: can't find method {service_method}")
        return method
