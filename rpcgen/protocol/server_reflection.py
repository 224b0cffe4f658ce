"""`ServerReflection`: what a server says of its services by ``rpcgen.Reflection``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from types import FunctionType
from typing import Any, Final, NamedTuple

from rpcgen._names import go_name
from rpcgen.code import Code
from rpcgen.errors import ServerError
from rpcgen.method import Method
from rpcgen.schema import Struct, schema_of
from rpcgen.types import takes_struct, wire_name_of

from .reflection import (
    Description,
    MethodDescription,
    RaisedDescription,
    ServiceDescription,
)
from .registry import ServedMethod, Service
from .type_descriptions import TypeDescriptions, doc_of

__all__ = [
    "MAX_TYPES",
    "REFLECTION",
    "REFLECTION_DESCRIBE",
    "REFLECTION_SERVICES",
    "ServerReflection",
    "describe",
]

REFLECTION: Final = "rpcgen.Reflection"
"""Name of the service on the wire."""

REFLECTION_SERVICES: Final = Method[None, list[str]]("rpcgen.Reflection.Services", idempotent=True)
REFLECTION_DESCRIBE: Final = Method[str, Description]("rpcgen.Reflection.Describe", idempotent=True)

MAX_TYPES: Final = 10_000
"""Maximum number of types in a description."""

# Prefix of the names of services that a server has of its own.
_OWN: Final = "rpcgen."

# Name that stands for all services but those.
_ALL: Final = ""


class _Function(NamedTuple):
    """A method as the IDL declares it, and if its only parameter travels in a struct."""

    function: FunctionType
    takes_struct: bool


class ServerReflection:
    """Descriptions of what is served, each made when it is first asked for.

    Any thread may use it.

    Args:
        services: Returns all that is served, in the order of registration.
    """

    def __init__(self, services: Callable[[], Sequence[Service]]) -> None:
        self._services = services
        # Description, with the services that it is of: more may be registered later.
        self._known: dict[str, tuple[list[Service], Description]] = {}

    def services(self, _: None = None) -> list[str]:
        """Return the names of all services, in the order of registration."""
        return [service.name for service in self._services()]

    def describe(self, name: str) -> Description:
        """Return what a service takes and gives.

        Args:
            name: Its name; empty for all but those that a server has of its own.

        Raises:
            ServerError: There is no such service (`Code.NOT_FOUND`), or the services have more
                than `MAX_TYPES` types (`Code.RESOURCE_EXHAUSTED`).
            SchemaError: The type of a field cannot travel.
        """
        asked = self._asked_for(name)
        known = self._known.get(name)
        if known is None or known[0] != asked:
            known = self._known[name] = asked, describe(asked)
        return known[1]

    def _asked_for(self, name: str) -> list[Service]:
        if name == _ALL:
            return [each for each in self._services() if not each.name.startswith(_OWN)]
        found = [each for each in self._services() if each.name == name]
        if not found:
            raise ServerError(
                f"{REFLECTION}: there is no service {name!r:.200}", code=Code.NOT_FOUND
            )
        return found


def describe(services: Iterable[Service], table: TypeDescriptions | None = None) -> Description:
    """Return the description of services.

    Args:
        services: The services.
        table: Types that the description has besides; those of the services are added.

    Raises:
        ServerError: As `ServerReflection.describe` does.
        SchemaError: The same.
    """
    if table is None:
        table = TypeDescriptions()
    described = [_service(service, table) for service in services]
    return Description(described, table.types)


def _service(service: Service, table: TypeDescriptions) -> ServiceDescription:
    cls = service.described_by
    functions = _functions_of(cls) if cls is not None else {}
    methods = []
    for name, served in service.methods.items():
        methods.append(_method(name, served, functions.get(name), table))
        if len(table.types) > MAX_TYPES:
            raise ServerError(
                f"{REFLECTION}: more than {MAX_TYPES} types: describe one service at a time",
                code=Code.RESOURCE_EXHAUSTED,
            )
    return ServiceDescription(
        name=service.name,
        python=cls.__name__ if cls is not None else "",
        doc=doc_of(cls) if cls is not None else "",
        methods=methods,
    )


def _functions_of(cls: type[object]) -> dict[str, _Function]:
    """Return the methods of a class of the IDL, by their names on the wire."""
    found: dict[str, _Function] = {}
    for base in reversed(cls.__mro__):
        for name, value in vars(base).items():
            if inspect.isfunction(value):
                forced = any(map(takes_struct, (cls, base, value)))
                found[name] = _Function(value, forced)
    return {wire_name_of(each.function) or go_name(name): each for name, each in found.items()}


def _method(
    name: str,
    served: ServedMethod,
    declared: _Function | None,
    table: TypeDescriptions,
) -> MethodDescription:
    described = MethodDescription(
        name=name,
        request=table.number_of(served.request),
        response=table.number_of(served.response),
    )
    if served.method is not None:
        _describe_calls(served.method, described, table)
    if declared is not None:
        described.python = declared.function.__name__
        described.doc = doc_of(declared.function)
        parameters = list(inspect.signature(declared.function).parameters)[1:]
        several = len(parameters) > 1 or (len(parameters) == 1 and declared.takes_struct)
        if several and isinstance(served.request, Struct):
            described.takes_struct = True
        elif len(parameters) == 1:
            described.parameter = parameters[0]
    return described


def _describe_calls(
    method: Method[Any, Any], described: MethodDescription, table: TypeDescriptions
) -> None:
    described.raises = [
        RaisedDescription(table.number_of(schema_of(each.error)), each.text, int(each.error.code))
        for each in method.raises
    ]
    described.timeout = method.timeout or 0.0
    described.idempotent = method.idempotent
    described.durable = method.durable
