"""Diagnostics between files, and the messages that travel by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ...schema import Interface, Struct, schema_of
from ..diagnostics import Diagnostic
from ..model import Module, Service
from ..source import Expression
from .messages import parts_of

__all__ = ["check_cross_module", "dynamic_messages"]


def check_cross_module(modules: Iterable[Module]) -> Iterator[Diagnostic]:
    """Yield the diagnostics between files: two services of one name, two messages of one name."""
    services: dict[str, Service] = {}
    messages: dict[str, type[Any]] = {}
    for module in modules:
        for service in module.services:
            other = services.setdefault(service.wire_name, service)
            if other is not service:
                yield Diagnostic(
                    service.location,
                    f"service {service.wire_name!r} is defined twice, first at {other.location}",
                    'name one of them otherwise with the decorator @wire("Name")',
                )
        for cls in dynamic_messages(module):
            name = schema_of(cls).name
            known = messages.setdefault(name, cls)
            if (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
                yield Diagnostic(
                    module.source.top,
                    f"two messages are {name!r} inside Any: "
                    f"{known.__module__}.{known.__qualname__} and "
                    f"{cls.__module__}.{cls.__qualname__}",
                    'name one of them otherwise with the decorator @wire("package.Name")',
                )


def dynamic_messages(module: Module) -> tuple[type[Any], ...]:
    """Return the messages that may travel inside an ``Any`` of the module's methods."""
    seen: dict[Struct[Any], None] = {}
    dynamic = False
    for annotation in _annotations(module):
        for part in parts_of(schema_of(annotation.value()), seen):
            dynamic = dynamic or (isinstance(part, Interface) and not part.members)
    # A generic message has no name of its own to travel under.
    whole = [schema.cls for schema in seen if not schema.arguments]
    return tuple(dict.fromkeys([*module.messages, *whole])) if dynamic else ()


def _annotations(module: Module) -> Iterator[Expression]:
    for service in module.services:
        for method in service.methods:
            found = [*(parameter.annotation for parameter in method.parameters), method.returns]
            yield from (each for each in found if each)
